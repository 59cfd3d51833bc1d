namespace Bellman.Language;

/// <summary>
/// Cosine and sine of every position's rotations, in the half-split convention of Hugging Face's weights: number i of a
/// head turns with number i + d/2.
/// </summary>
internal sealed class RotaryTable
{
    private readonly double[] frequencies;
    private readonly double amplitude;
    private readonly int context;
    private readonly Lock gate = new();
    private float[] table = [];
    private int positions;

    public RotaryTable(TransformerConfiguration model)
    {
        frequencies = model.Scaling.Frequencies(model);
        amplitude = model.Scaling.Amplitude;
        context = model.ContextLength;
    }

    /// <summary>Pairs of a head.</summary>
    public int Half => frequencies.Length;

    /// <summary>[positions, 2, half]: cosines of a position, then its sines; at least <paramref name="count"/> positions. Pinned.</summary>
    public float[] Upto(int count)
    {
        lock (gate)
        {
            if (count <= positions) { return table; }
            positions = Math.Min(context, Math.Max(count, Math.Max(64, 2 * positions)));
            positions = Math.Max(positions, count);
            var next = GC.AllocateUninitializedArray<float>(positions * 2 * Half, pinned: true);
            for (var position = 0; position < positions; position++)
            {
                for (var i = 0; i < Half; i++)
                {
                    var (sine, cosine) = Math.SinCos(position * frequencies[i]);
                    next[position * 2 * Half + i] = (float)(cosine * amplitude);
                    next[position * 2 * Half + Half + i] = (float)(sine * amplitude);
                }
            }
            return table = next;
        }
    }
}
