namespace Bellman;

/// <summary>Truncates an episode after <see cref="Steps"/> steps; a step that also terminates stays only terminated.</summary>
public sealed class TimeLimit : EnvironmentWrapper
{
    private int elapsed;

    /// <summary>Limits <paramref name="inner"/> to <paramref name="steps"/> steps an episode, at least 1.</summary>
    public TimeLimit(IEnvironment inner, int steps) : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        Steps = steps;
    }

    /// <summary>The limit.</summary>
    public int Steps { get; }

    /// <summary>Steps of the episode so far; a batched form that counts for itself sets it before a state is saved.</summary>
    internal ref int Elapsed => ref elapsed;

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        elapsed = 0;
        base.Reset(random, observation);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var result = base.Step(action, random, observation);
        return ++elapsed >= Steps && !result.Terminated ? result with { Truncated = true } : result;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Value(nameof(elapsed), ref elapsed);
        base.Exchange(state);
    }
}
