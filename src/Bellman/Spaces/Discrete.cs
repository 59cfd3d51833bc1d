namespace Bellman;

/// <summary>The integers 0 .. <see cref="Count"/> - 1, stored as one float; one-hot when flattened.</summary>
public sealed record Discrete : Space
{
    /// <summary>A space of <paramref name="count"/> choices, at least 1 and at most 16,777,216 (exact in a float).</summary>
    public Discrete(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 1 << 24);
        Count = count;
    }

    /// <summary>Number of choices.</summary>
    public int Count { get; }

    /// <inheritdoc/>
    public override int Size => 1;

    /// <inheritdoc/>
    public override int FlatSize => Count;

    /// <inheritdoc/>
    public override string? Explain(ReadOnlySpan<float> element) => ExplainSize(element) ?? ExplainIndex(element[0], Count, "the value");

    /// <inheritdoc/>
    public override void Sample(RandomStream random, Span<float> element) => element[0] = random.NextInt32(Count);

    /// <inheritdoc/>
    public override void Flatten(ReadOnlySpan<float> element, Span<float> flat) => OneHot((int)element[0], flat);

    /// <inheritdoc/>
    public override void Unflatten(ReadOnlySpan<float> flat, Span<float> element) => element[0] = LargestIndex(flat);

    /// <inheritdoc/>
    public override string ToString() => $"Discrete({Count})";

    internal static string? ExplainIndex(float value, int count, string what) =>
        value >= 0 && value < count && value == MathF.Truncate(value)
            ? null
            : $"{what} is {value}, not an integer from 0 to {count - 1}";

    internal static void OneHot(int index, Span<float> flat)
    {
        flat.Clear();
        flat[index] = 1;
    }

    internal static int LargestIndex(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++) { if (values[i] > values[best]) { best = i; } }
        return best;
    }
}
