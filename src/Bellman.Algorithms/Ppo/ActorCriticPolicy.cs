using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>A stochastic policy: an encoder, an actor network and the head that reads its outputs.</summary>
public sealed class ActorCriticPolicy(ObservationEncoder encoder, NetworkGroup networks, ActionHead head, Space observationSpace, Space actionSpace) : IMaskedPolicy
{
    private readonly EncodedNetwork actor = new(encoder, networks["actor"], observationSpace);
    private readonly float[] action = new float[head.ActionSize];

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random) => Act(observations, [], count, actions, random);

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, ReadOnlySpan<bool> available, int count, Span<float> actions, RandomStream? random)
    {
        var outputs = actor.Forward(observations, count);
        var free = head.FreeParameters > 0 ? networks.Vector("logStd") : default;
        for (var i = 0; i < count; i++)
        {
            var row = outputs.Slice(i * head.Outputs, head.Outputs);
            if (!available.IsEmpty) { head.Mask(row, available.Slice(i * head.Outputs, head.Outputs)); }
            head.Act(row, free, random, action);
            head.ToEnvironment(action, actions.Slice(i * actionSpace.Size, actionSpace.Size));
        }
    }
}
