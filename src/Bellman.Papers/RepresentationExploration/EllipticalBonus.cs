namespace Bellman.Papers.RepresentationExploration;

/// <summary>The novelty of each vector of a group, from the group's own covariance.</summary>
public static class EllipticalBonus
{
    // A leverage of 1 would leave the others without a say; rounding must not get there.
    private const double LargestLeverage = 1 - 1e-12;

    /// <summary>b_i = z_i' S^-1 z_i with S = lambda I + sum z z', each from 0 to below 1, by a Cholesky factorisation of S.</summary>
    /// <param name="vectors">[responses][size]; centred already where that is wanted.</param>
    /// <param name="lambda">The ridge, above 0.</param>
    public static double[] Leverage(IReadOnlyList<double[]> vectors, double lambda)
    {
        if (!(lambda > 0)) { throw new UsageException($"lambda cannot be {lambda}: it is a ridge above 0."); }
        var factor = Factor(vectors, lambda);
        return [.. vectors.Select(vector => SquaredSolution(factor, vector))];
    }

    /// <summary>b / (1 - b): the novelty against the others alone, z' (S - z z')^-1 z.</summary>
    public static double LeaveOneOut(double leverage) => Math.Max(0, leverage) / (1 - Math.Min(leverage, LargestLeverage));

    /// <summary>z_i - mean z.</summary>
    public static IReadOnlyList<double[]> Centred(IReadOnlyList<double[]> vectors)
    {
        var mean = new double[vectors[0].Length];
        foreach (var vector in vectors) { for (var i = 0; i < mean.Length; i++) { mean[i] += vector[i] / vectors.Count; } }
        return [.. vectors.Select(vector => vector.Select((value, i) => value - mean[i]).ToArray())];
    }

    /// <summary>The bonuses of a group scaled; where they do not differ, deviation is 0 and they stay as they are (or 0 when standardised).</summary>
    public static double[] Normalized(double[] bonuses, BonusNormalization normalization)
    {
        if (normalization == BonusNormalization.None || bonuses.Length < 2) { return bonuses; }
        var mean = bonuses.Average();
        var deviation = Math.Sqrt(bonuses.Sum(bonus => (bonus - mean) * (bonus - mean)) / (bonuses.Length - 1));
        var centre = normalization == BonusNormalization.Standard ? mean : 0;
        var scale = deviation > 1e-12 ? deviation : 1;
        return Array.ConvertAll(bonuses, bonus => (bonus - centre) / scale);
    }

    // S = L L'
    private static double[][] Factor(IReadOnlyList<double[]> vectors, double lambda)
    {
        var size = vectors[0].Length;
        var factor = new double[size][];
        for (var row = 0; row < size; row++)
        {
            factor[row] = new double[row + 1];
            for (var column = 0; column <= row; column++)
            {
                var sum = row == column ? lambda : 0;
                foreach (var vector in vectors) { sum += vector[row] * vector[column]; }
                for (var k = 0; k < column; k++) { sum -= factor[row][k] * factor[column][k]; }
                factor[row][column] = row == column ? Math.Sqrt(Math.Max(sum, double.Epsilon)) : sum / factor[column][column];
            }
        }
        return factor;
    }

    // z' (L L')^-1 z = |L^-1 z|^2
    private static double SquaredSolution(double[][] factor, double[] vector)
    {
        var solution = new double[vector.Length];
        var squared = 0.0;
        for (var row = 0; row < vector.Length; row++)
        {
            var value = vector[row];
            for (var k = 0; k < row; k++) { value -= factor[row][k] * solution[k]; }
            solution[row] = value / factor[row][row];
            squared += solution[row] * solution[row];
        }
        return squared;
    }
}
