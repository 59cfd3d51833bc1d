namespace Bellman;

/// <summary><see cref="Count"/> switches, each 0 or 1.</summary>
public sealed record MultiBinary : Space
{
    /// <summary>A space of <paramref name="count"/> switches, at least 1.</summary>
    public MultiBinary(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
    }

    /// <summary>Number of switches.</summary>
    public int Count { get; }

    /// <inheritdoc/>
    public override int Size => Count;

    /// <inheritdoc/>
    public override int FlatSize => Count;

    /// <inheritdoc/>
    public override bool IsFlat => true;

    /// <inheritdoc/>
    public override string? Explain(ReadOnlySpan<float> element)
    {
        if (ExplainSize(element) is { } wrongSize) { return wrongSize; }
        for (var i = 0; i < element.Length; i++)
        {
            if (element[i] is not (0 or 1)) { return $"switch {i} is {element[i]}, not 0 or 1"; }
        }
        return null;
    }

    /// <inheritdoc/>
    public override void Sample(RandomStream random, Span<float> element)
    {
        for (var i = 0; i < Count; i++) { element[i] = random.NextInt32(2); }
    }

    /// <inheritdoc/>
    public override void Flatten(ReadOnlySpan<float> element, Span<float> flat) => element.CopyTo(flat);

    /// <inheritdoc/>
    public override void Unflatten(ReadOnlySpan<float> flat, Span<float> element)
    {
        for (var i = 0; i < Count; i++) { element[i] = flat[i] > 0.5f ? 1 : 0; }
    }

    /// <inheritdoc/>
    public override string ToString() => $"MultiBinary({Count})";
}
