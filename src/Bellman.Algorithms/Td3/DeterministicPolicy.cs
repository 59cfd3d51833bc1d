namespace Bellman.Algorithms;

/// <summary>Acts by a network whose outputs lie in [-1, 1]; it draws nothing, with a stream or without.</summary>
public sealed class DeterministicPolicy(EncodedNetwork actor, BoundedActions bounds) : IDescribedPolicy
{
    /// <inheritdoc/>
    public PolicyDescription Describe() => actor.Describe(bounds.Bounds, new ContinuousReadout(Squashed: false));

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        var outputs = actor.Forward(observations, count);
        for (var i = 0; i < count; i++)
        {
            bounds.ToEnvironment(outputs.Slice(i * bounds.Size, bounds.Size), actions.Slice(i * bounds.Size, bounds.Size));
        }
    }
}
