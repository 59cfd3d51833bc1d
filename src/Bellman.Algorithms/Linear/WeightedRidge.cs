using MathNet.Numerics.LinearAlgebra;

namespace Bellman.Algorithms.Linear;

/// <summary>
/// Ridge regression whose samples have weights, one at a time: Sigma = lambda I + sum w x x', b = sum w x y, theta = Sigma^-1 b. The
/// inverse is kept by Sherman and Morrison's formula and renewed from Sigma by <see cref="Refresh"/>.
/// </summary>
public sealed class WeightedRidge
{
    private readonly Matrix<double> sigma;
    private readonly double[] moments;
    private readonly double[] scratch;
    private double[] inverse;

    /// <summary>A regression without samples.</summary>
    /// <param name="dimension">d, at least 1.</param>
    /// <param name="ridge">lambda, above 0.</param>
    /// <exception cref="UsageException">One of them is out of range.</exception>
    public WeightedRidge(int dimension, double ridge)
    {
        if (dimension < 1) { throw new UsageException($"The dimension is {dimension}; a linear model needs 1 feature or more."); }
        if (!(ridge > 0) || !double.IsFinite(ridge)) { throw new UsageException($"The ridge lambda is {ridge}; it must be above 0, or the first inverse does not exist."); }
        Dimension = dimension;
        sigma = Matrix<double>.Build.DenseDiagonal(dimension, dimension, ridge);
        moments = new double[dimension];
        scratch = new double[dimension];
        inverse = new double[dimension * dimension];
        for (var i = 0; i < dimension; i++) { inverse[i * dimension + i] = 1 / ridge; }
    }

    /// <summary>d.</summary>
    public int Dimension { get; }

    /// <summary>Sigma^-1, [d x d] row by row, of now.</summary>
    public ReadOnlySpan<double> Inverse => inverse;

    /// <summary>Takes a sample.</summary>
    /// <param name="features">x, [d].</param>
    /// <param name="target">y.</param>
    /// <param name="weight">w, at least 0: the inverse of the sample's variance.</param>
    public void Add(ReadOnlySpan<double> features, double target, double weight = 1)
    {
        // Sigma^-1 -= w (Sigma^-1 x)(Sigma^-1 x)' / (1 + w x' Sigma^-1 x)
        Multiply(inverse, features, scratch);
        var factor = weight / (1 + weight * Dot(features, scratch));
        for (var i = 0; i < Dimension; i++)
        {
            moments[i] += weight * features[i] * target;
            for (var j = 0; j < Dimension; j++)
            {
                sigma[i, j] += weight * features[i] * features[j];
                inverse[i * Dimension + j] -= factor * scratch[i] * scratch[j];
            }
        }
    }

    /// <summary>Computes the inverse afresh by Cholesky's factors, so that rounding does not add up.</summary>
    public void Refresh() => inverse = sigma.Cholesky().Solve(Matrix<double>.Build.DenseIdentity(Dimension)).ToRowMajorArray();

    /// <summary>theta = Sigma^-1 b, [d].</summary>
    public double[] Estimate() => Solve(moments);

    /// <summary>Sigma^-1 b of moments kept elsewhere, for targets that change; [d].</summary>
    public double[] Solve(ReadOnlySpan<double> ownMoments)
    {
        var solution = new double[Dimension];
        Multiply(inverse, ownMoments, solution);
        return solution;
    }

    /// <summary>The norm of x under Sigma^-1: how little is known in that direction.</summary>
    public double InverseNorm(ReadOnlySpan<double> features) => Norm(inverse, features);

    /// <summary>The norm of x under Sigma itself.</summary>
    public double NormOf(ReadOnlySpan<double> vector) => Norm(sigma.ToRowMajorArray(), vector);

    /// <summary>A copy of Sigma, [d x d].</summary>
    public double[] CopySigma() => sigma.ToRowMajorArray();

    /// <summary>The root of x' A x; rounding below zero counts as zero.</summary>
    /// <param name="matrix">A, [d x d].</param>
    /// <param name="vector">x, [d].</param>
    public static double Norm(ReadOnlySpan<double> matrix, ReadOnlySpan<double> vector)
    {
        var (d, sum) = (vector.Length, 0.0);
        for (var i = 0; i < d; i++)
        {
            var row = 0.0;
            for (var j = 0; j < d; j++) { row += matrix[i * d + j] * vector[j]; }
            sum += vector[i] * row;
        }
        return Math.Sqrt(Math.Max(0, sum));
    }

    /// <summary>L with L L' = A, [d x d] row by row.</summary>
    /// <param name="matrix">A, symmetric and positive definite, [d x d].</param>
    /// <param name="dimension">d.</param>
    public static double[] Factor(ReadOnlySpan<double> matrix, int dimension)
    {
        var square = Matrix<double>.Build.DenseOfRowMajor(dimension, dimension, matrix.ToArray());
        return ((square + square.Transpose()) / 2).Cholesky().Factor.ToRowMajorArray();
    }

    /// <summary>A x.</summary>
    public static void Multiply(ReadOnlySpan<double> matrix, ReadOnlySpan<double> vector, Span<double> product)
    {
        var d = vector.Length;
        for (var i = 0; i < d; i++) { product[i] = Dot(matrix.Slice(i * d, d), vector); }
    }

    /// <summary>The inner product.</summary>
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++) { sum += x[i] * y[i]; }
        return sum;
    }
}
