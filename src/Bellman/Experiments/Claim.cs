namespace Bellman.Experiments;

/// <summary>How a claim turned out.</summary>
public enum VerdictStatus
{
    /// <summary>The gate holds.</summary>
    Holds,

    /// <summary>The gate fails.</summary>
    Fails,

    /// <summary>Measured and shown, without a verdict.</summary>
    Reported,

    /// <summary>Cells are missing.</summary>
    Incomplete,
}

/// <summary>One arm's metric in a claim.</summary>
/// <param name="Arm">The arm's name.</param>
/// <param name="Metric">The metric's name.</param>
public sealed record ClaimTerm(string Arm, string Metric);

/// <summary>A claim, measured.</summary>
/// <param name="Claim">The claim.</param>
/// <param name="Value">The claimed quantity over all seeds.</param>
/// <param name="Interval">Its 95% bootstrap interval.</param>
/// <param name="Status">How it turned out.</param>
/// <param name="Note">Why it could not be decided on numbers; empty otherwise.</param>
public sealed record Verdict(Claim Claim, double Value, Interval Interval, VerdictStatus Status, string Note = "");

/// <summary>
/// A statement about the measurements: a quantity of one or more arms has at least, or at most, a threshold. It is
/// decided by the bound of the quantity's 95% bootstrap interval that lies towards the threshold, so a claim that holds
/// holds with that confidence. The seeds that all its arms have are resampled jointly (paired).
/// </summary>
public sealed class Claim
{
    private const int Resamples = 4000;

    // 0.98 - 1 is below -0.02 in binary; a claim on the edge is not decided by that.
    private const double RoundingSlack = 1e-12;

    private readonly Func<IReadOnlyList<double>, double> combine;
    private readonly Func<double, bool>? predicate;
    private readonly bool fromBelow;

    private Claim(string name, IReadOnlyList<ClaimTerm> terms, Func<IReadOnlyList<double>, double> combine, bool fromBelow,
        double threshold, Statistic statistic, string requirement, Func<double, bool>? predicate = null)
    {
        Name = name;
        Terms = terms;
        Threshold = threshold;
        Statistic = statistic;
        Requirement = requirement;
        this.combine = combine;
        this.fromBelow = fromBelow;
        this.predicate = predicate;
    }

    /// <summary>The claim in words.</summary>
    public string Name { get; }

    /// <summary>True decides the exit status; false measures and shows the effect without a verdict.</summary>
    public bool Gate { get; private init; } = true;

    /// <summary>What is compared.</summary>
    public IReadOnlyList<ClaimTerm> Terms { get; }

    /// <summary>How an arm's seeds are summed up.</summary>
    public Statistic Statistic { get; }

    /// <summary>What the quantity is held against.</summary>
    public double Threshold { get; }

    /// <summary>The requirement in symbols, e.g. <c>&#8805; 0.95</c>.</summary>
    public string Requirement { get; }

    /// <summary>An arm's metric is at least <paramref name="threshold"/>.</summary>
    public static Claim AtLeast(string name, string arm, string metric, double threshold, Statistic statistic = Statistic.InterquartileMean) =>
        new(name, [new(arm, metric)], values => values[0], fromBelow: true, threshold, statistic, $"≥ {Numbers.Text(threshold)}");

    /// <summary>An arm's metric is at most <paramref name="threshold"/>.</summary>
    public static Claim AtMost(string name, string arm, string metric, double threshold, Statistic statistic = Statistic.InterquartileMean) =>
        new(name, [new(arm, metric)], values => values[0], fromBelow: false, threshold, statistic, $"≤ {Numbers.Text(threshold)}");

    /// <summary><paramref name="arm"/> minus <paramref name="other"/> is at least <paramref name="atLeast"/> (which may be negative: not worse by more).</summary>
    public static Claim Difference(string name, string arm, string other, string metric, double atLeast, Statistic statistic = Statistic.InterquartileMean) =>
        new(name, [new(arm, metric), new(other, metric)], values => values[0] - values[1], fromBelow: true, atLeast, statistic,
            $"difference ≥ {Numbers.Text(atLeast)}");

    /// <summary><paramref name="arm"/> divided by <paramref name="other"/> is at least <paramref name="atLeast"/>.</summary>
    public static Claim Ratio(string name, string arm, string other, string metric, double atLeast, Statistic statistic = Statistic.InterquartileMean) =>
        new(name, [new(arm, metric), new(other, metric)], values => values[0] / values[1], fromBelow: true, atLeast, statistic,
            $"ratio ≥ {Numbers.Text(atLeast)}");

    /// <summary>
    /// A quantity computed from several arms or metrics is at least <paramref name="atLeast"/>: <paramref name="combine"/>
    /// gets the statistic of each of <paramref name="terms"/>, in order.
    /// </summary>
    public static Claim Combined(string name, IReadOnlyList<ClaimTerm> terms, Func<IReadOnlyList<double>, double> combine, double atLeast,
        Statistic statistic = Statistic.InterquartileMean) =>
        new(name, terms, combine, fromBelow: true, atLeast, statistic, $"≥ {Numbers.Text(atLeast)}");

    /// <summary>As <see cref="Combined"/>, but the quantity is at most <paramref name="atMost"/>.</summary>
    public static Claim CombinedAtMost(string name, IReadOnlyList<ClaimTerm> terms, Func<IReadOnlyList<double>, double> combine, double atMost,
        Statistic statistic = Statistic.InterquartileMean) =>
        new(name, terms, combine, fromBelow: false, atMost, statistic, $"≤ {Numbers.Text(atMost)}");

    /// <summary>
    /// The metric of every seed (or of a <paramref name="share"/> of the seeds) satisfies a predicate. The value is the share of
    /// seeds that do, and it decides the claim itself: the seeds are all that is spoken of.
    /// </summary>
    /// <param name="name">The claim in words.</param>
    /// <param name="arm">The arm.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="predicate">What one seed must satisfy. A NaN reaches it.</param>
    /// <param name="requirement">The predicate in words, e.g. <c>= 1</c>.</param>
    /// <param name="share">The share of seeds that must, 0 to 1.</param>
    public static Claim Every(string name, string arm, string metric, Func<double, bool> predicate, string requirement, double share = 1) =>
        new(name, [new(arm, metric)], values => values[0], fromBelow: true, share, Statistic.Mean,
            $"{requirement} in {(share >= 1 ? "every seed" : $"{Numbers.Text(100 * share)}% of seeds")}", predicate);

    /// <summary>The same claim, measured and shown without a verdict.</summary>
    public Claim ReportOnly() => new(Name, Terms, combine, fromBelow, Threshold, Statistic, Requirement, predicate) { Gate = false };

    /// <summary>Measures the claim.</summary>
    /// <param name="valuesOf">The values of a term in the order of the seeds, the same for all terms; null when cells are missing.</param>
    public Verdict Decide(Func<ClaimTerm, IReadOnlyList<double>?> valuesOf)
    {
        var columns = new List<double[]>();
        foreach (var term in Terms)
        {
            if (valuesOf(term) is not { Count: > 0 } values)
            {
                return new Verdict(this, double.NaN, Interval.Undefined, VerdictStatus.Incomplete, $"cells of arm {term.Arm} are missing");
            }
            columns.Add(predicate is null ? [.. values] : [.. values.Select(value => predicate(value) ? 1.0 : 0.0)]);
        }
        var value = Measure(columns);
        if (double.IsNaN(value))
        {
            var cause = Terms.Where((_, i) => columns[i].Any(double.IsNaN)).Select(term => $"{term.Metric} of {term.Arm}").ToList();
            var note = cause.Count > 0 ? $"{string.Join(" and ", cause)} is not a number in some seed" : "the quantity is not a number";
            return new Verdict(this, value, Interval.Undefined, Gate ? VerdictStatus.Fails : VerdictStatus.Reported, note);
        }
        var interval = Bootstrap(columns);
        var deciding = predicate is not null ? value : fromBelow ? interval.Low : interval.High;
        var slack = RoundingSlack * Math.Max(1, Math.Abs(Threshold));
        var holds = fromBelow ? deciding >= Threshold - slack : deciding <= Threshold + slack;
        return new Verdict(this, value, interval, !Gate ? VerdictStatus.Reported : holds ? VerdictStatus.Holds : VerdictStatus.Fails);
    }

    private double Measure(List<double[]> columns) => combine(columns.ConvertAll(column => Statistics.Of(Statistic, column)));

    private Interval Bootstrap(List<double[]> columns)
    {
        var random = RandomStream.Create(0, $"claim/{Name}");
        var seeds = columns[0].Length;
        var resampled = columns.ConvertAll(_ => new double[seeds]);
        var quantities = new double[Resamples];
        for (var i = 0; i < Resamples; i++)
        {
            for (var slot = 0; slot < seeds; slot++)
            {
                var seed = random.NextInt32(seeds);
                for (var term = 0; term < columns.Count; term++) { resampled[term][slot] = columns[term][seed]; }
            }
            quantities[i] = Measure(resampled);
        }
        return Statistics.PercentileInterval(quantities);
    }
}
