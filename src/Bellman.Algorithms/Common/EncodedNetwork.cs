using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// A network behind an encoder, in buffers that grow with the largest batch: what a policy asks about observations as
/// the environment writes them. One instance serves one thread at a time.
/// </summary>
public sealed class EncodedNetwork(ObservationEncoder encoder, INetwork network, Space observationSpace)
{
    private float[] encoded = [];
    private float[] outputs = [];

    /// <summary>Numbers per output row.</summary>
    public int Outputs => network.Outputs;

    /// <summary>These parts with what is made of the outputs, for export.</summary>
    public PolicyDescription Describe(Space actionSpace, PolicyReadout readout) => new(encoder, [network], actionSpace, readout);

    /// <summary>The outputs [count, <see cref="Outputs"/>] for [count, observation size]; the caller's to change until the next call.</summary>
    /// <exception cref="ArgumentException">There are fewer observations than <paramref name="count"/>.</exception>
    public Span<float> Forward(ReadOnlySpan<float> observations, int count)
    {
        if (observations.Length < count * observationSpace.Size)
        {
            throw new ArgumentException($"{count} observations of {observationSpace} are {count * observationSpace.Size} numbers; got {observations.Length}.", nameof(observations));
        }
        if (encoded.Length < count * encoder.Size)
        {
            encoded = new float[count * encoder.Size];
            outputs = new float[count * Outputs];
        }
        encoder.Encode(observations, count, encoded);
        var rows = outputs.AsSpan(0, count * Outputs);
        network.Forward(encoded.AsSpan(0, count * encoder.Size), count, rows);
        return rows;
    }
}
