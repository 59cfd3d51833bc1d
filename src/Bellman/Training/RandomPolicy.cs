namespace Bellman;

/// <summary>Draws every action uniformly from the action space: the floor that a learner is compared with.</summary>
/// <param name="space">The action space.</param>
/// <param name="stream">Where the actions come from when <see cref="Act"/> is given no stream.</param>
public sealed class RandomPolicy(Space space, RandomStream stream) : IPolicy
{
    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        for (var i = 0; i < count; i++) { space.Sample(random ?? stream, actions.Slice(i * space.Size, space.Size)); }
    }
}
