namespace Bellman.Experiments;

/// <summary>How several values are summed up in one.</summary>
public enum Statistic
{
    /// <summary>The mean of the middle half (Agarwal et al. 2021): robust to outliers, and less wasteful than the median.</summary>
    InterquartileMean,

    /// <summary>The arithmetic mean.</summary>
    Mean,

    /// <summary>The middle value; the mean of the two middle ones for an even count.</summary>
    Median,
}

/// <summary>A confidence interval, both ends included.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>The interval of a quantity that is not a number.</summary>
    public static Interval Undefined { get; } = new(double.NaN, double.NaN);
}

/// <summary>
/// The statistics that experiments are judged by: Agarwal et al. 2021, "Deep reinforcement learning at the edge of the
/// statistical precipice". A NaN among the values makes the result NaN; nothing is dropped in silence.
/// </summary>
public static class Statistics
{
    /// <summary>Resamples of a bootstrap interval.</summary>
    public const int DefaultResamples = 2000;

    /// <summary>The arithmetic mean; NaN for no values.</summary>
    public static double Mean(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values) { sum += value; }
        return sum / values.Length;
    }

    /// <summary>The middle value; NaN for no values.</summary>
    public static double Median(ReadOnlySpan<double> values)
    {
        if (!TrySort(values, out var sorted)) { return double.NaN; }
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>
    /// The mean of what is left when floor(n / 4) values are cut from each end (the trimmed mean with a quarter cut); with fewer
    /// than four values this is the mean.
    /// </summary>
    public static double InterquartileMean(ReadOnlySpan<double> values)
    {
        if (!TrySort(values, out var sorted)) { return double.NaN; }
        var cut = sorted.Length / 4;
        return Mean(sorted.AsSpan(cut, sorted.Length - 2 * cut));
    }

    /// <summary>The named statistic of <paramref name="values"/>.</summary>
    public static double Of(Statistic statistic, ReadOnlySpan<double> values) => statistic switch
    {
        Statistic.InterquartileMean => InterquartileMean(values),
        Statistic.Mean => Mean(values),
        _ => Median(values),
    };

    /// <summary>The percentile bootstrap interval of a statistic of values from one task.</summary>
    /// <param name="values">One value a seed.</param>
    /// <param name="statistic">What is estimated.</param>
    /// <param name="random">Where resamples are drawn; null takes a fixed stream, so that equal values give equal intervals.</param>
    /// <param name="resamples">Raising it steadies the ends.</param>
    /// <param name="confidence">The coverage, between 0 and 1.</param>
    public static Interval BootstrapInterval(IReadOnlyList<double> values, Statistic statistic = Statistic.InterquartileMean,
        RandomStream? random = null, int resamples = DefaultResamples, double confidence = 0.95) =>
        StratifiedBootstrapInterval([values], statistic, random, resamples, confidence);

    /// <summary>
    /// The percentile bootstrap interval of a statistic over several tasks (strata): each resample redraws the seeds within each
    /// task, and the statistic is taken over all of them together.
    /// </summary>
    /// <inheritdoc cref="BootstrapInterval"/>
    /// <param name="strata">For each task, one value a seed.</param>
    /// <param name="statistic">What is estimated.</param>
    /// <param name="random">Where resamples are drawn; null takes a fixed stream.</param>
    /// <param name="resamples">Raising it steadies the ends.</param>
    /// <param name="confidence">The coverage, between 0 and 1.</param>
    public static Interval StratifiedBootstrapInterval(IReadOnlyList<IReadOnlyList<double>> strata, Statistic statistic = Statistic.InterquartileMean,
        RandomStream? random = null, int resamples = DefaultResamples, double confidence = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(resamples);
        random ??= RandomStream.Create(0, "bootstrap");
        var pooled = new double[strata.Sum(stratum => stratum.Count)];
        var estimates = new double[resamples];
        for (var i = 0; i < resamples; i++)
        {
            var slot = 0;
            foreach (var stratum in strata) { slot = Resample(stratum, pooled, slot, random); }
            estimates[i] = Of(statistic, pooled);
        }
        return PercentileInterval(estimates, confidence);
    }

    /// <summary>
    /// The probability that a random seed of <paramref name="first"/> is better than one of <paramref name="second"/>, ties
    /// counting one half (the Mann-Whitney U statistic over the number of pairs).
    /// </summary>
    public static double ProbabilityOfImprovement(IReadOnlyList<double> first, IReadOnlyList<double> second, bool higherIsBetter = true)
    {
        var wins = 0.0;
        foreach (var x in first)
        {
            foreach (var y in second)
            {
                if (double.IsNaN(x) || double.IsNaN(y)) { return double.NaN; }
                wins += x == y ? 0.5 : x > y == higherIsBetter ? 1 : 0;
            }
        }
        return wins / ((double)first.Count * second.Count);
    }

    /// <summary>The percentile bootstrap interval of <see cref="ProbabilityOfImprovement"/>, both sides resampled.</summary>
    public static Interval ProbabilityOfImprovementInterval(IReadOnlyList<double> first, IReadOnlyList<double> second, bool higherIsBetter = true,
        RandomStream? random = null, int resamples = DefaultResamples, double confidence = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(resamples);
        random ??= RandomStream.Create(0, "bootstrap");
        var a = new double[first.Count];
        var b = new double[second.Count];
        var estimates = new double[resamples];
        for (var i = 0; i < resamples; i++)
        {
            Resample(first, a, 0, random);
            Resample(second, b, 0, random);
            estimates[i] = ProbabilityOfImprovement(a, b, higherIsBetter);
        }
        return PercentileInterval(estimates, confidence);
    }

    /// <summary>
    /// Wilson's 95% interval (1927) of a share: with z = 1.96 and p = successes / trials,
    /// (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). Unlike the textbook's it holds at 0 and at 1.
    /// </summary>
    /// <param name="successes">From 0 to <paramref name="trials"/>.</param>
    /// <param name="trials">Independent trials; none gives an undefined interval.</param>
    public static Interval WilsonInterval(int successes, int trials)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(successes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(successes, trials);
        if (trials == 0) { return Interval.Undefined; }
        const double z = 1.959963984540054;
        var (n, p) = ((double)trials, (double)successes / trials);
        var (centre, scale) = (p + (z * z / (2 * n)), 1 + (z * z / n));
        var half = z * Math.Sqrt((p * (1 - p) / n) + (z * z / (4 * n * n)));
        return new Interval(Math.Max(0, (centre - half) / scale), Math.Min(1, (centre + half) / scale));
    }

    /// <summary>
    /// Spearman's rank correlation (1904): the correlation of the ranks, equal values sharing their mean rank (several infinities too).
    /// NaN where one side is constant.
    /// </summary>
    public static double RankCorrelation(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(second.Count, first.Count);
        var (x, y) = (Ranks(first), Ranks(second));
        var (meanX, meanY) = (Mean(x), Mean(y));
        double covariance = 0, varianceX = 0, varianceY = 0;
        for (var i = 0; i < x.Length; i++)
        {
            covariance += (x[i] - meanX) * (y[i] - meanY);
            varianceX += (x[i] - meanX) * (x[i] - meanX);
            varianceY += (y[i] - meanY) * (y[i] - meanY);
        }
        return covariance / Math.Sqrt(varianceX * varianceY);
    }

    private static double[] Ranks(IReadOnlyList<double> values) =>
        [.. values.Select(value => values.Count(other => other < value) + (values.Count(other => other == value) + 1) / 2.0)];

    /// <summary>The trailing moving average: each value is the mean of itself and up to <paramref name="window"/> - 1 values before it.</summary>
    public static double[] MovingAverage(IReadOnlyList<double> values, int window)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(window);
        var averages = new double[values.Count];
        for (var i = 0; i < averages.Length; i++)
        {
            var start = Math.Max(0, i - window + 1);
            var sum = 0.0;
            for (var j = start; j <= i; j++) { sum += values[j]; }
            averages[i] = sum / (i - start + 1);
        }
        return averages;
    }

    /// <summary>The central interval that holds a share <paramref name="confidence"/> of <paramref name="estimates"/>, ends interpolated linearly.</summary>
    public static Interval PercentileInterval(ReadOnlySpan<double> estimates, double confidence = 0.95)
    {
        if (confidence is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "A confidence lies between 0 and 1, both excluded; 0.95 is usual.");
        }
        if (!TrySort(estimates, out var sorted)) { return Interval.Undefined; }
        var tail = (1 - confidence) / 2;
        return new Interval(Quantile(sorted, tail), Quantile(sorted, 1 - tail));
    }

    private static double Quantile(double[] sorted, double share)
    {
        var place = share * (sorted.Length - 1);
        var below = (int)Math.Floor(place);
        var above = Math.Min(below + 1, sorted.Length - 1);
        // Equal neighbours may both be infinite, whose difference is NaN.
        return sorted[below] == sorted[above] || place == below
            ? sorted[below]
            : sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    private static int Resample(IReadOnlyList<double> values, double[] into, int start, RandomStream random)
    {
        for (var i = 0; i < values.Count; i++) { into[start + i] = values[random.NextInt32(values.Count)]; }
        return start + values.Count;
    }

    /// <summary>False when a statistic would be NaN: no values, or a NaN among them.</summary>
    private static bool TrySort(ReadOnlySpan<double> values, out double[] sorted)
    {
        sorted = values.ToArray();
        Array.Sort(sorted);
        return sorted.Length > 0 && !double.IsNaN(sorted[0]);
    }
}
