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

    private float[] encoded = [];
    private float[] outputs = [];

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
            outputs = new float[count * values.Outputs];
        }
        encoder.Encode(observations, count, encoded);
        values.Forward(encoded.AsSpan(0, count * encoder.Size), count, outputs.AsSpan(0, count * values.Outputs));
        for (var i = 0; i < count; i++)
        {
            actions[i] = random is not null && random.NextBoolean(EvaluationEpsilon)
                ? random.NextInt32(values.Outputs)
                : TemporalDifference.ArgMax(outputs.AsSpan(i * values.Outputs, values.Outputs));
        }
    }
}
