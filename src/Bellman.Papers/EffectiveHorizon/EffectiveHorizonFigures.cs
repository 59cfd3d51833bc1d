using System.Globalization;
using System.Text;
using Bellman.Environments;
using Bellman.Experiments;

namespace Bellman.Papers.EffectiveHorizon;

/// <summary>The figures and the table of exact values.</summary>
internal static class EffectiveHorizonFigures
{
    public static IReadOnlyList<NamedFigure> All(ReproductionOutcome outcome) =>
        [new("returns-by-episodes", "Return against episodes on a grid with a trap", Returns(outcome)), .. outcome.Plan.Size == ReproductionSize.Default ? Default(outcome) : []];

    /// <summary>What theory says of each process, computed exactly.</summary>
    public static string ExactTable(IReadOnlyList<FiniteHorizonMdp> processes)
    {
        var text = new StringBuilder("Exact values (dynamic programming, sticky 0.25): k is the smallest depth that solves the process; the planning window starts from immediate rewards instead of random play.\n\n"
            + "| process | horizon | states | optimum | random play | greedy for depth 1, 2, 3 | k | planning window | effective horizon |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (var process in processes)
        {
            var report = EffectiveHorizonAnalysis.Analyse(new StickyModel(process.Process, process.Horizon, EffectiveHorizonCells.Stickiness), new EffectiveHorizonOptions { TieTolerance = 1e-9 });
            text.Append(CultureInfo.InvariantCulture, $"| {process.Name} | {process.Horizon} | {report.StateCount} | {report.Optimal:0.######} | {report.Random:0.######} | {string.Join(", ", report.GreedyReturns.Take(3).Select(value => value.ToString("0.######", CultureInfo.InvariantCulture)))} | {report.MinimumDepth?.ToString(CultureInfo.InvariantCulture) ?? "> 6"} | {report.PlanningWindow?.ToString(CultureInfo.InvariantCulture) ?? "-"} | {(double.IsFinite(report.EffectiveHorizon) ? report.EffectiveHorizon.ToString("0.0", CultureInfo.InvariantCulture) : "∞")} |\n");
        }
        return text.ToString();
    }

    private static Figure Returns(ReproductionOutcome outcome)
    {
        var series = Enumerable.Range(1, 3).Select(depth =>
        {
            var measured = EffectiveHorizonCells.EpisodeCounts.Select(count => (count, outcome.Summary($"grid5trap-k{depth}", EffectiveHorizonCells.ReturnMetric(count)).Values))
                .Where(point => point.Values.Count > 0 && !point.Values.Any(double.IsNaN)).ToList();
            return new PlotSeries($"SQIRL, k = {depth}", [.. measured.Select(point => (double)point.count)], [.. measured.Select(point => Statistics.Median([.. point.Values]))])
            {
                Band = [.. measured.Select(point => Statistics.BootstrapInterval(point.Values, Statistic.Median))],
                Style = SeriesStyle.MarkedLine,
            };
        }).ToList();
        // What theory's form comes to with enough episodes; the smallest size does not run it.
        var theory = outcome.Plan.Size == ReproductionSize.Smoke ? []
            : Enumerable.Range(1, 2).Select(depth => outcome.Scaling($"theory's form, k = {depth}", "return", [(100_000, $"grid5trap-theory-k{depth}-many")], Statistic.Median));
        series.AddRange(theory);
        return Plots.Lines("grid5trap: near reward 0.2, far reward 1 (medians and their intervals)", "episodes an iteration, m", "exact return", series,
            [new("optimum (value iteration)", 1), new("random play", 0.19194812)], LogarithmicAxes.X);
    }

    private static IEnumerable<NamedFigure> Default(ReproductionOutcome outcome)
    {
        yield return new("steps-by-horizon", "Environment steps against the horizon on open grids", Plots.Lines(
            "Environment steps to 95% of the optimum on open grids (medians; a depth that never gets there is left out)", "horizon", "environment steps",
            [.. new[] { ("k1", "SQIRL, k = 1"), ("k2", "SQIRL, k = 2"), ("k3", "SQIRL, k = 3"), ("q-learning", "Q-learning"), ("ppo", "PPO") }
                .Select(method => outcome.Scaling(method.Item2, "steps", [(20, $"grid5-{method.Item1}"), (28, $"grid7-{method.Item1}"), (36, $"grid9-{method.Item1}")], Statistic.Median))],
            logarithmic: LogarithmicAxes.Both));
        yield return new("steps-against-baselines", "Sample complexity of SQIRL against its baselines, a point a process", Agreement(outcome));
    }

    private static Figure Agreement(ReproductionOutcome outcome)
    {
        double Steps(string arm) => outcome.Summary(arm, "steps").Values is { Count: > 0 } values ? Statistics.Median([.. values]) : double.NaN;
        var best = StickySuite.All.Select(process => Enumerable.Range(1, 3).Min(depth => Steps($"{process.Name}-k{depth}"))).ToList();
        PlotSeries Against(string method, string name)
        {
            var solved = StickySuite.All.Select((process, i) => (X: best[i], Y: Steps($"{process.Name}-{method}"))).Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)).ToList();
            return new PlotSeries(name, [.. solved.Select(point => point.X)], [.. solved.Select(point => point.Y)]) { Style = SeriesStyle.Points };
        }
        return Plots.Lines("What is hard for SQIRL is hard for Q-learning and PPO: steps to 95% of the optimum, a point a process that both solve", "SQIRL's steps (best depth)", "the baseline's steps",
            [Against("q-learning", "Q-learning"), Against("ppo", "PPO"), new("equal", [100, 1e6], [100, 1e6]) { Style = SeriesStyle.Reference }], logarithmic: LogarithmicAxes.Both);
    }
}
