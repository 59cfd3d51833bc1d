namespace Bellman;

/// <summary>
/// Repeats the action executed last with a given probability instead of the chosen one (Machado et al. 2018): an environment that is
/// deterministic becomes stochastic, and open-loop plans fail. The first action of an episode is always executed.
/// </summary>
public sealed class StickyActions : EnvironmentWrapper
{
    private readonly double stickiness;
    private readonly int actions;
    private readonly bool showPrevious;
    private readonly float[] executed = new float[1];
    private int previous;

    /// <summary>Makes the actions of <paramref name="inner"/> sticky.</summary>
    /// <param name="inner">An environment with discrete actions.</param>
    /// <param name="stickiness">Probability that the previous action is repeated, 0 to 1; 0.25 is usual.</param>
    /// <param name="showPrevious">
    /// Appends the action executed last (the number of actions for none yet) to the observation, which must be Discrete, so that the
    /// observation is the whole state.
    /// </param>
    /// <exception cref="UsageException">The actions are not discrete, the probability is out of range, or the observation cannot be extended.</exception>
    public StickyActions(IEnvironment inner, double stickiness, bool showPrevious = false) : base(inner)
    {
        if (inner.ActionSpace is not Discrete { Count: var count }) { throw new UsageException($"Sticky actions repeat one of finitely many actions; this environment's are {inner.ActionSpace}. Use an environment with Discrete actions."); }
        if (!(stickiness is >= 0 and <= 1)) { throw new UsageException($"The probability of repeating an action is {stickiness}; it must be from 0 to 1, usually 0.25."); }
        this.stickiness = stickiness;
        this.showPrevious = showPrevious;
        actions = previous = count;
        ObservationSpace = !showPrevious ? inner.ObservationSpace
            : inner.ObservationSpace is Discrete { Count: var states } ? new MultiDiscrete(states, actions + 1)
            : throw new UsageException($"The previous action can be shown beside a Discrete observation only; this environment's is {inner.ObservationSpace}. Leave showPrevious off.");
    }

    /// <inheritdoc/>
    public override Space ObservationSpace { get; }

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        previous = actions;
        base.Reset(random, observation);
        Show(observation);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        // "Previous" is the action executed, not the one chosen: a repeated action can be repeated again.
        if (previous == actions || !random.NextBoolean(stickiness)) { previous = (int)action[0]; }
        executed[0] = previous;
        var result = base.Step(executed, random, observation);
        Show(observation);
        return result;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Value(nameof(previous), ref previous);
        base.Exchange(state);
    }

    private void Show(Span<float> observation)
    {
        if (showPrevious) { observation[1] = previous; }
    }
}
