using Bellman.Experiments;

namespace Bellman.Papers.EdgeOfReach;

/// <summary>The paper's reproduction: what is run, measured and claimed. <see cref="EdgeOfReachArms"/> says what the arms are.</summary>
public sealed class EdgeOfReachReproduction : Reproduction
{
    /// <inheritdoc/>
    public override string Slug => "ravl";

    /// <inheritdoc/>
    public override string Title => "The Edge-of-Reach Problem in Offline Model-Based Reinforcement Learning";

    /// <inheritdoc/>
    public override string Summary =>
        "Short rollouts bootstrap from states in which no rollout acts. Their values are never trained, the policy seeks the largest of them, and the error grows " +
        "even where the model is the true environment. The minimum of many critics is low exactly there.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("return", "Mean return of the greedy policy over 30 steps; standing still is optimal, 30.") { Primary = true, References = [new("optimum", EdgeBox.Horizon)] },
        new("value", "What the critics promise on the data's states; no true value is above 20.", HigherIsBetter: null) { Plotted = false },
        new("overestimation", "The same as a share of the bound 1/(1 - gamma).", HigherIsBetter: null) { Plotted = false },
        new("penalty-within", "Mean less minimum of the critics in states that rollouts act in (in 2-D after 400 updates).", HigherIsBetter: null) { Plotted = false },
        new("penalty-edge", "The same in the next states of last steps.", HigherIsBetter: null) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
    [
        new(EdgeOfReachArms.TrainingCurve, "iteration", "value on the data") { References = [new("bound", EdgeOfReachArms.Bound)] },
        new(EdgeOfReachArms.ValueCurve, "state, s", "value of the best action") { References = [new("bound", EdgeOfReachArms.Bound)] },
        new("value on the data, 2-D", "update", "value on the data") { References = [new("bound", EdgeOfReachArms.Bound)] },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => size == ReproductionSize.Full ? EdgeOfReachFullScale.Arms : EdgeOfReachArms.Arms(size);

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => Arm.FirstSeeds(size switch { ReproductionSize.Smoke => 1, ReproductionSize.Full => 4, _ => 10 });

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size)
    {
        if (size == ReproductionSize.Full) { return EdgeOfReachFullScale.Claims; }
        const Statistic mean = Statistic.Mean;
        if (size == ReproductionSize.Smoke) { return [Claim.AtMost("The minimum of 20 keeps values below the bound", "ravl", "value", 20, mean)]; }
        return
        [
            Claim.Difference("1-D: the minimum of 20 earns more than that of two", "ravl", "base", "return", 60, mean),
            Claim.AtLeast("1-D: two members promise more than can be had", "base", "value", 24, mean),
            Claim.AtMost("1-D: the minimum of 20 does not", "ravl", "value", 20, mean),
            Claim.Every("1-D: RAVL seldom falls", "ravl", "return", value => value >= 0, "return ≥ 0", 0.7),
            Claim.Ratio("2-D: ten diverse critics are more pessimistic at the edge than two", "deep-ravl", "deep-base", "penalty-edge", 3, mean),
            Claim.AtLeast("2-D: two critics exceed the bound by 40%", "deep-base", "overestimation", 1.4, mean),
            Claim.Every("2-D: all values are numbers", "deep-ravl", "value", double.IsFinite, "finite"),
            Claim.AtMost("1-D: with the true value at the edge one member promises no more than there is", "oracle-patch", "value", 21.5, mean).ReportOnly(),
            Claim.Difference("1-D: the mean of 20 is not enough", "ravl", "mean", "return", 60, mean).ReportOnly(),
            Claim.Ratio("1-D: RAVL's pessimism is larger at the edge than within reach", "ravl", "ravl", "penalty-edge", 1, mean).ReportOnly(),
            Claim.AtLeast("2-D: RAVL stays in the box", "deep-ravl", "return", 0, mean).ReportOnly(),
            Claim.AtLeast("2-D: with diversity 100 it does", "deep-eta100", "return", 0, mean).ReportOnly(),
            Claim.AtLeast("1-D: fifty members stay in the box", "n50", "return", 25, mean).ReportOnly(),
        ];
    }

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context) => cell.Size == ReproductionSize.Full ? EdgeOfReachFullScale.Run(cell, context, Inputs) : EdgeOfReachArms.Run(cell, context);

    /// <inheritdoc/>
    public override string? MissingForFull() => EdgeOfReachFullScale.Missing(Inputs);

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome) => EdgeOfReachFigures.Of(outcome);
}
