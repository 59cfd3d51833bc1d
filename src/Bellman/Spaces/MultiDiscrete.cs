namespace Bellman;

/// <summary>Several independent choices, each with its own number of options, stored as one float each; one-hot parts when flattened.</summary>
public sealed record MultiDiscrete : Space
{
    private readonly int[] counts;

    /// <summary>A space with <paramref name="counts"/>[i] options for choice i, each at least 1.</summary>
    public MultiDiscrete(params int[] counts)
    {
        if (counts.Length == 0 || counts.Any(count => count < 1))
        {
            throw new ArgumentException($"MultiDiscrete needs at least one choice with at least one option each; got ({string.Join(", ", counts)}).", nameof(counts));
        }
        this.counts = [.. counts];
        FlatSize = counts.Sum();
    }

    /// <summary>Number of options of each choice.</summary>
    public IReadOnlyList<int> Counts => counts;

    /// <inheritdoc/>
    public override int Size => counts.Length;

    /// <inheritdoc/>
    public override int FlatSize { get; }

    /// <inheritdoc/>
    public override string? Explain(ReadOnlySpan<float> element)
    {
        if (ExplainSize(element) is { } wrongSize) { return wrongSize; }
        for (var i = 0; i < counts.Length; i++)
        {
            if (Discrete.ExplainIndex(element[i], counts[i], $"choice {i}") is { } wrong) { return wrong; }
        }
        return null;
    }

    /// <inheritdoc/>
    public override void Sample(RandomStream random, Span<float> element)
    {
        for (var i = 0; i < counts.Length; i++) { element[i] = random.NextInt32(counts[i]); }
    }

    /// <inheritdoc/>
    public override void Flatten(ReadOnlySpan<float> element, Span<float> flat)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            Discrete.OneHot((int)element[i], flat[..counts[i]]);
            flat = flat[counts[i]..];
        }
    }

    /// <inheritdoc/>
    public override void Unflatten(ReadOnlySpan<float> flat, Span<float> element)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            element[i] = Discrete.LargestIndex(flat[..counts[i]]);
            flat = flat[counts[i]..];
        }
    }

    /// <inheritdoc/>
    public bool Equals(MultiDiscrete? other) => other is not null && counts.AsSpan().SequenceEqual(other.counts);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(counts.Length, FlatSize);

    /// <inheritdoc/>
    public override string ToString() => $"MultiDiscrete({string.Join(", ", counts)})";
}
