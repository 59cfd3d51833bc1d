using Bellman.Experiments;

namespace Bellman.Papers.EdgeOfReach;

/// <summary>The paper in two pictures: where values grow, and how many members it takes.</summary>
internal static class EdgeOfReachFigures
{
    public static IReadOnlyList<NamedFigure> Of(ReproductionOutcome outcome)
    {
        if (outcome.Plan.Size != ReproductionSize.Default) { return []; }
        return
        [
            new("value-by-state", "Values over states of the base method, RAVL, and the base method with the true value at the edge", ValueByState(outcome)),
            new("return-by-members", "Return against the number of members", Plots.Lines(
                "Return of the greedy policy against the number of members (means)", "members, N", "return over 30 steps",
                [outcome.Scaling("minimum of N", "return", EdgeOfReachArms.BySize, Statistic.Mean)], [new("optimum", EdgeBox.Horizon)], logarithmic: LogarithmicAxes.X)),
            new("return-by-length", "Return against the length of rollouts", Plots.Lines(
                "Return of the greedy policy against the length of rollouts (means)", "steps of a rollout, k", "return over 30 steps",
                [.. new[] { ("RAVL, N = 20", "ravl"), ("base, N = 2", "base") }.Select(method => outcome.Scaling(method.Item1, "return", EdgeOfReachArms.ByLength(method.Item2), Statistic.Mean))],
                [new("optimum", EdgeBox.Horizon)], logarithmic: LogarithmicAxes.X)),
        ];
    }

    private static Figure ValueByState(ReproductionOutcome outcome)
    {
        var series = new[] { ("base, N = 2", "base"), ("RAVL, N = 20", "ravl"), ("true value at the edge, N = 1", "oracle-patch") }
            .Select(shown => LearningCurves.Summarise(shown.Item1,
                [.. outcome.RecordsOf(outcome.Plan.Arms.First(arm => arm.Name == shown.Item2)).SelectMany(record => record.Result.Curves).Where(curve => curve.Name == EdgeOfReachArms.ValueCurve)], statistic: Statistic.Mean)).ToList();
        return Plots.Lines("Value of the best action at a state; rollouts act within ±4, end within ±5, the cliff begins at ±5", "state", "value", series, [new("bound, 1/(1 - gamma)", EdgeOfReachArms.Bound)]);
    }
}
