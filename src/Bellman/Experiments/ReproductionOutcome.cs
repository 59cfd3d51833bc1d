namespace Bellman.Experiments;

/// <summary>A cell that threw.</summary>
/// <param name="Cell">Which one.</param>
/// <param name="Exception">What it threw.</param>
public sealed record CellFailure(Cell Cell, Exception Exception)
{
    /// <summary>Arm, seed and cause in one sentence.</summary>
    public string Message => $"Arm {Cell.Arm.Name}, seed {Cell.Seed} failed: {Exception.Message}";
}

/// <summary>One metric of one arm over its seeds.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Metric">The metric.</param>
/// <param name="Seeds">The seeds that finished.</param>
/// <param name="Values">One value a seed, in that order.</param>
/// <param name="InterquartileMean">Their interquartile mean.</param>
/// <param name="Interval">Its 95% bootstrap interval.</param>
public sealed record ArmSummary(Arm Arm, MetricDefinition Metric, IReadOnlyList<ulong> Seeds, IReadOnlyList<double> Values, double InterquartileMean, Interval Interval);

/// <summary>What a reproduction measured, and what follows for its claims.</summary>
public sealed class ReproductionOutcome
{
    private readonly IReadOnlyDictionary<Cell, CellRecord> records;

    internal ReproductionOutcome(ReproductionPlan plan, string folder, IReadOnlyDictionary<Cell, CellRecord> records, IReadOnlyList<CellFailure> failures)
    {
        this.records = records;
        Plan = plan;
        Folder = folder;
        Failures = failures;
        Records = [.. plan.Cells.Where(records.ContainsKey).Select(cell => records[cell])];
        Verdicts = [.. plan.Claims.Select(claim => claim.Decide(term => CompleteValues(term, plan.SharedSeeds(claim))))];
        Summaries = [.. plan.Metrics.SelectMany(metric => plan.Arms.Select(arm => Summarise(arm, metric)))];
    }

    /// <summary>What was run.</summary>
    public ReproductionPlan Plan { get; }

    /// <summary>Where cells are stored and reports go.</summary>
    public string Folder { get; }

    /// <summary>The finished cells, in the order of the plan.</summary>
    public IReadOnlyList<CellRecord> Records { get; }

    /// <summary>The cells that threw, in the order of the plan.</summary>
    public IReadOnlyList<CellFailure> Failures { get; }

    /// <summary>Each claim, decided.</summary>
    public IReadOnlyList<Verdict> Verdicts { get; }

    /// <summary>Every metric of every arm, metric by metric.</summary>
    public IReadOnlyList<ArmSummary> Summaries { get; }

    /// <summary>True when every cell finished.</summary>
    public bool IsComplete => Records.Count == Plan.Cells.Count;

    /// <summary>Exit status: 0 when every cell finished and every gate holds, otherwise 1.</summary>
    public int ExitCode => IsComplete && Verdicts.All(verdict => verdict.Status is VerdictStatus.Holds or VerdictStatus.Reported) ? 0 : 1;

    /// <summary>Wall time in which at least one cell was being computed, over all runs that contributed cells.</summary>
    public double Seconds
    {
        get
        {
            var total = 0.0;
            var covered = DateTimeOffset.MinValue;
            foreach (var record in Records.OrderBy(record => record.Started))
            {
                var end = record.Started.AddSeconds(record.Seconds);
                if (end <= covered) { continue; }
                total += (end - (record.Started > covered ? record.Started : covered)).TotalSeconds;
                covered = end;
            }
            return total;
        }
    }

    /// <summary>One metric of one arm.</summary>
    public ArmSummary Summary(string arm, string metric) =>
        Summaries.First(summary => summary.Arm.Name == arm && summary.Metric.Name == metric);

    /// <summary>
    /// How a metric changes with a number that tells arms apart (horizon, size, budget), as a marked line with whiskers for
    /// <see cref="Plots.Lines"/>.
    /// </summary>
    /// <param name="name">The line's name.</param>
    /// <param name="metric">The metric.</param>
    /// <param name="points">Where each arm stands on the x axis; arms without a finished cell are left out.</param>
    /// <param name="statistic">How an arm's seeds are summed up.</param>
    public PlotSeries Scaling(string name, string metric, IEnumerable<(double X, string Arm)> points, Statistic statistic = Statistic.InterquartileMean)
    {
        var measured = points.Select(point => (point.X, Summary(point.Arm, metric).Values)).Where(point => point.Values.Count > 0).OrderBy(point => point.X).ToList();
        return new PlotSeries(name, [.. measured.Select(point => point.X)], [.. measured.Select(point => Statistics.Of(statistic, [.. point.Values]))])
        {
            Band = [.. measured.Select(point => point.Values.Count > 1 ? Statistics.BootstrapInterval(point.Values, statistic) : Interval.Undefined)],
            Style = SeriesStyle.MarkedLine,
        };
    }

    /// <summary>The finished cells of an arm, in the order of its seeds.</summary>
    public IReadOnlyList<CellRecord> RecordsOf(Arm arm) => [.. Records.Where(record => record.Cell.Arm.Name == arm.Name)];

    private List<double>? CompleteValues(ClaimTerm term, IReadOnlyList<ulong> seeds)
    {
        var cells = Plan.Cells.Where(cell => cell.Arm.Name == term.Arm && seeds.Contains(cell.Seed)).ToList();
        return cells.TrueForAll(records.ContainsKey) ? cells.ConvertAll(cell => records[cell].Result.Metrics[term.Metric]) : null;
    }

    private ArmSummary Summarise(Arm arm, MetricDefinition metric)
    {
        var finished = RecordsOf(arm);
        double[] values = [.. finished.Select(record => record.Result.Metrics[metric.Name])];
        var interval = values.Length > 0 ? Statistics.BootstrapInterval(values) : Interval.Undefined;
        return new ArmSummary(arm, metric, [.. finished.Select(record => record.Cell.Seed)], values, Statistics.InterquartileMean(values), interval);
    }
}
