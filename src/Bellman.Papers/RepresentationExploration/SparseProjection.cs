namespace Bellman.Papers.RepresentationExploration;

/// <summary>
/// A very sparse random projection (Li, Hastie and Church 2006): entries of R [from x to] are +-v with probability 1 / (2 sqrt(from)) each and 0
/// otherwise, v = sqrt(sqrt(from) / to), so that E|x R|^2 = |x|^2. Only the entries that are not 0 are kept, row by row.
/// </summary>
public sealed class SparseProjection
{
    private readonly int[] rowStarts;
    private readonly int[] columns;
    private readonly bool[] positive;

    /// <summary>Draws a projection.</summary>
    /// <param name="from">Size of what is projected, at least 1.</param>
    /// <param name="to">Size of the result, at least 1.</param>
    /// <param name="random">Where its entries come from.</param>
    /// <exception cref="UsageException">A size is below 1.</exception>
    public SparseProjection(int from, int to, RandomStream random)
    {
        if (from < 1 || to < 1) { throw new UsageException($"A projection from {from} to {to} numbers does not exist: both are at least 1."); }
        (From, To) = (from, to);
        Density = 1 / Math.Sqrt(from);
        Value = Math.Sqrt(Math.Sqrt(from) / to);
        rowStarts = new int[from + 1];
        var (places, signs) = (new List<int>(), new List<bool>());
        for (var row = 0; row < from; row++)
        {
            for (var column = 0; column < to; column++)
            {
                var draw = random.NextDouble();
                if (draw >= Density) { continue; }
                places.Add(column);
                signs.Add(draw < Density / 2);
            }
            rowStarts[row + 1] = places.Count;
        }
        (columns, positive) = ([.. places], [.. signs]);
    }

    /// <summary>Size of what is projected.</summary>
    public int From { get; }

    /// <summary>Size of the result.</summary>
    public int To { get; }

    /// <summary>Probability that an entry is not 0.</summary>
    public double Density { get; }

    /// <summary>v.</summary>
    public double Value { get; }

    /// <summary>x R in double precision.</summary>
    public double[] Project(ReadOnlySpan<float> vector)
    {
        if (vector.Length != From) { throw new ArgumentException($"The features have {vector.Length} numbers; this projection takes {From}.", nameof(vector)); }
        var result = new double[To];
        for (var row = 0; row < From; row++)
        {
            var value = Value * vector[row];
            for (var k = rowStarts[row]; k < rowStarts[row + 1]; k++) { result[columns[k]] += positive[k] ? value : -value; }
        }
        return result;
    }
}
