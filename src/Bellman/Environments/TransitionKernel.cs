namespace Bellman;

/// <summary>The transition probabilities of a finite decision process as one dense table, P[s, a, s'], with its first state.</summary>
public sealed class TransitionKernel
{
    private const double Tolerance = 1e-9;

    private readonly double[] probabilities;

    /// <summary>A kernel from its table.</summary>
    /// <param name="states">Number of states, S, at least 1.</param>
    /// <param name="actions">Number of actions, A, at least 1.</param>
    /// <param name="probabilities">[S x A x S]; each row sums to 1.</param>
    /// <param name="start">The state in which episodes begin.</param>
    /// <exception cref="UsageException">The table has another size, a row is no distribution, or the start is out of range.</exception>
    public TransitionKernel(int states, int actions, double[] probabilities, int start = 0)
    {
        if (states < 1 || actions < 1 || probabilities.Length != states * actions * states)
        {
            throw new UsageException($"A kernel of {states} states and {actions} actions needs {Math.Max(0, states * actions * states)} probabilities; {probabilities.Length} were given. Give [states, actions, states].");
        }
        if (start < 0 || start >= states) { throw new UsageException($"The first state is {start}; there are {states} (0 to {states - 1})."); }
        (StateCount, ActionCount, Start) = (states, actions, start);
        this.probabilities = probabilities;
        for (var row = 0; row < states * actions; row++)
        {
            var (sum, least) = (0.0, 0.0);
            foreach (var probability in Row(row / actions, row % actions)) { (sum, least) = (sum + probability, Math.Min(least, probability)); }
            if (!(Math.Abs(sum - 1) <= Tolerance) || least < -Tolerance)
            {
                throw new UsageException($"State {row / actions}, action {row % actions}: the probabilities of what follows sum to {sum} and the least is {least}; they must be a distribution.");
            }
        }
    }

    /// <summary>Number of states, S.</summary>
    public int StateCount { get; }

    /// <summary>Number of actions, A.</summary>
    public int ActionCount { get; }

    /// <summary>The state in which episodes begin.</summary>
    public int Start { get; }

    /// <summary>P(. | s, a), [S].</summary>
    public ReadOnlySpan<double> Row(int state, int action) => probabilities.AsSpan((state * ActionCount + action) * StateCount, StateCount);

    /// <summary>E[V(s') | s, a].</summary>
    /// <param name="state">s.</param>
    /// <param name="action">a.</param>
    /// <param name="values">V, [S].</param>
    public double Expect(int state, int action, ReadOnlySpan<double> values)
    {
        var row = Row(state, action);
        var sum = 0.0;
        for (var next = 0; next < row.Length; next++) { sum += row[next] * values[next]; }
        return sum;
    }

    /// <summary>Draws the state that follows.</summary>
    public int Draw(int state, int action, RandomStream random)
    {
        var row = Row(state, action);
        var threshold = random.NextDouble();
        for (var next = 0; next < row.Length; next++)
        {
            threshold -= row[next];
            if (threshold < 0) { return next; }
        }
        // Rounding: the last state that can follow.
        return row.LastIndexOfAnyExcept(0.0);
    }
}

/// <summary>
/// A <see cref="TransitionKernel"/> to act in for a fixed number of steps. The observation is the state; there is no reward unless one is given.
/// </summary>
/// <param name="kernel">Where actions lead.</param>
/// <param name="horizon">Steps of an episode, at least 1; the last one truncates it.</param>
/// <param name="reward">r(step from 0, state, action); null pays nothing.</param>
public sealed class KernelEnvironment(TransitionKernel kernel, int horizon, Func<int, int, int, double>? reward = null) : IEnvironment
{
    private int state;
    private int elapsed;

    /// <inheritdoc/>
    public Space ObservationSpace { get; } = new Discrete(kernel.StateCount);

    /// <inheritdoc/>
    public Space ActionSpace { get; } = new Discrete(kernel.ActionCount);

    /// <summary>Steps of an episode.</summary>
    public int Horizon { get; } = horizon >= 1 ? horizon : throw new UsageException($"The horizon is {horizon}; an episode needs 1 step or more.");

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        elapsed = 0;
        observation[0] = state = kernel.Start;
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var paid = reward?.Invoke(elapsed, state, (int)action[0]) ?? 0;
        observation[0] = state = kernel.Draw(state, (int)action[0], random);
        return new StepResult(paid, Truncated: ++elapsed >= Horizon);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value("state", ref this.state);
        state.Value(nameof(elapsed), ref elapsed);
    }
}
