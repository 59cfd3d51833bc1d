namespace Bellman.Algorithms.Tabular;

/// <summary>
/// Action values of finitely many states and actions. Of equal values the action with the lowest index is greedy, so that results do
/// not depend on anything but the table.
/// </summary>
public sealed class QTable : IStateful
{
    private readonly double[] values;

    /// <summary>A table of <paramref name="states"/> x <paramref name="actions"/>, every entry <paramref name="initialValue"/>.</summary>
    public QTable(int states, int actions, double initialValue = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(states, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(actions, 1);
        States = states;
        Actions = actions;
        values = new double[checked(states * actions)];
        Array.Fill(values, initialValue);
    }

    /// <summary>Number of states.</summary>
    public int States { get; }

    /// <summary>Number of actions.</summary>
    public int Actions { get; }

    /// <summary>The value of an action in a state.</summary>
    public double this[int state, int action]
    {
        get => values[Index(state, action)];
        set => values[Index(state, action)] = value;
    }

    /// <summary>The values of a state's actions.</summary>
    public ReadOnlySpan<double> Row(int state) => values.AsSpan(Index(state, 0), Actions);

    /// <summary>The action of highest value; the lowest index of equals.</summary>
    public int Greedy(int state)
    {
        var row = Row(state);
        var best = 0;
        for (var action = 1; action < row.Length; action++) { if (row[action] > row[best]) { best = action; } }
        return best;
    }

    /// <summary>The highest value in a state.</summary>
    public double Max(int state) => Row(state)[Greedy(state)];

    /// <summary>
    /// With probability <paramref name="epsilon"/> a uniformly random action (the greedy one included), else the greedy one.
    /// Draws once, and once more to explore.
    /// </summary>
    public int EpsilonGreedy(int state, double epsilon, RandomStream random) =>
        random.NextBoolean(epsilon) ? random.NextInt32(Actions) : Greedy(state);

    /// <summary>Moves a value towards <paramref name="target"/> by the fraction <paramref name="alpha"/>.</summary>
    public void Update(int state, int action, double target, double alpha)
    {
        // Q[s,a] += alpha (target - Q[s,a])
        ref var value = ref values[Index(state, action)];
        value += alpha * (target - value);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Array<double>(nameof(values), values);

    private int Index(int state, int action)
    {
        if ((uint)state >= (uint)States) { throw new ArgumentOutOfRangeException(nameof(state), state, $"A state is from 0 to {States - 1}."); }
        if ((uint)action >= (uint)Actions) { throw new ArgumentOutOfRangeException(nameof(action), action, $"An action is from 0 to {Actions - 1}."); }
        return state * Actions + action;
    }
}
