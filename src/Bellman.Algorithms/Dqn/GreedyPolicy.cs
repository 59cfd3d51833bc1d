using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Takes the action of the highest value; with a stream, a uniformly random action with probability
/// <see cref="EvaluationEpsilon"/>, so that a deterministic loop cannot trap it.
/// </summary>
public sealed class GreedyPolicy(ObservationEncoder encoder, INetwork values, Space observationSpace) : IPolicy
{
    /// <summary>Probability of a random action when a stream is given.</summary>
    public const double EvaluationEpsilon = 0.01;

    private readonly EncodedNetwork network = new(encoder, values, observationSpace);

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        var outputs = network.Forward(observations, count);
        for (var i = 0; i < count; i++)
        {
            actions[i] = random is not null && random.NextBoolean(EvaluationEpsilon)
                ? random.NextInt32(network.Outputs)
                : TemporalDifference.ArgMax(outputs.Slice(i * network.Outputs, network.Outputs));
        }
    }
}
