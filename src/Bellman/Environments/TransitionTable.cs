namespace Bellman;

/// <summary>The transitions of a finite environment in two flat arrays, so that a step only looks up.</summary>
public sealed class TransitionTable
{
    private readonly TabularOutcome[] outcomes;
    private readonly int[] starts;
    private readonly double[] initial;

    /// <summary>
    /// Tabulates <paramref name="describe"/>(state, action), and the initial distribution in proportion to
    /// <paramref name="initialWeights"/>, one per state.
    /// </summary>
    /// <exception cref="ArgumentException">Probabilities do not sum to 1, or an outcome leads outside the states.</exception>
    public TransitionTable(int actions, double[] initialWeights, Func<int, int, IEnumerable<TabularOutcome>> describe)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(actions, 1);
        ActionCount = actions;
        var total = initialWeights.Sum();
        if (!(total > 0)) { throw new ArgumentException("An initial distribution needs at least one state with a positive weight.", nameof(initialWeights)); }
        initial = initialWeights.Select(weight => weight / total).ToArray();
        starts = new int[StateCount * actions + 1];
        var all = new List<TabularOutcome>();
        for (var row = 0; row < starts.Length - 1; row++)
        {
            starts[row] = all.Count;
            all.AddRange(describe(row / actions, row % actions));
            Check(row, all);
        }
        starts[^1] = all.Count;
        outcomes = [.. all];
    }

    /// <summary>Number of states.</summary>
    public int StateCount => initial.Length;

    /// <summary>Number of actions.</summary>
    public int ActionCount { get; }

    /// <summary>Probability that an episode begins in each state.</summary>
    public ReadOnlySpan<double> InitialDistribution => initial;

    /// <summary>Every way that <paramref name="action"/> in <paramref name="state"/> can go.</summary>
    public ReadOnlySpan<TabularOutcome> Outcomes(int state, int action)
    {
        var row = state * ActionCount + action;
        return outcomes.AsSpan(starts[row]..starts[row + 1]);
    }

    /// <summary>Draws the state an episode begins in.</summary>
    public int DrawInitial(RandomStream random) => random.NextCategorical(initial);

    /// <summary>Draws how a step goes; a certain outcome uses up no randomness.</summary>
    public TabularOutcome Draw(int state, int action, RandomStream random)
    {
        var ways = Outcomes(state, action);
        if (ways.Length == 1) { return ways[0]; }
        var threshold = random.NextDouble();
        foreach (var way in ways)
        {
            threshold -= way.Probability;
            if (threshold < 0) { return way; }
        }
        return ways[^1];
    }

    private void Check(int row, List<TabularOutcome> all)
    {
        var sum = 0.0;
        for (var i = starts[row]; i < all.Count; i++)
        {
            sum += all[i].Probability;
            if ((uint)all[i].Next >= (uint)StateCount)
            {
                throw new ArgumentException($"State {row / ActionCount}, action {row % ActionCount} leads to state {all[i].Next}; there are {StateCount}.");
            }
        }
        if (Math.Abs(sum - 1) > 1e-9)
        {
            throw new ArgumentException($"The outcomes of state {row / ActionCount}, action {row % ActionCount} have probabilities that sum to {sum}, not 1.");
        }
    }
}
