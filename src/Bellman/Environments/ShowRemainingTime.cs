namespace Bellman;

/// <summary>
/// Appends the share of the episode that is left (1 at its start, 0 at the limit) to the observation. With a fixed horizon, values depend
/// on the time that is left, which the state alone does not show (Pardo et al. 2018, "Time limits in reinforcement learning").
/// </summary>
public sealed class ShowRemainingTime : EnvironmentWrapper
{
    private readonly int horizon;
    private readonly int size;
    private int elapsed;

    /// <summary>Shows the time left of <paramref name="horizon"/> steps, at least 1.</summary>
    public ShowRemainingTime(IEnvironment inner, int horizon) : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        this.horizon = horizon;
        size = inner.ObservationSpace.Size;
        ObservationSpace = new Composite(("observation", inner.ObservationSpace), ("remaining time", new Box(0, 1, 1)));
    }

    /// <inheritdoc/>
    public override Space ObservationSpace { get; }

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        elapsed = 0;
        base.Reset(random, observation[..size]);
        observation[size] = 1;
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var result = base.Step(action, random, observation[..size]);
        observation[size] = Math.Max(0, 1 - (float)++elapsed / horizon);
        return result;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Value(nameof(elapsed), ref elapsed);
        base.Exchange(state);
    }
}
