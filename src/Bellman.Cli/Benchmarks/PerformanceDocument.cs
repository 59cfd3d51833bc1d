using System.Globalization;
using System.Text;

namespace Bellman.Cli.Benchmarks;

/// <summary><c>docs/performance.md</c>: the targets, every row, and how cost grows.</summary>
internal static class PerformanceDocument
{
    /// <summary>The text.</summary>
    /// <param name="rows">Everything that was measured.</param>
    /// <param name="date">When, yyyy-MM-dd.</param>
    /// <param name="machine">Where.</param>
    /// <param name="commit">Of what.</param>
    /// <param name="command">How to measure it again.</param>
    public static string Write(IReadOnlyList<BenchmarkRow> rows, string date, string machine, string commit, string command)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Performance

            Measured on {date} by `{command}`, commit {commit}, on {machine}. Written by the program alone.

            Each number is the fastest of many short repetitions. Beside it stands what the machine itself allows, measured in
            the same run: the arithmetic of bare matrix products of the same shapes, bytes copied, rows gathered.

            ## Targets


            """);
        Table(text, ["work", "measured", "target", "", "what bounds it"], rows.Where(row => row.Target is not null).Select(row => (IReadOnlyList<string>)
        [
            $"{row.Group}: {row.Work}",
            BenchmarkTable.Show(row.Value, row.Unit),
            $"{(row.LessIsBetter ? "≤" : "≥")} {BenchmarkTable.Show(row.Target ?? 0, row.Unit)}",
            row.Reached == true ? "reached" : "**missed**",
            row.Reached == true || row.Limit is not { } limit ? "" : $"{row.LimitedBy}: {BenchmarkTable.Show(limit, row.Unit)}; the rest is {row.Bound}",
        ]));
        foreach (var group in rows.GroupBy(row => row.Group))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {char.ToUpperInvariant(group.Key[0])}{group.Key[1..]}\n\n");
            Table(text, BenchmarkTable.Headings, group.Select(BenchmarkTable.Cells));
        }
        text.Append("\n## How cost grows\n\n");
        foreach (var axis in rows.Where(row => row.Growth is not null).GroupBy(row => row.Growth?.Axis))
        {
            var points = axis.OrderBy(row => row.Growth?.At).ToList();
            Table(text,
                [axis.Key ?? "", .. points.Select(row => (row.Growth?.At ?? 0).ToString("N0", CultureInfo.InvariantCulture))],
                [[points[0].LessIsBetter ? "us" : "ns a step", .. points.Select(row => row.LessIsBetter ? BenchmarkTable.Show(row.Value, "") : BenchmarkTable.Show(1e9 / row.Value, ""))]]);
            text.Append('\n');
        }
        return text.ToString().TrimEnd() + "\n";
    }

    private static void Table(StringBuilder text, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        Line(text, headings);
        Line(text, [.. headings.Select(_ => "---")]);
        foreach (var row in rows) { Line(text, row); }
    }

    private static void Line(StringBuilder text, IReadOnlyList<string> cells) => text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Trim())).Append(" |\n");
}
