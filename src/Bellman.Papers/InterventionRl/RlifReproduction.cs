using Bellman.Experiments;

namespace Bellman.Papers.InterventionRl;

/// <summary>The paper's reproduction; <see cref="RlifArms"/> says what the arms are.</summary>
public sealed class RlifReproduction : Reproduction
{
    private const Statistic Mean = Statistic.Mean;

    /// <inheritdoc/>
    public override string Slug => "rlif";

    /// <inheritdoc/>
    public override string Title => "RLIF: Interactive Imitation Learning as Reinforcement Learning";

    /// <inheritdoc/>
    public override string Summary =>
        "A learner that is penalised for having been interrupted, and for nothing else, passes the expert who interrupts it: when someone takes over says more than what they then do. " +
        "Cloning the same interventions stays at the expert's level.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("return", "Task return, the better of the last two evaluations (30 episodes each).") { Primary = true, References = [new("reference (regulator)", ReferenceReturn)] },
        new("last", "Task return of the last evaluation.") { Plotted = false },
        new("rate", "Share of the last 500 steps in which the expert acted.", HigherIsBetter: false) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } = [.. RlifArms.CurveNames.Select(curve => new CurveDefinition(curve.Name, "environment steps", curve.Axis))];

    // Mean of 200 episodes.
    private static double ReferenceReturn => -7.0;

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => RlifArms.Of(size);

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Smoke ? [0] : [0, 1, 2, 3, 4];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [Claim.Every("Returns are finite", "rlif", "return", double.IsFinite, "a finite return"), Claim.AtMost("The expert does not always act", "rlif", "rate", 0.85, Mean)],
        ReproductionSize.Full => [Claim.Difference("RLIF passes its expert", "rlif", "expert", "return", 0, Mean).ReportOnly()],
        _ =>
        [
            Claim.Difference("RLIF passes its expert", "rlif", "expert", "return", 4, Mean),
            Claim.Difference("RLIF passes HG-DAgger, which clones the same interventions", "rlif", "hg-dagger", "return", 3, Mean),
            Claim.AtMost("and is interrupted less in the end", "rlif", "rate", 0.6, Mean),
            Claim.Difference("The same in the median over seeds", "rlif", "expert", "return", 4, Statistic.Median).ReportOnly(),
            Report("RLIF against DAgger", "rlif", "dagger"),
            Report("RLIF against behaviour cloning", "rlif", "bc"),
            Report("RLIF against offline learning from what it recorded (IQL)", "rlif", "iql"),
            Report("Soft actor-critic with the task's reward against RLIF", "sac", "rlif"),
            Report("A good expert (0.9): RLIF against DAgger", "rlif-q90", "dagger-q90"),
            Report("A good expert (0.9): RLIF against the expert", "rlif-q90", "expert-q90"),
            Report("An expert worse than doing nothing (0.25): RLIF against the expert", "rlif-q25", "expert-q25"),
            Report("Value-based against random interventions (50%)", "rlif", "random-50"),
            Report("The right label against -1 on all of the expert's actions", "rlif", "label-expert"),
            Report("Storing everything against the released program's choice", "rlif", "store-code"),
            Report("Storing the refused proposal too", "label-current", "rlif"),
            Report("Initial data against none", "rlif", "no-initial"),
            Report("Judged by the reference's action against the expert's own", "rlif", "judge-expert"),
            Report("Four updates a step against one", "updates-4", "rlif"),
            Report("Ten critics against two", "ensemble-10", "rlif"),
        ],
    };

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context) => RlifArms.Run(cell, context);

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome)
    {
        if (outcome.Plan.Size != ReproductionSize.Default) { return []; }
        (string Arm, string Name)[] shown = [("rlif", "RLIF"), ("hg-dagger", "HG-DAgger"), ("dagger", "DAgger"), ("sac", "SAC with the task's reward")];
        var expert = outcome.RecordsOf(outcome.Plan.Arms.First(arm => arm.Name == "expert")).Select(record => record.Result.Metrics["return"]).DefaultIfEmpty(double.NaN).Average();
        return
        [
            new("returns", "Task return while learning, with an expert of quality 0.5", Plots.Lines(
                "An expert of quality 0.5 is passed by who avoids it, not by who clones it", "environment steps", "task return",
                [.. shown.Select(one => LearningCurves.Summarise(one.Name, CurvesOf(outcome, one.Arm, share: false)))],
                [new("the expert", expert), new("the reference that judges", ReferenceReturn)])),
            new("interventions", "Share of steps in which the expert acts, with and without the right label", Plots.Lines(
                "How often the expert acts", "environment steps", "share of the last 500 steps",
                [.. new[] { ("rlif", "RLIF"), ("label-expert", "-1 on the expert's actions"), ("random-50", "interventions at random") }
                    .Select(one => LearningCurves.Summarise(one.Item2, CurvesOf(outcome, one.Item1, share: true)))])),
        ];
    }

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "The task's return is measured and never shown to RLIF or the imitators. Every arm but the expert, behaviour cloning and SAC takes the same number of environment steps, expert's steps included.";

    private static List<Curve> CurvesOf(ReproductionOutcome outcome, string name, bool share) =>
        [.. outcome.RecordsOf(outcome.Plan.Arms.First(arm => arm.Name == name)).SelectMany(record => record.Result.Curves).Where(curve => curve.Name.Contains(": expert's", StringComparison.Ordinal) == share)];

    private static Claim Report(string name, string arm, string other) => Claim.Difference(name, arm, other, "return", 0, Mean).ReportOnly();
}
