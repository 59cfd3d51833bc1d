using System.Text;

namespace Bellman.Experiments;

/// <summary>The files of a report.</summary>
/// <param name="Report">The Markdown report.</param>
/// <param name="Results">The same numbers as JSON.</param>
/// <param name="Plots">The plots, PNG and SVG.</param>
public sealed record ReportFiles(string Report, string Results, IReadOnlyList<string> Plots);

/// <summary>Writes what a reproduction measured: <c>report.md</c>, <c>results.json</c> and plots, next to its cells.</summary>
public static class ReproductionReport
{
    /// <summary>Writes the report of a run, complete or not, into its folder.</summary>
    /// <param name="outcome">What was measured.</param>
    /// <param name="results">The same as a results file.</param>
    /// <exception cref="BellmanException">The folder cannot be written.</exception>
    public static ReportFiles Write(ReproductionOutcome outcome, ResultsDocument results)
    {
        var plots = new List<(string Title, string Path)>();
        foreach (var (name, title, figure) in Figures(outcome))
        {
            var path = Path.Combine("plots", name);
            figure.Save(Path.Combine(outcome.Folder, path));
            plots.Add((title, path));
        }
        var json = Path.Combine(outcome.Folder, "results.json");
        WholeFile.Write(json, results.ToJson());
        var report = Path.Combine(outcome.Folder, "report.md");
        WholeFile.Write(report, Markdown(outcome, results, plots));
        return new ReportFiles(report, json, [.. plots.SelectMany(plot => new[] { ".png", ".svg" }.Select(kind => Path.Combine(outcome.Folder, plot.Path + kind)))]);
    }

    private static string Markdown(ReproductionOutcome outcome, ResultsDocument results, List<(string Title, string Path)> plots)
    {
        var reproduction = outcome.Plan.Reproduction;
        var text = new StringBuilder($"# {reproduction.Title}\n\n{reproduction.Summary}\n\n");
        if (!outcome.IsComplete) { AppendIncomplete(text, outcome, results.Command); }
        text.Append($"## Verdict\n\n{Verdict(outcome)}\n\n{ResultsTables.Claims(results)}\n");
        var remarks = reproduction.Remarks(outcome);
        if (remarks.Length > 0) { text.Append($"{remarks.TrimEnd()}\n\n"); }
        text.Append($"## Measurements\n\n{ResultsTables.Arms(results)}\n{ResultsTables.Source(results)}\n\n");
        AppendDefinitions(text, outcome);
        AppendImprovement(text, outcome);
        if (plots.Count > 0) { text.Append("## Plots\n\n"); }
        foreach (var (title, path) in plots) { text.Append($"![{title}]({path.Replace('\\', '/')}.png)\n\n"); }
        AppendNotes(text, outcome);
        return text.ToString().TrimEnd() + "\n";
    }

    /// <summary>The verdict in one sentence.</summary>
    public static string Verdict(ReproductionOutcome outcome)
    {
        var gates = outcome.Verdicts.Where(verdict => verdict.Claim.Gate).ToList();
        var holding = gates.Count(verdict => verdict.Status == VerdictStatus.Holds);
        return !outcome.IsComplete ? $"Incomplete: {outcome.Records.Count} of {outcome.Plan.Cells.Count} cells finished."
            : gates.Count == 0 ? "Nothing is gated; the effects are reported."
            : gates.Count == 1 ? (holding == 1 ? "The gated claim holds." : "The gated claim fails.")
            : holding == gates.Count ? $"All {gates.Count} gated claims hold."
            : $"{gates.Count - holding} of {gates.Count} gated claims fail.";
    }

    private static void AppendIncomplete(StringBuilder text, ReproductionOutcome outcome, string command)
    {
        text.Append($"> **Incomplete.** {outcome.Records.Count} of {outcome.Plan.Cells.Count} cells finished. Run `{command}` again to compute the missing ones.\n");
        foreach (var failure in outcome.Failures) { text.Append($">\n> {failure.Message.ReplaceLineEndings(" ")}\n"); }
        text.Append('\n');
    }

    private static void AppendDefinitions(StringBuilder text, ReproductionOutcome outcome)
    {
        foreach (var arm in outcome.Plan.Arms) { text.Append($"* **{arm.Name}**: {arm.Description}\n"); }
        text.Append('\n');
        foreach (var metric in outcome.Plan.Metrics)
        {
            text.Append($"* *{metric.Name}*: {metric.Description}{Direction(metric, " ({0} is better)")}\n");
        }
        text.Append('\n');
    }

    /// <summary>How often a seed of the method beats a seed of each other arm on the leading metric.</summary>
    private static void AppendImprovement(StringBuilder text, ReproductionOutcome outcome)
    {
        var metric = outcome.Plan.PrimaryMetric;
        var higherIsBetter = metric.HigherIsBetter ?? true;
        var methods = outcome.Plan.Arms.Where(arm => arm.Kind == ArmKind.Method).ToList();
        var others = outcome.Plan.Arms.Where(arm => arm.Kind != ArmKind.Method).ToList();
        if (!methods.Exists(method => others.Exists(other => other.Task == method.Task))) { return; }
        text.Append($"## Probability of improvement on {metric.Name}\n\n| arm | over | probability, 95% interval |\n|---|---|---|\n");
        foreach (var method in methods)
        {
            var own = outcome.Summary(method.Name, metric.Name).Values;
            foreach (var other in others.Where(other => other.Task == method.Task))
            {
                var theirs = outcome.Summary(other.Name, metric.Name).Values;
                var probability = Statistics.ProbabilityOfImprovement(own, theirs, higherIsBetter);
                var interval = own.Count > 0 && theirs.Count > 0
                    ? Statistics.ProbabilityOfImprovementInterval(own, theirs, higherIsBetter) : Interval.Undefined;
                text.Append($"| {method.Name} | {other.Name} | {Numbers.Text(probability)} {Numbers.Text(interval)} |\n");
            }
        }
        text.Append('\n');
    }

    /// <summary>The notes of each arm's first finished cell; all of them are in the cell files.</summary>
    private static void AppendNotes(StringBuilder text, ReproductionOutcome outcome)
    {
        var noted = outcome.Plan.Arms.Select(arm => outcome.RecordsOf(arm)).Where(records => records.Count > 0 && records[0].Result.Notes.Count > 0).ToList();
        if (noted.Count == 0) { return; }
        text.Append("## Notes\n\nOf each arm's first seed; those of the others are in `cells/`.\n\n");
        foreach (var record in noted.Select(records => records[0]))
        {
            text.Append($"### {record.Cell.Arm.Name}, seed {record.Cell.Seed}\n\n");
            foreach (var (name, note) in record.Result.Notes) { text.Append($"{name}:\n\n```\n{note.TrimEnd()}\n```\n\n"); }
        }
    }

    private static IEnumerable<NamedFigure> Figures(ReproductionOutcome outcome)
    {
        foreach (var own in outcome.Plan.Reproduction.Figures(outcome)) { yield return own; }
        foreach (var name in outcome.Records.SelectMany(record => record.Result.Curves.Select(curve => curve.Name)).Distinct())
        {
            yield return new($"curve-{FileName(name)}", name, CurvePlot(outcome, name));
        }
        foreach (var metric in outcome.Plan.Metrics.Where(metric => metric.Plotted).OrderByDescending(metric => metric == outcome.Plan.PrimaryMetric))
        {
            var bars = outcome.Plan.Arms.Select(arm => outcome.Summary(arm.Name, metric.Name))
                .Select(summary => new PlotBar(summary.Arm.Name, summary.InterquartileMean, summary.Interval, summary.Values)).ToList();
            var label = $"{ResultsTables.Labelled(metric.Name, metric.Unit)}{Direction(metric, ", {0} is better")}";
            yield return new($"metric-{FileName(metric.Name)}", metric.Name, Plots.Bars(metric.Description, label, bars, metric.References));
        }
    }

    private static Figure CurvePlot(ReproductionOutcome outcome, string name)
    {
        var definition = outcome.Plan.Reproduction.Curves.FirstOrDefault(curve => curve.Name == name) ?? new CurveDefinition(name, "step", name);
        // Every arm keeps its place, so that its colour is the same in all plots.
        var series = outcome.Plan.Arms.Select(arm => LearningCurves.Summarise(
            arm.Name,
            [.. outcome.RecordsOf(arm).SelectMany(record => record.Result.Curves.Where(curve => curve.Name == name))],
            definition.MovingAverage)).ToList();
        return Plots.Lines(name, definition.XLabel, definition.YLabel, series, definition.References);
    }

    private static string Direction(MetricDefinition metric, string sentence) =>
        metric.HigherIsBetter is { } higher ? sentence.Replace("{0}", higher ? "higher" : "lower", StringComparison.Ordinal) : "";

    private static string FileName(string name) =>
        string.Concat(name.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')).Trim('-');
}
