using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>A stochastic policy: an encoder, an actor network and the head that reads its outputs.</summary>
public sealed class ActorCriticPolicy(ObservationEncoder encoder, NetworkGroup networks, ActionHead head, Space observationSpace, Space actionSpace) : IPolicy
{
    private float[] encoded = [];
    private float[] outputs = [];
    private readonly float[] action = new float[head.ActionSize];

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        if (observations.Length < count * observationSpace.Size)
        {
            throw new ArgumentException($"{count} observations of {observationSpace} are {count * observationSpace.Size} numbers; got {observations.Length}.", nameof(observations));
        }
        if (encoded.Length < count * encoder.Size)
        {
            encoded = new float[count * encoder.Size];
            outputs = new float[count * head.Outputs];
        }
        encoder.Encode(observations, count, encoded);
        networks["actor"].Forward(encoded.AsSpan(0, count * encoder.Size), count, outputs.AsSpan(0, count * head.Outputs));
        var free = head.FreeParameters > 0 ? networks.Vector("logStd") : default;
        for (var i = 0; i < count; i++)
        {
            head.Act(outputs.AsSpan(i * head.Outputs, head.Outputs), free, random, action);
            head.ToEnvironment(action, actions.Slice(i * actionSpace.Size, actionSpace.Size));
        }
    }
}
