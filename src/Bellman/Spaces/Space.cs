namespace Bellman;

/// <summary>
/// A set of observations or actions. An element is stored as <see cref="Size"/> floats (a Discrete's index is one
/// float, a Box's numbers are one float each), so that any number of elements lie side by side in one buffer.
/// Networks read the flattened form of <see cref="FlatSize"/> floats, in which a Discrete is one-hot.
/// </summary>
public abstract record Space
{
    /// <summary>Floats an element takes in a buffer.</summary>
    public abstract int Size { get; }

    /// <summary>Floats of the flattened form that networks read.</summary>
    public abstract int FlatSize { get; }

    /// <summary>Null if <paramref name="element"/> belongs to the space, else what is wrong with it and what is valid.</summary>
    public abstract string? Explain(ReadOnlySpan<float> element);

    /// <summary>Draws an element uniformly (an unbounded side of a Box: exponentially from its bound, or normally).</summary>
    public abstract void Sample(RandomStream random, Span<float> element);

    /// <summary>Writes the flattened form of an element.</summary>
    public abstract void Flatten(ReadOnlySpan<float> element, Span<float> flat);

    /// <summary>Recovers an element from its flattened form (one-hot parts by their largest entry).</summary>
    public abstract void Unflatten(ReadOnlySpan<float> flat, Span<float> element);

    /// <summary>Whether <paramref name="element"/> belongs to the space.</summary>
    public bool Contains(ReadOnlySpan<float> element) => Explain(element) is null;

    /// <summary>Whether flattening only copies.</summary>
    public virtual bool IsFlat => false;

    private protected string? ExplainSize(ReadOnlySpan<float> element) =>
        element.Length == Size ? null : $"it has {element.Length} numbers where {this} takes {Size}";
}
