using Bellman.Experiments;

namespace Bellman.Papers.HorizonFreeRewardFreeExploration;

/// <summary>The paper's reproduction: the combination lock explored without reward, at horizons from 8 to 64.</summary>
public sealed class HorizonFreeReproduction : Reproduction
{
    private static readonly int[] Gated = [8, 16, 32];
    private static readonly int[] Horizons = [.. Gated, 64];

    private static readonly IReadOnlyList<HorizonFreeArm> AllArms = CreateArms();

    /// <inheritdoc/>
    public override string Slug => "horizon-free-rfe";

    /// <inheritdoc/>
    public override string Title => "Optimal Horizon-Free Reward-Free Exploration for Linear Mixture MDPs";

    /// <inheritdoc/>
    public override string Summary =>
        "Explore without any reward, then plan for whatever reward is given. Where the rewards of an episode sum up to at most 1, samples weighted by estimated variances " +
        "of several orders make the number of episodes independent of the horizon. The combination lock is explored for 200 episodes; policies for three rewards are planned " +
        "from what was learned and evaluated exactly. The confidence radius is 0.3, not the theorem's (which is in the thousands), so the guarantee does not apply.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("error", "distance of the estimated parameter from the true one", "", false) { Primary = true },
        new("suboptimality", "optimal minus achieved return, mean of three rewards, after all episodes", "", false) { Plotted = false },
        new("suboptimality-half", "the same after half of the episodes", "", false) { Plotted = false },
        new("door", "steps taken in the state behind the lock, an episode") { Plotted = false },
        new("episodes", "episodes from which on the mean suboptimality stays within 0.05", "episodes", false) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
        [.. Horizons.Select(horizon => new CurveDefinition(HorizonFreeCells.CurveName(horizon), "exploration episodes", "exact return of planned policies, mean of three rewards")
        {
            References = [new("optimum (value iteration)", HorizonFreeCells.Optimum(horizon))],
        })];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) =>
        [.. (size == ReproductionSize.Smoke ? AllArms.Where(arm => arm.Horizon == 8) : AllArms).Select(arm => new Arm(arm.Name, arm.Description, arm.Kind) { Task = $"H = {arm.Horizon}", Seeds = SeedsOf(arm, size) })];

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => Arm.FirstSeeds(size == ReproductionSize.Smoke ? 1 : 8);

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size)
    {
        const Statistic mean = Statistic.Mean;
        if (size == ReproductionSize.Smoke) { return [Claim.AtLeast("The agent gets through the lock in most episodes", "hf-h8", "door", 0.5, mean)]; }
        ClaimTerm[] Of(string mode, string metric) => [.. Gated.Select(horizon => new ClaimTerm($"{mode}-h{horizon}", metric))];
        ClaimTerm[] Ends(string mode) => [new($"{mode}-h32", "error"), new($"{mode}-h8", "error")];
        return
        [
            Claim.CombinedAtMost("The parameter is found at every horizon (largest mean error)", Of("hf", "error"), values => values.Max(), 0.65, mean),
            Claim.CombinedAtMost("Horizon-free: the error at H = 32 against that at H = 8", Ends("hf"), values => values[0] / values[1], 1.5, mean),
            Claim.Combined("Without weights it grows with the horizon", Ends("unweighted"), values => values[0] / values[1], 1.5, mean),
            Claim.CombinedAtMost("Planned policies are near optimal at every horizon (largest mean suboptimality)", Of("hf", "suboptimality"), values => values.Max(), 0.05, mean),
            Claim.Combined("After uniform exploration they are not (average over horizons)", Of("uniform", "suboptimality"), values => values.Average(), 0.05, mean),
            Claim.Combined("The agent gets through the lock (fewest visits an episode)", Of("hf", "door"), values => values.Min(), 0.8, mean),
            Claim.CombinedAtMost("Uniform exploration seldom does (most visits an episode)", Of("uniform", "door"), values => values.Max(), 0.5, mean),
            Claim.CombinedAtMost("At H = 64 the error is still that of H = 8", [new("hf-h64", "error"), new("hf-h8", "error")], values => values[0] / values[1], 1.5, mean).ReportOnly(),
            Claim.AtMost("First-index ties: the agent repeats its first action and does not get through", "first-ties-h16", "door", 0.1, mean).ReportOnly(),
            Claim.Ratio("Without a variance estimate (M = 1) the error is larger", "m1-h16", "hf-h16", "error", 1, mean).ReportOnly(),
            Claim.Ratio("With the variance alone (M = 2, Bernstein) it is larger", "m2-h16", "hf-h16", "error", 1, mean).ReportOnly(),
            Claim.Ratio("Without the epistemic term it is larger", "no-epistemic-h16", "hf-h16", "error", 1, mean).ReportOnly(),
            Claim.Ratio("Without truncation it is larger", "no-truncation-h16", "hf-h16", "error", 1, mean).ReportOnly(),
            Claim.Ratio("With one family of regressions it is larger", "one-family-h16", "hf-h16", "error", 1, mean).ReportOnly(),
            Claim.Combined("UCRL-RFE's error grows with the horizon", Ends("ucrl-rfe"), values => values[0] / values[1], 1.5, mean).ReportOnly(),
        ];
    }

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context) =>
        new HorizonFreeCells(AllArms.First(arm => arm.Name == cell.Arm.Name), cell.Size switch { ReproductionSize.Smoke => 60, ReproductionSize.Full => 2000, _ => 200 }, context).Run();

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome)
    {
        if (outcome.Plan.Size == ReproductionSize.Smoke) { return []; }
        (string Mode, string Name)[] modes = [("hf", "HF-UCRL-RFE++"), ("unweighted", "without weights"), ("ucrl-rfe", "UCRL-RFE"), ("uniform", "uniform exploration")];
        List<PlotSeries> Series(string metric, Statistic statistic) =>
            [.. modes.Select(mode => outcome.Scaling(mode.Name, metric, AllArms.Where(arm => arm.Mode == mode.Mode).Select(arm => ((double)arm.Horizon, arm.Name)), statistic))];
        return
        [
            new("error-by-horizon", "Error of the estimated parameter against the horizon", Plots.Lines(
                "Error of the estimated parameter after 200 episodes (means)", "horizon, H", "distance from the true parameter", Series("error", Statistic.Mean), logarithmic: LogarithmicAxes.X)),
            new("episodes-by-horizon", "Episodes to a near-optimal plan against the horizon", Plots.Lines(
                "Episodes until planned policies stay within 0.05 of the optimum (medians; above 200 left out)", "horizon, H", "exploration episodes", Series("episodes", Statistic.Median), logarithmic: LogarithmicAxes.X)),
            new("planned-return", "Return of planned policies against exploration episodes", PlannedReturn(outcome)),
        ];
    }

    /// <summary>What lies near its threshold is measured with more seeds.</summary>
    private static IReadOnlyList<ulong>? SeedsOf(HorizonFreeArm arm, ReproductionSize size)
    {
        var count = size != ReproductionSize.Default || !Gated.Contains(arm.Horizon) ? 0 : arm.Mode switch { "unweighted" when arm.Horizon != 16 => 48, "uniform" => 480, "hf" => 16, _ => 0 };
        return count == 0 ? null : Arm.FirstSeeds(count);
    }

    private static Figure PlannedReturn(ReproductionOutcome outcome)
    {
        const int horizon = 32;
        string[] modes = ["hf", "unweighted", "ucrl-rfe", "uniform"];
        var series = modes.Select(mode => LearningCurves.Summarise(mode, [.. outcome.RecordsOf(outcome.Plan.Arms.First(arm => arm.Name == $"{mode}-h{horizon}"))
            .SelectMany(record => record.Result.Curves)], statistic: Statistic.Mean)).ToList();
        return Plots.Lines("Exact return of policies planned from exploration without reward, H = 32 (means)", "exploration episodes", "return, mean of three rewards", series,
            [new("optimum (value iteration)", HorizonFreeCells.Optimum(horizon))]);
    }

    private static IReadOnlyList<HorizonFreeArm> CreateArms()
    {
        var defaults = new HorizonFreeOptions();
        IEnumerable<HorizonFreeArm> Scaled(string mode, string description, ArmKind kind, HorizonFreeOptions? options) =>
            Horizons.Select(horizon => new HorizonFreeArm(mode, horizon, $"{description}, H = {horizon}", kind, options));
        HorizonFreeArm Ablation(string mode, string description, HorizonFreeOptions options) => new(mode, 16, $"{description}, H = 16", ArmKind.Ablation, options);
        return
        [
            .. Scaled("hf", "the method: oracle exploration, variances of three orders as weights", ArmKind.Method, defaults),
            .. Scaled("unweighted", "all samples weigh the same (plain value-targeted regression)", ArmKind.Ablation, defaults with { Weighted = false }),
            .. Scaled("uniform", "uniform random exploration with the same regression and planner", ArmKind.Baseline, defaults with { Explorer = Explorer.Uniform }),
            .. Scaled("ucrl-rfe", "UCRL-RFE: pseudo-rewards, no weights, planning with a bonus", ArmKind.Baseline, null),
            Ablation("m1", "one moment order: no variance estimate", defaults with { MomentOrders = 1 }),
            Ablation("m2", "two moment orders: Bernstein weights, those of UCRL-RFE+", defaults with { MomentOrders = 2 }),
            Ablation("no-epistemic", "without the epistemic term", defaults with { Epistemic = false }),
            Ablation("no-truncation", "uncertainties not cut off at 1", defaults with { Truncate = false }),
            Ablation("first-ties", "ties go to the first action", defaults with { RandomTies = false }),
            Ablation("one-family", "one family of regressions for both values", defaults with { TwoFamilies = false }),
            Ablation("oracle-parameter", "planning with the parameter that the oracle chose last", defaults with { PlanWithOracleParameter = true }),
        ];
    }
}
