namespace Bellman;

/// <summary>Shows the last few observations, oldest first; an episode begins with its first observation repeated.</summary>
public sealed class FrameStack : EnvironmentWrapper
{
    private readonly float[] frames;
    private readonly int size;

    /// <summary>Stacks <paramref name="count"/> observations, at least 1, of an environment whose observations are a <see cref="Box"/>.</summary>
    /// <exception cref="ArgumentException">The observations are not a Box.</exception>
    public FrameStack(IEnvironment inner, int count) : base(inner)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var box = RequiredBox.Observations(inner, nameof(FrameStack));
        size = box.Size;
        frames = new float[count * size];
        var copies = Enumerable.Range(0, count);
        ObservationSpace = new Box([.. copies.SelectMany(_ => box.Low)], [.. copies.SelectMany(_ => box.High)], [count, .. box.Shape]);
    }

    /// <summary>[count, ...]: a Box with one more axis in front.</summary>
    public override Space ObservationSpace { get; }

    /// <inheritdoc/>
    public override void Reset(RandomStream random, Span<float> observation)
    {
        base.Reset(random, observation[..size]);
        for (var start = 0; start < frames.Length; start += size) { observation[..size].CopyTo(frames.AsSpan(start)); }
        frames.CopyTo(observation);
    }

    /// <inheritdoc/>
    public override StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var result = base.Step(action, random, observation[..size]);
        frames.AsSpan(size).CopyTo(frames);
        observation[..size].CopyTo(frames.AsSpan(frames.Length - size));
        frames.CopyTo(observation);
        return result;
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        state.Array<float>(nameof(frames), frames);
        base.Exchange(state);
    }
}
