using Bellman.Experiments;

namespace Bellman.Papers.RandomizedPreferenceLearning;

/// <summary>The paper's reproduction: regret against preferences asked for, on random linear processes.</summary>
public sealed class PreferenceReproduction : Reproduction
{
    private static readonly IReadOnlyList<PreferenceArm> AllArms = CreateArms();

    /// <inheritdoc/>
    public override string Slug => "preference-randomization";

    /// <inheritdoc/>
    public override string Title => "Making RL with Preference-based Feedback Efficient via Randomization";

    /// <inheritdoc/>
    public override string Summary =>
        "Rewards are never seen; a person says which of two trajectories is better, when asked. One draw of Gaussian noise a round makes least-squares value iteration explore " +
        "(PR-LSVI), or a draw from the posterior does (PbTS); a preference is asked for only when draws disagree about it. Few questions then suffice, and the regret of both " +
        "policies played, against the optimum computed by value iteration, stays small.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("regret", "cumulative regret of both policies, as a share of twice the optimum", "", false) { Primary = true },
        new("queries", "preferences asked for", "", false),
        new("first", "regret a round in the first tenth of the rounds", "", false) { Plotted = false },
        new("last", "regret a round in the last tenth", "", false) { Plotted = false },
        new("queries-half", "preferences asked for in the first half of the rounds", "", false) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
        [.. new[] { "PR-LSVI", "PbTS" }.SelectMany(method => new CurveDefinition[]
        {
            new($"regret of {method}", "round", "cumulative regret, in units of the optimum"),
            new($"newest policy of {method}", "round", "value, as a share of the optimum") { MovingAverage = 20, References = [new("optimum (value iteration)", 1)] },
            new($"queries of {method}", "round", "preferences asked for"),
        })];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => [.. AllArms.Select(arm => new Arm(arm.Name, arm.Description, arm.Kind) { Task = arm.Task, Seeds = SeedsOf(arm, size) })];

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => Arm.FirstSeeds(size == ReproductionSize.Smoke ? 1 : 32);

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size)
    {
        const Statistic mean = Statistic.Mean;
        if (size == ReproductionSize.Smoke) { return [Claim.AtMost("Active queries ask in fewer than all rounds", "active-0-1", "queries", 59, mean)]; }
        return
        [
            Quotient("PR-LSVI: asking actively (0.1) takes at most half of the queries", new("active-0-1", "queries"), new("always", "queries"), 0.5),
            Quotient("PR-LSVI: its regret is at most 1.3 times that of asking always", new("active-0-1", "regret"), new("always", "regret"), 1.3),
            Quotient("PR-LSVI: it is at most 0.75 times that of as many random queries", new("active-0-1", "regret"), new("random-matched", "regret"), 0.75),
            Quotient("PR-LSVI: regret is sub-linear (last tenth against first, 0.1)", new("active-0-1", "last"), new("active-0-1", "first"), 0.1),
            Claim.Ratio("PR-LSVI: greedy learning keeps its regret (last tenth)", "greedy", "always", "last", 3, mean),
            Claim.Ratio("PR-LSVI: a uniform comparator costs linear regret", "comparator-uniform", "always", "regret", 3, mean),
            Saturation("active-0-15", "0.15"),
            Saturation("active-0-2", "0.2"),
            Claim.AtMost("PbTS: 0.1 asks in at most 40% of the rounds", "ts-0-1", "queries", 160, mean),
            Quotient("PbTS: its regret is at most 1.3 times that of asking always", new("ts-0-1", "regret"), new("ts-0", "regret"), 1.3),
            Claim.Combined("PbTS: queries fall as the threshold grows over 0, 0.3, 0.6 (smallest fall)", [new("ts-0", "queries"), new("ts-0-3", "queries"), new("ts-0-6", "queries")], values => Math.Min(values[0] - values[1], values[1] - values[2]), 0, mean),
            Claim.Combined("PbTS: and regret does not fall (smallest rise)", [new("ts-0", "regret"), new("ts-0-3", "regret"), new("ts-0-6", "regret")], values => Math.Min(values[1] - values[0], values[2] - values[1]), 0, mean),
            Claim.CombinedAtMost("PbTS: regret is sub-linear for every threshold (largest last tenth against first, 0.2)", [.. new[] { "ts-0", "ts-0-1", "ts-0-3", "ts-0-6" }.SelectMany(arm => new ClaimTerm[] { new(arm, "last"), new(arm, "first") })],
                values => values.Chunk(2).Max(pair => pair[0] / pair[1]), 0.2, mean),
            Claim.Difference("PbTS: regret at 0.6 above that of asking always", "ts-0-6", "ts-0", "regret", 0, mean).ReportOnly(),
            Claim.Ratio("PR-LSVI: comparing a policy with itself costs regret", "comparator-same", "active-0-1", "regret", 1, mean).ReportOnly(),
            Claim.Ratio("PR-LSVI: without the bound on unknown directions regret is larger", "no-truncation", "active-0-1", "regret", 1, mean).ReportOnly(),
            Claim.Ratio("PR-LSVI: never seeing rewards costs regret against seeing them", "active-0-1", "sees-rewards", "regret", 1, mean).ReportOnly(),
            Claim.Ratio("PR-LSVI: a reward for each step, five times as many weights, costs regret", "time-dependent", "active-0-1", "regret", 1, mean).ReportOnly(),
            Claim.Ratio("PbTS: networks instead of tables cost regret", "ts-ensemble", "ts-laplace", "regret", 1, mean).ReportOnly(),
        ];

        Claim Quotient(string name, ClaimTerm above, ClaimTerm below, double atMost) => Claim.CombinedAtMost(name, [above, below], values => values[0] / values[1], atMost, mean);

        Claim Saturation(string arm, string threshold) => Claim.CombinedAtMost($"PR-LSVI: questions run out with {threshold} (second half against first)",
            [new(arm, "queries"), new(arm, "queries-half")], values => (values[0] - values[1]) / values[1], 0.3, mean);
    }

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context) => new PreferenceCells(
        AllArms.First(arm => arm.Name == cell.Arm.Name), cell.Size switch { ReproductionSize.Smoke => 60, ReproductionSize.Full => 4000, _ => 400 }, cell.Seed, context).Run();

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome)
    {
        if (outcome.Plan.Size == ReproductionSize.Smoke) { return []; }
        (string Arm, double Horizon)[] horizons = [("horizon-3", 3), ("active-0-1", 5), ("horizon-8", 8), ("horizon-12", 12)];
        PlotSeries Horizons(string name, string metric) => outcome.Scaling(name, metric, horizons.Select(one => (one.Horizon, one.Arm)), Statistic.Mean);
        return
        [
            new("trade-off", "Regret against the number of preferences asked for", TradeOff(outcome)),
            new("newest-policy", "Value of the newest policy against rounds", NewestPolicy(outcome)),
            new("regret-by-horizon", "Regret and queries against the horizon", Plots.Lines("PR-LSVI, threshold 0.1, 400 rounds (means)", "horizon, H", "cumulative regret (optimum = 1 a round), queries",
                [Horizons("cumulative regret", "regret"), Horizons("preferences asked for", "queries")], logarithmic: LogarithmicAxes.Both)),
        ];
    }

    /// <summary>What lies near its threshold is measured with more seeds; the ensembles of networks are slow.</summary>
    private static IReadOnlyList<ulong>? SeedsOf(PreferenceArm arm, ReproductionSize size)
    {
        int? count = size != ReproductionSize.Default ? null
            : arm.Beliefs != RewardBeliefs.Particles ? 12
            : arm.Name is "active-0-1" or "random-matched" ? 64
            : arm.Name.StartsWith("ts-", StringComparison.Ordinal) ? 512
            : null;
        return count is { } seeds ? Arm.FirstSeeds(seeds) : null;
    }

    private static Figure TradeOff(ReproductionOutcome outcome)
    {
        PlotSeries Along(string name, string[] arms)
        {
            var points = arms.Select(arm => (X: Statistics.Mean([.. outcome.Summary(arm, "queries").Values]), Y: outcome.Summary(arm, "regret").Values)).Where(point => point.Y.Count > 0).OrderBy(point => point.X).ToList();
            return new PlotSeries(name, [.. points.Select(point => point.X)], [.. points.Select(point => Statistics.Mean([.. point.Y]))])
            {
                Band = [.. points.Select(point => Statistics.BootstrapInterval(point.Y, Statistic.Mean))],
                Style = SeriesStyle.MarkedLine,
            };
        }
        return Plots.Lines("Regret against preferences asked for, thresholds from 0 (right) upwards (means)", "preferences asked for", "cumulative regret after 400 rounds",
            [
                Along("PR-LSVI, active", ["always", "active-0-1", "active-0-15", "active-0-2"]),
                Along("PR-LSVI, as many at random", ["random-matched"]),
                Along("PbTS, active", ["ts-0", "ts-0-1", "ts-0-3", "ts-0-6"]),
            ],
            [new("none at all would be the optimum (value iteration)", 0)]);
    }

    private static Figure NewestPolicy(ReproductionOutcome outcome)
    {
        string[] arms = ["active-0-1", "random-matched", "greedy", "sees-rewards", "ts-0-1"];
        var series = arms.Select(arm => LearningCurves.Summarise(arm,
            [.. outcome.RecordsOf(outcome.Plan.Arms.First(one => one.Name == arm)).SelectMany(record => record.Result.Curves.Where(curve => curve.Name.StartsWith("newest", StringComparison.Ordinal)))], 20, Statistic.Mean)).ToList();
        return Plots.Lines("Value of the newest policy (means, moving average of 20 rounds)", "round", "share of the optimum", series, [new("optimum (value iteration)", 1)]);
    }

    private static IReadOnlyList<PreferenceArm> CreateArms()
    {
        var lsvi = new PrLsviOptions();
        var always = lsvi with { Query = QueryMode.Always };
        PreferenceOptions Ts(double threshold) => new() { Threshold = threshold, Query = threshold == 0 ? QueryMode.Always : QueryMode.Active };
        return
        [
            new("active-0-1", "PR-LSVI, threshold 0.1", ArmKind.Method, lsvi),
            new("active-0-15", "PR-LSVI, threshold 0.15", ArmKind.Method, lsvi with { Threshold = 0.15 }),
            new("active-0-2", "PR-LSVI, threshold 0.2", ArmKind.Method, lsvi with { Threshold = 0.2 }),
            new("always", "PR-LSVI that asks whenever trajectories differ", ArmKind.Baseline, always),
            new("random-matched", "random queries, as many as with threshold 0.1", ArmKind.Baseline, lsvi) { MatchesActiveRate = true },
            new("greedy", "no noise, no bound on unknown directions, asks always", ArmKind.Baseline, always with { RewardNoise = 0, TransitionNoise = 0, TruncateOmega = false }),
            new("sees-rewards", "the same value iteration with the true reward: an upper bound", ArmKind.Baseline, lsvi) { SeesRewards = true },
            new("comparator-uniform", "compared with uniform random actions, asks always", ArmKind.Ablation, always with { Comparator = Comparator.UniformRandom }),
            new("comparator-same", "compared with itself", ArmKind.Ablation, lsvi with { Comparator = Comparator.Same }),
            new("comparator-fixed", "compared with its first policy", ArmKind.Ablation, lsvi with { Comparator = Comparator.Fixed }),
            new("no-truncation", "without the bound on unknown directions", ArmKind.Ablation, lsvi with { TruncateOmega = false }),
            new("both-for-model", "transitions learned from both trajectories", ArmKind.Ablation, lsvi with { UseBothForModel = true }),
            new("time-dependent", "a reward of its own for each step", ArmKind.Ablation, lsvi with { StationaryReward = false }),
            .. new[] { 3, 8, 12 }.Select(horizon => new PreferenceArm($"horizon-{horizon}", $"PR-LSVI, threshold 0.1, trajectories of {horizon} steps", ArmKind.Method, lsvi with { Horizon = horizon })),
            new("ts-0", "PbTS that asks whenever trajectories differ", ArmKind.Baseline, Ts(0)),
            new("ts-0-1", "PbTS, threshold 0.1", ArmKind.Method, Ts(0.1)),
            new("ts-0-3", "PbTS, threshold 0.3", ArmKind.Method, Ts(0.3)),
            new("ts-0-6", "PbTS, threshold 0.6", ArmKind.Method, Ts(0.6)),
            new("ts-laplace", "PbTS, threshold 0.1, Laplace's approximation of a linear reward", ArmKind.Ablation, Ts(0.1)) { Beliefs = RewardBeliefs.Laplace },
            new("ts-ensemble", "PbTS, threshold 0.1, ensembles of networks for reward and kernel", ArmKind.Ablation, Ts(0.1)) { Beliefs = RewardBeliefs.Ensemble },
        ];
    }
}
