namespace Bellman;

/// <summary>
/// Draws an index in proportion to fixed weights in constant time (Walker 1977, with Vose's construction). Building costs one pass; an index of
/// weight zero is never drawn.
/// </summary>
public sealed class AliasTable
{
    private readonly double[] threshold;
    private readonly int[] alias;

    /// <summary>A table of the given weights.</summary>
    /// <param name="weights">Not negative, finite, not all zero; they need not sum to 1.</param>
    /// <exception cref="ArgumentException">A weight is negative or not finite, or all are zero.</exception>
    public AliasTable(ReadOnlySpan<double> weights)
    {
        var total = 0.0;
        foreach (var weight in weights)
        {
            if (!(weight >= 0) || !double.IsFinite(weight)) { throw new ArgumentException($"Weights to draw by are finite and not negative; one is {weight}.", nameof(weights)); }
            total += weight;
        }
        if (!(total > 0) || !double.IsFinite(total)) { throw new ArgumentException($"Weights to draw by have a finite sum above zero; theirs is {total}.", nameof(weights)); }
        threshold = new double[weights.Length];
        alias = new int[weights.Length];
        // Places with less than their share take the rest of it from a place with more.
        Stack<int> small = new(), large = new();
        var largest = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            threshold[i] = weights[i] / total * weights.Length;
            (threshold[i] < 1 ? small : large).Push(i);
            if (weights[i] > weights[largest]) { largest = i; }
        }
        while (small.Count > 0 && large.Count > 0)
        {
            var (poor, rich) = (small.Pop(), large.Pop());
            alias[poor] = rich;
            threshold[rich] -= 1 - threshold[poor];
            (threshold[rich] < 1 ? small : large).Push(rich);
        }
        // What rounding leaves over is drawn as it is, unless its weight is zero: that gives all of its place away.
        foreach (var left in large.Concat(small))
        {
            (threshold[left], alias[left]) = weights[left] > 0 ? (1, left) : (0, largest);
        }
    }

    /// <summary>Indices it draws from.</summary>
    public int Count => threshold.Length;

    /// <summary>An index.</summary>
    public int Draw(RandomStream random)
    {
        var place = random.NextInt32(threshold.Length);
        return random.NextDouble() < threshold[place] ? place : alias[place];
    }
}

/// <summary>Rows of a fixed data set in proportion to fixed weights, with replacement; all loss weights are 1.</summary>
public sealed class AliasSampler : IReplaySampler
{
    private readonly AliasTable table;

    /// <summary>A sampler of as many rows as there are weights.</summary>
    /// <param name="weights">[rows]: not negative, not all zero; they need not sum to 1.</param>
    /// <exception cref="ArgumentException">A weight is negative or not finite, or all are zero.</exception>
    public AliasSampler(ReadOnlySpan<double> weights) => table = new AliasTable(weights);

    /// <inheritdoc/>
    public void Added(int row) { }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The rows are not those it was made for.</exception>
    public void Sample(int count, RandomStream random, Span<int> rows, Span<float> weights)
    {
        if (count != table.Count) { throw new InvalidOperationException($"This sampler was made for {table.Count} rows and is asked about {count}."); }
        foreach (ref var row in rows) { row = table.Draw(random); }
        weights.Fill(1);
    }

    /// <inheritdoc/>
    public void Update(ReadOnlySpan<int> rows, ReadOnlySpan<float> temporalDifferences) { }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) { }
}
