using MathNet.Numerics.LinearAlgebra;

namespace Bellman.Algorithms;

/// <summary>How much of a known quantity can be read from a representation: least squares on (z, z², 1) over the first half of the rows, R² on the second.</summary>
public static class LinearProbe
{
    private const double Ridge = 1e-9;

    /// <summary>R² of each target on the held-out half; below 0 where the mean would have been better.</summary>
    /// <param name="codes">[rows, width]: z.</param>
    /// <param name="width">Numbers of z.</param>
    /// <param name="targets">[rows, count].</param>
    /// <param name="count">Targets of a row.</param>
    /// <exception cref="UsageException">A number is not finite, or the rows are too few.</exception>
    public static double[] Score(ReadOnlySpan<float> codes, int width, ReadOnlySpan<float> targets, int count)
    {
        var rows = codes.Length / width;
        var features = 2 * width + 1;
        if (targets.Length != rows * count || rows / 2 < features) { throw new UsageException($"A probe of {features} features needs at least {2 * features} rows of codes with as many targets; there are {rows} rows of codes and {targets.Length / count} of targets."); }
        var x = Matrix<double>.Build.Dense(rows, features, 1);
        var y = Matrix<double>.Build.Dense(rows, count);
        for (var row = 0; row < rows; row++)
        {
            for (var k = 0; k < width; k++)
            {
                var value = (double)codes[row * width + k];
                if (!double.IsFinite(value)) { throw new UsageException($"Code {k} of row {row} is {value}; a probe reads finite numbers."); }
                (x[row, k], x[row, width + k]) = (value, value * value);
            }
            for (var k = 0; k < count; k++) { y[row, k] = targets[row * count + k]; }
        }
        var half = rows / 2;
        var seen = x.SubMatrix(0, half, 0, features);
        // A trace of ridge: a code that collapsed to a constant explains nothing instead of dividing by zero.
        var products = seen.TransposeThisAndMultiply(seen) + Matrix<double>.Build.DenseDiagonal(features, features, Ridge * half);
        var weights = products.Cholesky().Solve(seen.TransposeThisAndMultiply(y.SubMatrix(0, half, 0, count)));
        var residual = y.SubMatrix(half, rows - half, 0, count) - x.SubMatrix(half, rows - half, 0, features) * weights;
        var scores = new double[count];
        for (var k = 0; k < count; k++)
        {
            var held = y.Column(k).SubVector(half, rows - half);
            var mean = held.Average();
            var total = held.Sum(value => (value - mean) * (value - mean));
            scores[k] = total > 0 ? 1 - residual.Column(k).DotProduct(residual.Column(k)) / total : 0;
        }
        return scores;
    }
}
