namespace Bellman.Experiments;

/// <summary>Many seeds' curves as one line with a band.</summary>
public static class LearningCurves
{
    private const int GridPoints = 200;
    private const int Resamples = 1000;

    /// <summary>
    /// The statistic of several curves at each x, with its 95% bootstrap interval. Curves that share their x are taken point by
    /// point; others, and long ones, are read by linear interpolation on 200 places of the range that all of them cover.
    /// </summary>
    /// <param name="name">The line's name.</param>
    /// <param name="curves">One curve a seed; empty ones are left out.</param>
    /// <param name="movingAverage">Each curve's trailing average before anything else; 1 leaves it as it is.</param>
    /// <param name="statistic">What the line shows.</param>
    public static PlotSeries Summarise(string name, IReadOnlyList<Curve> curves, int movingAverage = 1, Statistic statistic = Statistic.InterquartileMean)
    {
        var smooth = curves.Where(curve => curve.X.Count > 0)
            .Select(curve => (X: curve.X.ToArray(), Y: Statistics.MovingAverage(curve.Y, movingAverage)))
            .ToList();
        if (smooth.Count == 0) { return new PlotSeries(name, [], []); }
        var shared = smooth.TrueForAll(curve => curve.X.AsSpan().SequenceEqual(smooth[0].X)) && smooth[0].X.Length <= GridPoints;
        var places = shared ? smooth[0].X : Grid(smooth.Max(curve => curve.X[0]), smooth.Min(curve => curve.X[^1]));
        var line = new double[places.Length];
        var band = new Interval[smooth.Count > 1 ? places.Length : 0];
        var values = new double[smooth.Count];
        for (var i = 0; i < places.Length; i++)
        {
            for (var seed = 0; seed < values.Length; seed++)
            {
                values[seed] = shared ? smooth[seed].Y[i] : Interpolate(smooth[seed].X, smooth[seed].Y, places[i]);
            }
            line[i] = Statistics.Of(statistic, values);
            if (band.Length > 0) { band[i] = Statistics.BootstrapInterval(values, statistic, resamples: Resamples); }
        }
        return new PlotSeries(name, places, line) { Band = band };
    }

    private static double[] Grid(double start, double end) =>
        end <= start ? [start] : [.. Enumerable.Range(0, GridPoints).Select(i => start + (end - start) * i / (GridPoints - 1))];

    private static double Interpolate(double[] x, double[] y, double place)
    {
        var after = Array.BinarySearch(x, place);
        if (after >= 0) { return y[after]; }
        after = ~after;
        if (after == 0) { return y[0]; }
        if (after == x.Length) { return y[^1]; }
        var share = (place - x[after - 1]) / (x[after] - x[after - 1]);
        return y[after - 1] + share * (y[after] - y[after - 1]);
    }
}
