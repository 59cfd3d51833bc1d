using Bellman.Experiments;

namespace Bellman.Papers.SubmodularRl;

/// <summary>The paper's reproduction: what is run, measured and claimed. <see cref="SubmodularRlArms"/> says what the arms are.</summary>
public sealed class SubmodularRlReproduction : Reproduction
{
    /// <inheritdoc/>
    public override string Slug => "subpo";

    /// <inheritdoc/>
    public override string Title => "Submodular Reinforcement Learning";

    /// <inheritdoc/>
    public override string Summary =>
        "Where a visit is worth what it adds to the visits before it, a policy gradient that credits each action with the marginal gains that follow it covers, " +
        "collects and explores; the same learner paid for each state alone camps on the best state.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("share", "Mean F of the trajectories (of the last five updates, where something learns) as a share of a bound that no walk exceeds.")
        {
            Primary = true,
            References = [new("bound", 1)],
        },
        new("value", "Mean F of the trajectories, in the task's own units.") { Plotted = false },
        new("updates-to-90", "Updates until a batch first reached 90% of the value at the end.", "updates", HigherIsBetter: false) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves =>
        [.. SubmodularRlArms.Tasks.Select(task => new CurveDefinition(task.Curve, "update", "mean F of the batch") { References = task.References })];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => SubmodularRlArms.Arms(size);

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Smoke ? [0] : [0, 1, 2, 3, 4];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [Claim.AtLeast("After 40 updates of 100 walks the board is half seen", "cover10", "value", 35, Statistic.Mean)],
        ReproductionSize.Full => [.. SubmodularRlArms.FullTasks.Select(task => Claim.Ratio($"SubPO sees more than modular RL on {task}", task, $"{task}-mrl", "value", 1, Statistic.Mean).ReportOnly())],
        _ =>
        [
            Claim.AtLeast("Items: SubPO collects nearly all that is wanted", "items", "value", 20.5, Statistic.Mean),
            Claim.AtMost("Items: modular RL does not", "items-mrl", "value", 10, Statistic.Mean),
            Claim.AtLeast("Coverage: SubPO finds a nearly optimal walk", "cover10", "value", 60.5, Statistic.Mean),
            Claim.AtMost("Coverage: modular RL does not", "cover10-mrl", "value", 20, Statistic.Mean),
            Claim.Ratio("Two bumps: SubPO sees more than planning one step ahead", "coverw", "coverw-greedy", "value", 1.3, Statistic.Mean),
            Claim.Ratio("Two bumps: and more than modular RL", "coverw", "coverw-mrl", "value", 2, Statistic.Mean),
            Claim.Ratio("Two bumps: and more than the released program's weights", "coverw", "coverw-forward-value", "value", 1.5, Statistic.Mean),
            Claim.Ratio("Two rooms: SubPO sees more than planning one step ahead", "two-rooms", "two-rooms-greedy", "value", 1.3, Statistic.Mean),
            Claim.Ratio("Two rooms: and more than modular RL", "two-rooms", "two-rooms-mrl", "value", 2, Statistic.Mean),
            Claim.Every("Bandits: the exact gradient reaches the optimum of ten instances nearly", "bandit", "share", share => share >= 0.9, "smallest share ≥ 0.9"),
            Claim.Ratio("Items: a table of logits beats modular RL on the same table", "items-table", "items-table-mrl", "value", 1.3, Statistic.Mean).ReportOnly(),
            Claim.Ratio("Coverage: and so does one here", "cover10-table", "cover10-table-mrl", "value", 2, Statistic.Mean).ReportOnly(),
            Claim.Difference("Two rooms: knowing the history helps (as published)", "two-rooms-history", "two-rooms", "value", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Two rooms, raw indices as published: knowing the history helps", "two-rooms-raw-history", "two-rooms-raw", "value", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Two bumps: crediting gains before the action costs value", "coverw", "coverw-full-return", "value", 0, Statistic.Mean).ReportOnly(),
            Claim.Ratio("Two bumps: looking one step ahead is not enough", "coverw", "coverw-gain-only", "value", 1.5, Statistic.Mean).ReportOnly(),
            Claim.Difference("Coverage: the baseline helps", "cover10", "cover10-no-baseline", "value", 0, Statistic.Mean).ReportOnly(),
            Claim.Ratio("Coverage with 10% random moves: SubPO against planning one step ahead", "cover10-noise", "cover10-noise-greedy", "value", 1, Statistic.Mean).ReportOnly(),
            Claim.Ratio("Experiment design: SubPO learns more than modular RL", "design", "design-mrl", "value", 1, Statistic.Mean).ReportOnly(),
            Claim.Ratio("A point with inertia: actor-critic on gains against modular rewards", "point", "point-mrl", "value", 1, Statistic.Mean).ReportOnly(),
            Claim.Difference("Two rooms: an actor-critic with a memory against none", "two-rooms-recurrent", "two-rooms-actor-critic", "value", 0, Statistic.Mean).ReportOnly(),
        ],
    };

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context) => SubmodularRlArms.Run(cell, context);

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome) => SubmodularRlPicture.Walks(outcome);

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "F of every method is the submodular value of what it visited, modular RL's too: by its own return it would look good. Values are those of the stochastic " +
        "policy while it learns. The bounds are exact for `items` (every demand met) and `cover10` (four cells, then two a move); `coverw`, `two-rooms` and `design` " +
        "have the smallest of three valid bounds, which no walk need reach. The dashed line *beam search* is the best walk that a search with the board's model finds.";
}
