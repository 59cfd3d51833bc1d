using System.Globalization;
using Bellman.Algorithms;
using Bellman.Experiments;
using Bellman.Runs;

namespace Bellman.Papers.EdgeOfReach;

/// <summary>The arms of the laptop-scale reproduction and how a cell of each is run.</summary>
internal static class EdgeOfReachArms
{
    public const string Line = "EdgeBox-1D", Square = "EdgeBox-2D";
    public const string ValueCurve = "value at a state", TrainingCurve = "value on the data while training";

    /// <summary>1/(1 - γ) with rewards of at most 1.</summary>
    public const double Bound = 20;

    private const int LineIterations = 60;

    // A cell takes a tenth of a second, and a policy either stays or falls: ten of them say little about a mean.
    private const int GatedSeeds = 100;
    private const int SquareUpdates = 800, SquareDiagnosis = 400, SquareRound = 50, SquareRows = 1_000;

    private static readonly int[] Sizes = [1, 2, 5, 10, 20, 50];
    private static readonly int[] Lengths = [1, 3, 5, 10, EdgeBox.Horizon];

    private sealed record Entry(Arm Arm, Func<Cell, CellContext, CellResult> Run);

    private static readonly IReadOnlyList<Entry> Entries =
    [
        OnLine("ravl", "RAVL: the minimum of 20 members.", ArmKind.Method, new FittedQOptions()),
        OnLine("base", "The minimum of two members, as in MBPO-style procedures.", ArmKind.Baseline, new FittedQOptions { Members = 2 }),
        .. Sizes.Where(size => size is not (2 or 20)).Select(size => OnLine($"n{size}", $"The minimum of {size}.", ArmKind.Ablation, new FittedQOptions { Members = size })),
        OnLine("oracle-patch", "One member, whose last steps are given the true value of where they end.", ArmKind.Ablation, new FittedQOptions { Members = 1, Oracle = TrueValue }),
        OnLine("mean", "The mean of 20 members.", ArmKind.Ablation, new FittedQOptions { Aggregator = TargetAggregators.LowerBound(0) }),
        OnLine("two-of-20", "The minimum of the first two of 20.", ArmKind.Ablation, new FittedQOptions { Aggregator = TargetAggregators.MinimumOfTwo }),
        OnLine("lower-bound", "The mean of 20 less two deviations.", ArmKind.Ablation, new FittedQOptions { Aggregator = TargetAggregators.LowerBound(2) }),
        .. Lengths.Where(length => length != 3).SelectMany(length => new[]
        {
            OnLine($"ravl-k{length}", $"RAVL with rollouts of {length}.", ArmKind.Ablation, new FittedQOptions { RolloutLength = length }),
            OnLine($"base-k{length}", $"Two members with rollouts of {length}.", ArmKind.Ablation, new FittedQOptions { Members = 2, RolloutLength = length }),
        }),
        OnSquare("deep-base", "Soft actor-critic with two critics.", ArmKind.Baseline, 2, 0),
        OnSquare("deep-ravl", "RAVL: ten critics, diversity 1.", ArmKind.Method, 10, 1),
        .. new[] { 0, 10, 100 }.Select(eta => OnSquare($"deep-eta{eta}", $"Ten critics, diversity {eta}.", ArmKind.Ablation, 10, eta)),
    ];

    public static IReadOnlyList<Arm> Arms(ReproductionSize size) => size == ReproductionSize.Smoke
        ? [.. Entries.Select(entry => entry.Arm with { Seeds = [0] }).Where(arm => arm.Name is "ravl" or "base" or "oracle-patch" or "deep-base" or "deep-ravl")]
        : [.. Entries.Select(entry => entry.Arm)];

    public static CellResult Run(Cell cell, CellContext context) => Entries.First(entry => entry.Arm.Name == cell.Arm.Name).Run(cell, context);

    /// <summary>Arms on the line by how many members they have.</summary>
    public static IEnumerable<(double X, string Arm)> BySize => Sizes.Select(size => ((double)size, size switch { 2 => "base", 20 => "ravl", _ => $"n{size}" }));

    /// <summary>Arms on the line by the length of their rollouts.</summary>
    public static IEnumerable<(double X, string Arm)> ByLength(string method) => Lengths.Select(length => ((double)length, length == 3 ? method : $"{method}-k{length}"));

    /// <summary>V*(s): stand still inside; outside nothing better than staying there is counted.</summary>
    public static double TrueValue(double state) => EdgeBox.Reward([(float)state]) * Bound;

    private static Entry OnLine(string name, string description, ArmKind kind, FittedQOptions options) =>
        new(new Arm(name, description, kind) { Task = Line, Seeds = name is "ravl" or "base" ? Arm.FirstSeeds(GatedSeeds) : null }, (cell, context) =>
        {
            var learner = new EnsembleFittedQ(options, context.Random);
            var (xs, ys) = (new List<double>(), new List<double>());
            for (var iteration = 1; iteration <= LineIterations; iteration++)
            {
                learner.Iterate();
                xs.Add(iteration);
                ys.Add(learner.Starts.Average(state => learner.Greedy(state).Value));
                context.Report((double)iteration / LineIterations, string.Create(CultureInfo.InvariantCulture, $"value {ys[^1]:0.0}"));
            }
            var (within, last) = learner.Explore();
            var grid = Enumerable.Range(-32, 65).Select(i => i / 4.0).ToList();
            return new CellResult
            {
                Metrics = Metrics(learner.Play(EdgeBox.Horizon).Return, ys[^1], within.Average(learner.Penalty), last.Average(learner.Penalty)),
                Curves = [new Curve(TrainingCurve, xs, ys), new Curve(ValueCurve, grid, [.. grid.Select(state => learner.Greedy(state).Value)])],
            };
        });

    private static Entry OnSquare(string name, string description, ArmKind kind, int critics, double diversity) =>
        new(new Arm(name, description, kind) { Task = Square, Seeds = [0, 1, 2, 3, 4] }, (cell, context) =>
        {
            var registry = new EnvironmentRegistry();
            registry.Register(EdgeBox.Id, () => new EdgeBox(2), EdgeBox.Horizon);
            var options = SquareOptions(critics, diversity);
            using var agent = Ravl.Create(new AgentRequest(registry, EdgeBox.Id, options, cell.Seed, SquareUpdates), EdgeBox.Data(2, SquareRows, context.Random.Child("data")));
            var diagnostics = Ravl.DiagnosticsOf(agent);
            using var silence = new MetricLog();
            var (xs, ys, early) = (new List<double>(), new List<double>(), default(ReachReport));
            var updates = cell.Size == ReproductionSize.Smoke ? SquareDiagnosis : SquareUpdates;
            while (agent.Steps < updates)
            {
                agent.Advance(silence);
                if (agent.Steps % SquareRound != 0) { continue; }
                var report = diagnostics.Measure();
                if (agent.Steps == SquareDiagnosis) { early = report; }
                xs.Add(agent.Steps);
                ys.Add(report.Value);
                context.Report((double)agent.Steps / updates, string.Create(CultureInfo.InvariantCulture, $"value {report.Value:0.0}"));
            }
            var played = Evaluation.Run(agent.Policy, () => registry.Make(EdgeBox.Id), 100, cell.Seed, cancellation: context.Cancellation).MeanReturn;
            return new CellResult
            {
                Metrics = Metrics(played, ys[^1], early?.PenaltyWithin ?? double.NaN, early?.PenaltyAtEdge ?? double.NaN),
                Curves = [new Curve("value on the data, 2-D", xs, ys)],
            };
        });

    /// <summary>The agent of the box in two dimensions.</summary>
    public static RavlOptions SquareOptions(int critics, double diversity) => new()
    {
        Hidden = [32, 32],
        BatchSize = 128,
        Gamma = 0.95,
        LearningRate = 1e-3,
        Tau = 0.05,
        Dynamics = DynamicsKind.True,
        RolloutLength = 3,
        Rollouts = 300,
        RolloutEvery = SquareRound,
        Retain = 5,
        RealShare = 0.05,
        Critics = critics,
        Diversity = diversity,
    };

    /// <summary>The metrics of an agent whose critics were asked.</summary>
    public static IReadOnlyDictionary<string, double> Metrics(double played, ReachReport? report) => report is null
        ? Metrics(played, double.NaN, double.NaN, double.NaN)
        : new Dictionary<string, double>(Metrics(played, report.Value, report.PenaltyWithin, report.PenaltyAtEdge)) { ["overestimation"] = report.Overestimation };

    private static Dictionary<string, double> Metrics(double played, double value, double penaltyWithin, double penaltyAtEdge) => new()
    {
        ["return"] = played,
        ["value"] = value,
        ["overestimation"] = value / Bound,
        ["penalty-within"] = penaltyWithin,
        ["penalty-edge"] = penaltyAtEdge,
    };
}
