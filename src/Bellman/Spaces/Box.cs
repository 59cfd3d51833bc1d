using System.Globalization;

namespace Bellman;

/// <summary>Real vectors or arrays with a bound on each component; bounds may be infinite.</summary>
public sealed record Box : Space
{
    /// <summary>Lowest value of each component, inclusive.</summary>
    public IReadOnlyList<float> Low => low;

    /// <summary>Highest value of each component, inclusive.</summary>
    public IReadOnlyList<float> High => high;

    /// <summary>Lengths of the axes, e.g. [height, width, channels]; components are stored row-major.</summary>
    public IReadOnlyList<int> Shape { get; }

    private readonly float[] low;
    private readonly float[] high;

    /// <summary>A vector with the same bounds on each of <paramref name="size"/> components.</summary>
    public Box(float low, float high, int size) : this(Fill(low, size), Fill(high, size)) { }

    /// <summary>An array with the given bounds; <paramref name="shape"/> defaults to one axis.</summary>
    /// <exception cref="ArgumentException">Lengths disagree, or a low bound is NaN or above its high bound.</exception>
    public Box(float[] low, float[] high, params int[] shape)
    {
        if (low.Length == 0 || low.Length != high.Length)
        {
            throw new ArgumentException($"A Box needs as many low as high bounds, at least one; got {low.Length} and {high.Length}.");
        }
        Shape = shape.Length == 0 ? [low.Length] : shape;
        if (Shape.Aggregate(1, (product, axis) => product * axis) != low.Length)
        {
            throw new ArgumentException($"A Box of shape [{string.Join(", ", Shape)}] does not have {low.Length} components.");
        }
        for (var i = 0; i < low.Length; i++)
        {
            if (!(low[i] <= high[i]))
            {
                throw new ArgumentException($"A Box needs low <= high; component {i} has {low[i]} and {high[i]}.");
            }
        }
        this.low = [.. low];
        this.high = [.. high];
    }

    /// <inheritdoc/>
    public override int Size => low.Length;

    /// <inheritdoc/>
    public override int FlatSize => low.Length;

    /// <inheritdoc/>
    public override bool IsFlat => true;

    /// <summary>Whether every component has finite bounds.</summary>
    public bool IsBounded => low.All(float.IsFinite) && high.All(float.IsFinite);

    /// <inheritdoc/>
    public override string? Explain(ReadOnlySpan<float> element)
    {
        if (ExplainSize(element) is { } wrongSize) { return wrongSize; }
        for (var i = 0; i < element.Length; i++)
        {
            if (!(element[i] >= low[i] && element[i] <= high[i]))
            {
                return $"component {i} is {element[i].ToString(CultureInfo.InvariantCulture)}, outside [{low[i]}, {high[i]}]";
            }
        }
        return null;
    }

    /// <summary>Moves each component to the nearest value within its bounds.</summary>
    public void Clip(Span<float> element)
    {
        for (var i = 0; i < element.Length; i++) { element[i] = Math.Clamp(element[i], low[i], high[i]); }
    }

    /// <inheritdoc/>
    public override void Sample(RandomStream random, Span<float> element)
    {
        for (var i = 0; i < low.Length; i++)
        {
            element[i] = (float.IsFinite(low[i]), float.IsFinite(high[i])) switch
            {
                (true, true) => Math.Clamp((float)random.NextUniform(low[i], high[i]), low[i], high[i]),
                (true, false) => low[i] - (float)Math.Log(1 - random.NextDouble()),
                (false, true) => high[i] + (float)Math.Log(1 - random.NextDouble()),
                (false, false) => (float)random.NextGaussian(),
            };
        }
    }

    /// <inheritdoc/>
    public override void Flatten(ReadOnlySpan<float> element, Span<float> flat) => element.CopyTo(flat);

    /// <inheritdoc/>
    public override void Unflatten(ReadOnlySpan<float> flat, Span<float> element) => flat.CopyTo(element);

    /// <inheritdoc/>
    public bool Equals(Box? other) =>
        other is not null && low.AsSpan().SequenceEqual(other.low) && high.AsSpan().SequenceEqual(other.high) && Shape.SequenceEqual(other.Shape);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(low.Length, low[0], high[^1]);

    /// <inheritdoc/>
    public override string ToString()
    {
        var same = low.All(value => value == low[0]) && high.All(value => value == high[0]);
        var bounds = same
            ? $"[{low[0]}, {high[0]}]"
            : "[" + string.Join(", ", low.Zip(high, (l, h) => $"{l}..{h}").Take(8)) + (Size > 8 ? ", ..." : "") + "]";
        return $"Box({bounds}, shape [{string.Join(", ", Shape)}])";
    }

    private static float[] Fill(float value, int size)
    {
        var values = new float[size];
        Array.Fill(values, value);
        return values;
    }
}
