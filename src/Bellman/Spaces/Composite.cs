namespace Bellman;

/// <summary>Named parts side by side, each a space; elements and flattened forms are concatenated in order.</summary>
public sealed record Composite : Space
{
    private readonly (string Name, Space Space)[] parts;

    /// <summary>A space of the given parts, in this order; names are unique.</summary>
    public Composite(params (string Name, Space Space)[] parts)
    {
        if (parts.Length == 0 || parts.DistinctBy(part => part.Name).Count() != parts.Length)
        {
            throw new ArgumentException($"Composite needs at least one part and unique names; got ({string.Join(", ", parts.Select(part => part.Name))}).", nameof(parts));
        }
        this.parts = [.. parts];
        Size = parts.Sum(part => part.Space.Size);
        FlatSize = parts.Sum(part => part.Space.FlatSize);
        IsFlat = parts.All(part => part.Space.IsFlat);
    }

    /// <summary>The parts in order.</summary>
    public IReadOnlyList<(string Name, Space Space)> Parts => parts;

    /// <inheritdoc/>
    public override int Size { get; }

    /// <inheritdoc/>
    public override int FlatSize { get; }

    /// <inheritdoc/>
    public override bool IsFlat { get; }

    /// <summary>Where the named part lies within an element.</summary>
    /// <exception cref="ArgumentException">There is no such part.</exception>
    public Range RangeOf(string name)
    {
        var start = 0;
        foreach (var part in parts)
        {
            if (part.Name == name) { return start..(start + part.Space.Size); }
            start += part.Space.Size;
        }
        throw new ArgumentException($"{this} has no part '{name}'.", nameof(name));
    }

    /// <inheritdoc/>
    public override string? Explain(ReadOnlySpan<float> element)
    {
        if (ExplainSize(element) is { } wrongSize) { return wrongSize; }
        foreach (var (name, space) in parts)
        {
            if (space.Explain(element[..space.Size]) is { } wrong) { return $"in part '{name}', {wrong}"; }
            element = element[space.Size..];
        }
        return null;
    }

    /// <inheritdoc/>
    public override void Sample(RandomStream random, Span<float> element)
    {
        foreach (var (_, space) in parts)
        {
            space.Sample(random, element[..space.Size]);
            element = element[space.Size..];
        }
    }

    /// <inheritdoc/>
    public override void Flatten(ReadOnlySpan<float> element, Span<float> flat)
    {
        foreach (var (_, space) in parts)
        {
            space.Flatten(element[..space.Size], flat[..space.FlatSize]);
            element = element[space.Size..];
            flat = flat[space.FlatSize..];
        }
    }

    /// <inheritdoc/>
    public override void Unflatten(ReadOnlySpan<float> flat, Span<float> element)
    {
        foreach (var (_, space) in parts)
        {
            space.Unflatten(flat[..space.FlatSize], element[..space.Size]);
            element = element[space.Size..];
            flat = flat[space.FlatSize..];
        }
    }

    /// <inheritdoc/>
    public bool Equals(Composite? other) => other is not null && parts.AsSpan().SequenceEqual(other.parts);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(parts.Length, Size);

    /// <inheritdoc/>
    public override string ToString() => $"Composite({string.Join(", ", parts.Select(part => $"{part.Name}: {part.Space}"))})";
}
