using System.Text;

namespace Bellman.Experiments;

/// <summary>Markdown tables of a results file, the same in reports and in the papers' README files.</summary>
public static class ResultsTables
{
    /// <summary>The line before the generated text of a README.</summary>
    public const string BeginMarker = "<!-- results:begin -->";

    /// <summary>The line after it.</summary>
    public const string EndMarker = "<!-- results:end -->";

    /// <summary>Claims with their verdicts, arms with their metrics, and where the numbers come from.</summary>
    public static string Markdown(ResultsDocument results) => $"{Claims(results)}\n{Arms(results)}\n{Source(results)}\n";

    /// <summary>One row a claim.</summary>
    public static string Claims(ResultsDocument results)
    {
        var text = new StringBuilder("| claim | requirement | measured, 95% interval | verdict |\n|---|---|---|---|\n");
        foreach (var claim in results.Claims)
        {
            var verdict = claim switch
            {
                { Holds: true } => "holds",
                { Holds: false } => "**fails**",
                { Gate: false } => "report only",
                _ => "incomplete",
            };
            var note = claim.Note.Length > 0 ? $" ({claim.Note})" : "";
            text.Append($"| {Cell(claim.Name)} | {Cell(claim.Requirement)} | {Measured(claim.Value, claim.Interval)}{Cell(note)} | {verdict} |\n");
        }
        return text.ToString();
    }

    /// <summary>One row an arm, one column a metric: interquartile mean over seeds with its interval.</summary>
    public static string Arms(ResultsDocument results)
    {
        var metrics = results.Arms.Select(arm => (arm.Metric, arm.Unit)).Distinct().ToList();
        var text = new StringBuilder("| arm | seeds |");
        foreach (var (metric, unit) in metrics) { text.Append($" {Cell(Labelled(metric, unit))} |"); }
        text.Append($"\n|---|---|{string.Concat(metrics.Select(_ => "---|"))}\n");
        foreach (var arm in results.Arms.GroupBy(arm => (arm.Name, arm.Kind)))
        {
            text.Append($"| {arm.Key.Name} ({arm.Key.Kind.ToString().ToLowerInvariant()}) | {arm.First().Seeds.Count} |");
            foreach (var entry in arm)
            {
                // One seed says nothing about the spread.
                text.Append($" {Measured(entry.InterquartileMean, entry.Seeds.Count > 1 ? entry.Interval : [])} |");
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>When, where, how long and with which command.</summary>
    public static string Source(ResultsDocument results) =>
        $"Interquartile means over seeds with 95% bootstrap intervals. Measured {results.Date:yyyy-MM-dd} with `{results.Command}` "
        + $"at commit {string.Join(" and ", results.Commit.Split(ResultsDocument.CommitSeparator).Select(Provenance.Abbreviated))} in {Numbers.Duration(results.Seconds)} on {results.Machine}.";

    /// <summary>
    /// <paramref name="readme"/> with the text between its markers replaced by the tables. Doing it twice changes nothing.
    /// </summary>
    /// <exception cref="BellmanException">A marker is missing, or they are in the wrong order.</exception>
    public static string ReplaceIn(string readme, ResultsDocument results, string readmeName)
    {
        var begin = readme.IndexOf(BeginMarker, StringComparison.Ordinal);
        var end = readme.IndexOf(EndMarker, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            throw new BellmanException(
                $"{readmeName} has no place for the measured table. Put the two lines {BeginMarker} and {EndMarker}, in this order, where it shall stand.");
        }
        return $"{readme[..(begin + BeginMarker.Length)]}\n{Markdown(results)}{readme[end..]}";
    }

    private static string Measured(double? value, IReadOnlyList<double?> interval) =>
        value is not { } number ? "-"
        : interval is [{ } low, { } high] ? $"{Numbers.Text(number)} {Numbers.Text(new Interval(low, high))}"
        : Numbers.Text(number);

    /// <summary>A metric with its unit, unless the name says it already.</summary>
    internal static string Labelled(string metric, string unit) => unit.Length == 0 || unit == metric ? metric : $"{metric} ({unit})";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
