using System.Globalization;
using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Experiments;

namespace Bellman.Papers.Engines;

/// <summary>
/// The same algorithms on both engines, the SIMD kernels and torch, from the same seeds: whoever computes, the learning
/// curve must be the same up to what rounding does to a run.
/// </summary>
public sealed class EnginesReproduction : Reproduction
{
    private const int Points = 20, Episodes = 10;
    // A tenth of the task's scale: the intervals of ten seeds are about that wide.
    private const double Margin = 0.1;

    private static readonly Comparison[] Comparisons =
    [
        new("ppo", "CartPole-v1", 50_000, 0, 500, []),
        new("dqn", "CartPole-v1", 30_000, 0, 500, []),
        new("sac", "Pendulum-v1", 6_000, -1600, 0, [new("hidden", "64,64"), new("batchSize", "64"), new("learningStarts", "500"), new("learningRate", "1e-3")]),
    ];

    /// <summary>One algorithm on one task; returns from <paramref name="Low"/> to <paramref name="High"/> count as 0 to 1.</summary>
    private sealed record Comparison(string Algorithm, string Environment, int Steps, double Low, double High, KeyValuePair<string, string>[] Options)
    {
        public string Task => $"{Algorithm.ToUpperInvariant()} on {Environment}";
    }

    /// <inheritdoc/>
    public override string Slug => "engines";

    /// <inheritdoc/>
    public override string Title => "Two engines, one mathematics";

    /// <inheritdoc/>
    public override string Summary =>
        "PPO, DQN and SAC learn the same on the SIMD engine and on torch: over ten seeds, which both engines share, the mean return over the whole run differs by less than a tenth of the task's scale. " +
        "Single runs part after some hundred updates, since sums are rounded in another order.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("area", "mean return of the policy over the run, from 0 (lowest return) to 1 (highest)") { Primary = true },
        new("last", "mean return of the last policy on the same scale") { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
        [.. Comparisons.Select(comparison => new CurveDefinition(comparison.Task, "environment steps", $"mean return of {Episodes} episodes"))];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) =>
    [
        .. Comparisons.SelectMany(comparison => (Arm[])
        [
            new($"{comparison.Algorithm}-simd", $"{comparison.Task}, computed by the SIMD engine.", ArmKind.Method) { Task = comparison.Task },
            new($"{comparison.Algorithm}-torch", $"{comparison.Task}, computed by torch.", ArmKind.Baseline) { Task = comparison.Task },
        ]),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Smoke ? [0] : Arm.FirstSeeds(10);

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size == ReproductionSize.Smoke
        ? [Claim.AtLeast("PPO runs on torch", "ppo-torch", "area", 0)]
        :
        [
            .. Comparisons.SelectMany(comparison => (Claim[])
            [
                Claim.Difference($"{comparison.Task}: the SIMD engine learns no worse than torch", $"{comparison.Algorithm}-simd", $"{comparison.Algorithm}-torch", "area", -Margin, Statistic.Mean),
                Claim.Difference($"{comparison.Task}: torch learns no worse than the SIMD engine", $"{comparison.Algorithm}-torch", $"{comparison.Algorithm}-simd", "area", -Margin, Statistic.Mean),
            ]),
        ];

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context)
    {
        var comparison = Comparisons.First(candidate => candidate.Task == cell.Arm.Task);
        var engine = cell.Arm.Name[(comparison.Algorithm.Length + 1)..];
        var total = cell.Size == ReproductionSize.Smoke ? comparison.Steps / 20 : comparison.Steps;
        var algorithm = AlgorithmRegistry.Find(comparison.Algorithm);
        var options = algorithm.Options.Create<AlgorithmOptions>([.. comparison.Options, new("engine", engine)]);
        var registry = StandardEnvironments.Registry();
        using var agent = algorithm.Create(new AgentRequest(registry, comparison.Environment, options, cell.Seed, total));
        using var silence = new Runs.MetricLog();
        // The engines share the episodes that they are measured on.
        var evaluationSeed = context.Random.Child("evaluation").NextUInt64();
        var (steps, returns) = (new List<double>(), new List<double>());
        for (var point = 1; point <= Points; point++)
        {
            while (agent.Steps < (long)total * point / Points)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                agent.Advance(silence);
            }
            using var environment = registry.MakeVector(comparison.Environment, Episodes);
            returns.Add(Evaluation.Run(agent.Policy, environment, Episodes, evaluationSeed, cancellation: context.Cancellation).MeanReturn);
            steps.Add((double)total * point / Points);
            context.Report((double)point / Points, string.Create(CultureInfo.InvariantCulture, $"return {returns[^1]:0.#}"));
        }
        double Scaled(double value) => (value - comparison.Low) / (comparison.High - comparison.Low);
        return new CellResult
        {
            Metrics = new Dictionary<string, double> { ["area"] = Scaled(returns.Average()), ["last"] = Scaled(returns[^1]) },
            Curves = [new Curve(comparison.Task, steps, returns)],
        };
    }
}
