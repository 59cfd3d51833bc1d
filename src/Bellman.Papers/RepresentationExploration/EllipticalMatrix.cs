namespace Bellman.Papers.RepresentationExploration;

/// <summary>
/// (lambda I + sum z z')^-1, kept up to date by rank-one corrections (Sherman and Morrison): what has been seen lies inside
/// its ellipsoid, and z' S^-1 z says how far outside z is.
/// </summary>
public sealed class EllipticalMatrix
{
    // Rounding makes the two halves drift apart.
    private const int UpdatesBetweenSymmetrisations = 64;

    private readonly double[] inverse;
    private readonly double[] product;
    private int updates;

    /// <summary>The inverse of lambda I.</summary>
    /// <param name="dimension">Size of the vectors, at least 1.</param>
    /// <param name="lambda">The ridge, above 0.</param>
    /// <exception cref="UsageException">One of them is out of range.</exception>
    public EllipticalMatrix(int dimension, double lambda)
    {
        if (dimension < 1) { throw new UsageException($"Features have at least one number, not {dimension}."); }
        if (!(lambda > 0) || !double.IsFinite(lambda)) { throw new UsageException($"lambda cannot be {lambda}: without a ridge above 0 the covariance of few responses has no inverse."); }
        Dimension = dimension;
        inverse = new double[dimension * dimension];
        product = new double[dimension];
        for (var i = 0; i < dimension; i++) { inverse[i * dimension + i] = 1 / lambda; }
    }

    internal EllipticalMatrix(int dimension, double[] inverse) => (Dimension, this.inverse, product) = (dimension, inverse, new double[dimension]);

    /// <summary>Size of the vectors.</summary>
    public int Dimension { get; }

    internal double[] Inverse => inverse;

    /// <summary>z' S^-1 z.</summary>
    public double Score(ReadOnlySpan<double> vector)
    {
        Multiply(vector);
        return Dot(vector, product);
    }

    /// <summary>S += sign z z': S^-1 -= sign v v' / (1 + sign z' v), v = S^-1 z.</summary>
    /// <param name="vector">z.</param>
    /// <param name="sign">1 adds; -1 takes out what was added.</param>
    public void Add(ReadOnlySpan<double> vector, double sign = 1)
    {
        Multiply(vector);
        var scale = sign / (1 + sign * Dot(vector, product));
        for (var row = 0; row < Dimension; row++)
        {
            var factor = scale * product[row];
            if (factor == 0) { continue; }
            for (var column = 0; column < Dimension; column++) { inverse[row * Dimension + column] -= factor * product[column]; }
        }
        if (++updates % UpdatesBetweenSymmetrisations == 0) { Symmetrise(); }
    }

    internal EllipticalMatrix Copy() => new(Dimension, (double[])inverse.Clone());

    private void Multiply(ReadOnlySpan<double> vector)
    {
        if (vector.Length != Dimension) { throw new ArgumentException($"The features have {vector.Length} numbers; this matrix is of {Dimension}.", nameof(vector)); }
        for (var row = 0; row < Dimension; row++) { product[row] = Dot(inverse.AsSpan(row * Dimension, Dimension), vector); }
    }

    private void Symmetrise()
    {
        for (var row = 0; row < Dimension; row++)
        {
            for (var column = 0; column < row; column++)
            {
                var mean = (inverse[row * Dimension + column] + inverse[column * Dimension + row]) / 2;
                inverse[row * Dimension + column] = inverse[column * Dimension + row] = mean;
            }
        }
    }

    private static double Dot(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        var sum = 0.0;
        for (var i = 0; i < left.Length; i++) { sum += left[i] * right[i]; }
        return sum;
    }
}
