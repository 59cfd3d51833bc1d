using Bellman.Experiments;

namespace Bellman.Papers.TrajectoryWeighting;

/// <summary>The paper's reproduction: what is run, measured and claimed. <see cref="TrajectoryWeightingArms"/> says what the arms are.</summary>
public sealed class TrajectoryWeightingReproduction : Reproduction
{
    /// <inheritdoc/>
    public override string Slug => "trajectory-weighting";

    /// <inheritdoc/>
    public override string Title => "Harnessing Mixed Offline Reinforcement Learning Datasets via Trajectory Weighting";

    /// <inheritdoc/>
    public override string Summary =>
        "Where recorded data is mostly bad with a little good, an offline learner that stays near the data stays near the bad. Drawing whole episodes of high return, or of high " +
        "return for where they began, lifts every learner without changing it.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("score", "100 (J - J of random play) / (J of the expert - J of random play), on fresh starts.") { Primary = true, Plotted = false, References = [new("expert", 100)] },
        new("length", "Mean episode length; 20 everywhere on DriftPoint.", "steps") { Plotted = false },
        new("expert-mass", "Probability that a drawn transition is the expert's.") { Plotted = false },
        new("behaviour-return", "J(w): mean return of the episode that a drawn transition is of.") { Plotted = false },
        new("effective-share", "Effective sample size, 1 / sum p^2, as a share of the transitions.", HigherIsBetter: null) { Plotted = false },
        new("psv", "Positive-sided variance of the data's returns.", HigherIsBetter: null) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves => [new("score", "updates", "normalised score")];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => TrajectoryWeightingArms.Arms(size);

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Smoke ? [0] : [0, 1, 2, 3, 4];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke =>
        [
            Claim.Difference("E1: AW beats uniform", "drift-aw", "drift-uniform", "score", 45, Statistic.Mean),
            Claim.Difference("E2: AW balances longer than uniform", "bc-aw", "bc-uniform", "length", 50, Statistic.Mean),
        ],
        ReproductionSize.Full => TrajectoryWeightingFullScale.Claims(),
        _ => [.. Gates(), .. Reported()],
    };

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context) =>
        cell.Size == ReproductionSize.Full ? TrajectoryWeightingFullScale.Run(cell, context, Inputs) : TrajectoryWeightingArms.Run(cell, context);

    /// <inheritdoc/>
    public override string? MissingForFull() => TrajectoryWeightingFullScale.Missing(Inputs);

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome) => outcome.Plan.Size == ReproductionSize.Default ? TrajectoryWeightingFigures.All(outcome) : [];

    private static IEnumerable<Claim> Gates() =>
    [
        Claim.Difference("E1: AW lifts the linear clone far above uniform", "drift-aw", "drift-uniform", "score", 45, Statistic.Mean),
        Claim.Difference("E1: and above RW, which prefers lucky starts", "drift-aw", "drift-rw", "score", 15, Statistic.Mean),
        Claim.AtLeast("E1: AW draws the expert most of the time", "drift-aw", "expert-mass", 0.75, Statistic.Mean),
        Claim.AtMost("E1: RW does not", "drift-rw", "expert-mass", 0.55, Statistic.Mean),
        Claim.AtLeast("E2: BC with AW balances", "bc-aw", "length", 150, Statistic.Mean),
        Claim.AtMost("E2: BC without weights does not", "bc-uniform", "length", 80, Statistic.Mean),
        Claim.AtLeast("E2: TD3+BC with AW balances", "td3-bc-aw", "length", 150, Statistic.Mean),
        Claim.AtMost("E2: TD3+BC without weights does not", "td3-bc-uniform", "length", 80, Statistic.Mean),
    ];

    private static IEnumerable<Claim> Reported() =>
    [
        Claim.Difference("E2: IQL gains from AW", "iql-aw", "iql-uniform", "length", 0, Statistic.Mean).ReportOnly(),
        Claim.Difference("E2: CQL gains from AW", "cql-aw", "cql-uniform", "length", 0, Statistic.Mean).ReportOnly(),
        .. TrajectoryWeightingArms.Algorithms.Select(algorithm =>
            Claim.Difference($"E2: {algorithm} with AW against the best tenth", $"{algorithm}-aw", $"{algorithm}-top", "length", 0, Statistic.Mean).ReportOnly()),
        Claim.Difference("E2: dividing by lengths helps BC with AW", "bc-aw-per-length", "bc-aw", "length", 0, Statistic.Mean).ReportOnly(),
        Claim.Difference("E1: AW against the best tenth", "drift-aw", "drift-top", "score", 0, Statistic.Mean).ReportOnly(),
        Claim.Difference("E1: a constant value makes AW into RW", "drift-aw-constant", "drift-rw", "score", 0, Statistic.Mean).ReportOnly(),
        Claim.Difference("E1: an infinite temperature is uniform", "drift-aw-infinity", "drift-uniform", "score", 0, Statistic.Mean).ReportOnly(),
        Claim.Difference("Starts around the goal: a quadratic value sees what a linear one does not", "centred-aw-quadratic", "centred-aw", "score", 0, Statistic.Mean).ReportOnly(),
        Claim.Difference("Disturbed moves: AW still beats uniform", "noisy-aw", "noisy-uniform", "score", 0, Statistic.Mean).ReportOnly(),
    ];
}
