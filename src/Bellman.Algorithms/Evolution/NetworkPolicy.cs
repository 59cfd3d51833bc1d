using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>A deterministic policy: the action that a head finds most likely for a network's outputs.</summary>
public sealed class NetworkPolicy(ObservationEncoder encoder, INetwork network, ActionHead head, Space observationSpace, Space actionSpace) : IMaskedPolicy, IDescribedPolicy
{
    private readonly EncodedNetwork encoded = new(encoder, network, observationSpace);
    private readonly float[] action = new float[head.ActionSize];

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random) => Act(observations, [], count, actions, random);

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, ReadOnlySpan<bool> available, int count, Span<float> actions, RandomStream? random)
    {
        var outputs = encoded.Forward(observations, count);
        for (var i = 0; i < count; i++)
        {
            var row = outputs.Slice(i * head.Outputs, head.Outputs);
            if (!available.IsEmpty) { head.Mask(row, available.Slice(i * head.Outputs, head.Outputs)); }
            head.Act(row, [], null, action);
            head.ToEnvironment(action, actions.Slice(i * actionSpace.Size, actionSpace.Size));
        }
    }

    /// <inheritdoc/>
    public PolicyDescription Describe() => encoded.Describe(actionSpace, head.Readout);
}
