using MathNet.Numerics.LinearAlgebra;

namespace Bellman.Algorithms;

/// <summary>The numbers behind trajectory weights.</summary>
public static class TrajectoryScores
{
    // Directions of the regression that carry less than this share of the largest one's square are not told apart from none.
    private const double Rank = 1e-11;

    /// <summary>exp(z / α) with z = (x - min x) / (max x - min x), divided by its largest; all ones where every score is the same.</summary>
    /// <param name="scores">x.</param>
    /// <param name="temperature">α above 0; infinity is uniform.</param>
    /// <exception cref="UsageException">The temperature is not above 0.</exception>
    public static double[] Soften(IReadOnlyList<double> scores, double temperature)
    {
        if (!(temperature > 0)) { throw new UsageException($"The temperature of trajectory weights cannot be {temperature.ToString(System.Globalization.CultureInfo.InvariantCulture)}: it is above 0, usually 0.1 to 0.2."); }
        var (lowest, highest) = (scores.Min(), scores.Max());
        var range = highest - lowest;
        return [.. scores.Select(score => range > 0 ? Math.Exp((score - highest) / range / temperature) : 1.0)];
    }

    /// <summary>A_i = G_i - V(s₀), V the least-squares regression with intercept of returns on powers of each component of the first observation.</summary>
    /// <param name="data">One row of the regression an episode.</param>
    /// <param name="degree">Highest power; 0 leaves the intercept alone.</param>
    /// <exception cref="UsageException">The degree is negative.</exception>
    public static double[] Advantages(OfflineDataset data, int degree)
    {
        if (degree < 0) { throw new UsageException($"The degree of the regression on first observations cannot be {degree}: it is 0 or more, 1 as published."); }
        var episodes = data.Episodes;
        var mean = data.MeanReturn;
        var residual = Vector<double>.Build.Dense(episodes.Count, i => episodes[i].Return - mean);
        if (degree == 0 || data.ObservationSize == 0) { return residual.ToArray(); }
        // Features of mean zero: the intercept is then the mean return.
        var features = Features(data, degree);
        var eigen = (features.Transpose() * features).Evd(Symmetricity.Symmetric);
        var spectrum = eigen.EigenValues.Real();
        var along = eigen.EigenVectors.Transpose() * (features.Transpose() * residual);
        var threshold = Rank * Math.Max(spectrum.AbsoluteMaximum(), double.Epsilon);
        // Minimum norm: directions that the data does not show have no coefficient.
        for (var k = 0; k < along.Count; k++) { along[k] = spectrum[k] > threshold ? along[k] / spectrum[k] : 0; }
        return (residual - features * (eigen.EigenVectors * along)).ToArray();
    }

    /// <summary>[episodes, size x degree]: powers of the first observations' standardised components, each column of mean zero.</summary>
    private static Matrix<double> Features(OfflineDataset data, int degree)
    {
        var (episodes, size) = (data.Episodes, data.ObservationSize);
        var features = Matrix<double>.Build.Dense(episodes.Count, size * degree);
        var column = new double[episodes.Count];
        for (var k = 0; k < size; k++)
        {
            for (var i = 0; i < column.Length; i++) { column[i] = data.Observations[episodes[i].Start * size + k]; }
            var centre = column.Average();
            var deviation = Math.Sqrt(column.Average(value => (value - centre) * (value - centre)));
            for (var i = 0; i < column.Length; i++) { column[i] = deviation > 0 ? (column[i] - centre) / deviation : 0; }
            for (var power = 1; power <= degree; power++)
            {
                var average = column.Average(value => Math.Pow(value, power));
                for (var i = 0; i < column.Length; i++) { features[i, k * degree + power - 1] = Math.Pow(column[i], power) - average; }
            }
        }
        return features;
    }
}
