using System.Collections.Concurrent;
using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Experiments;

namespace Bellman.Papers.OfflineAlgorithms;

/// <summary>
/// The standard offline algorithms on data that the product records: those with values exceed cloning where good and bad play are mixed, and are no
/// worse where there is nothing to choose from.
/// </summary>
public sealed class OfflineAlgorithmsReproduction : Reproduction
{
    private const int Evaluations = 10, Last = 3, Episodes = 20;

    // Cells of one seed share their data, which is dear to record and the same for all of them.
    private readonly ConcurrentDictionary<(string Environment, ulong Seed, ReproductionSize Size), Lazy<Recorded>> recorded = [];

    private sealed record Recorded(OfflineDataset Medium, OfflineDataset Mixed, ReferenceReturns References);

    /// <inheritdoc/>
    public override string Slug => "offline";

    /// <inheritdoc/>
    public override string Title => "The standard offline algorithms on recorded data";

    /// <inheritdoc/>
    public override string Summary =>
        "On a third each of random, medium and expert play, algorithms with values exceed behaviour cloning, which imitates all three; on medium play alone, where there is little " +
        "to choose from, they are no worse. Scores are 0 for random play and 100 for the expert, the mean of the last three of ten evaluations.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("score", "100 (J - J of random play) / (J of the expert - J of random play), last three evaluations.") { Primary = true, References = [new("expert", 100)] },
        new("return", "The same as a return.") { Plotted = false },
        new("data-score", "The normalised mean return of the data's episodes.") { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
        [.. OfflineAlgorithmsArms.Tasks.Select(task => new CurveDefinition(task.Name, "share of the updates", $"normalised score of {Episodes} episodes") { References = [new("expert", 100)] })];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => size == ReproductionSize.Smoke
        ? [.. OfflineAlgorithmsArms.All.Where(arm => arm.Task == OfflineAlgorithmsArms.PoleMixed.Name)]
        : OfflineAlgorithmsArms.All;

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Smoke ? [0] : [0, 1, 2, 3, 4];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size)
    {
        var (pendulum, pole) = (OfflineAlgorithmsArms.PendulumMixed, OfflineAlgorithmsArms.PoleMixed);
        if (size == ReproductionSize.Smoke) { return [Claim.AtLeast("Clones do better than random play", OfflineAlgorithmsArms.NameOf(pole, "bc"), "score", 5, Statistic.Mean)]; }
        return
        [
            .. new[] { "td3-bc", "iql", "cql" }.Select(algorithm => Exceeds(pendulum, algorithm, 10)),
            .. new[] { "iql", "cql" }.Select(algorithm => Exceeds(pole, algorithm, 10)),
            .. new[] { "td3-bc", "iql", "cql" }.Select(algorithm => Exceeds(OfflineAlgorithmsArms.PendulumMedium, algorithm, -10)),
            .. new[] { "iql", "cql" }.Select(algorithm => Exceeds(OfflineAlgorithmsArms.PoleMedium, algorithm, -10)),
            Exceeds(pendulum, "awac", 0).ReportOnly(),
            Exceeds(pendulum, "decision-transformer", 0).ReportOnly(),
            Exceeds(pole, "decision-transformer", 0).ReportOnly(),
        ];
    }

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context)
    {
        var (task, learner) = OfflineAlgorithmsArms.Find(cell.Arm.Name);
        var registry = StandardEnvironments.Registry();
        var source = recorded.GetOrAdd((task.Environment, cell.Seed, cell.Size), key => new(() => Record(registry, key.Environment, key.Seed, key.Size, context.Cancellation))).Value;
        var data = task.Quality == DataQuality.Medium ? source.Medium : source.Mixed;
        var registration = AlgorithmRegistry.Find(learner.Name);
        var options = registration.Options.Create<OfflineOptions>(learner.Options.Select(option => KeyValuePair.Create(option.Split('=')[0], option.Split('=')[1])));
        var environment = registry.Make(task.Environment);
        using var agent = AlgorithmRegistry.CreateOffline(learner.Name, environment.ObservationSpace, environment.ActionSpace, data, options, cell.Seed);
        using var silence = new Runs.MetricLog();
        var every = (cell.Size == ReproductionSize.Smoke ? learner.Updates / 20 : learner.Updates) / Evaluations;
        var evaluations = context.Random.Child("evaluation");
        var (at, returns) = (new List<double>(), new List<double>());
        while (at.Count < Evaluations)
        {
            agent.Advance(silence);
            if (agent.Steps % every != 0)
            {
                if (agent.Steps % 50 == 0) { context.Report((double)agent.Steps / (every * Evaluations)); }
                continue;
            }
            at.Add((at.Count + 1.0) / Evaluations);
            returns.Add(Evaluation.Run(agent.Policy, () => registry.Make(task.Environment), Episodes, evaluations.NextUInt64(), cancellation: context.Cancellation).MeanReturn);
            context.Report(at[^1], $"return {returns[^1]:0.#}");
        }
        var result = returns.TakeLast(Last).Average();
        return new CellResult
        {
            Metrics = new Dictionary<string, double> { ["score"] = source.References.Score(result), ["return"] = result, ["data-score"] = source.References.Score(data.MeanReturn) },
            Curves = [new Curve(task.Name, at, returns.ConvertAll(source.References.Score))],
        };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome) =>
    [
        new("scores", "Normalised scores of every algorithm on medium and mixed data of two tasks", Plots.Bars("Offline algorithms on recorded data", "normalised score, mean of the seeds",
            [.. from arm in outcome.Plan.Arms
                let summary = outcome.Summary(arm.Name, "score")
                where summary.Values.Count > 0
                select new PlotBar(arm.Name, Statistics.Of(Statistic.Mean, [.. summary.Values]), Statistics.BootstrapInterval(summary.Values, Statistic.Mean), summary.Values)],
            [new("expert", 100)])),
    ];

    private static Claim Exceeds(RecordedTask task, string algorithm, double by) => Claim.Difference(
        $"{task.Name}: {algorithm} {(by < 0 ? "is no worse than" : "exceeds")} cloning", OfflineAlgorithmsArms.NameOf(task, algorithm), OfflineAlgorithmsArms.NameOf(task, "bc"), "score", by, Statistic.Mean);

    private static Recorded Record(EnvironmentRegistry registry, string environment, ulong seed, ReproductionSize size, CancellationToken cancellation)
    {
        var smoke = size == ReproductionSize.Smoke;
        var generator = new DatasetGenerator(registry, environment, seed, smoke ? new DatasetGeneratorOptions { Steps = 8_192, Evaluations = 4 } : null, cancellation);
        var random = RandomStream.Create(seed, "offline data");
        var transitions = smoke ? 3_000 : 20_000;
        return new Recorded(generator.Record(DataQuality.Medium, transitions, random.Child("medium data")), generator.Record(DataQuality.Mixed, transitions, random.Child("mixed data")), generator.References());
    }
}
