using System.Text;
using Bellman.Experiments;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary><c>report.md</c> and the curves of a run.</summary>
internal static class TrainingReport
{
    public static void Write(Run run)
    {
        var record = run.Record;
        var text = new StringBuilder($"# {record.Configuration.Algorithm} on {record.Configuration.Environment}\n\n");
        text.Append($"`{record.Command}`\n\n");
        text.Append($"| | |\n|---|---|\n| status | {record.Status} |\n| steps | {record.StepsTaken} |\n| seed | {record.Configuration.Seed} |\n");
        text.Append($"| best evaluation | {record.BestEvaluation?.ToString("0.##") ?? "-"} |\n| seconds | {record.Seconds:0.0} |\n| machine | {record.Machine} |\n| version | {record.Version} |\n\n");
        if (Curves([run], $"{record.Configuration.Algorithm} on {record.Configuration.Environment}") is { } figure)
        {
            figure.Save(Path.Combine(run.Folder, "returns"));
            text.Append("![Return against environment steps](returns.png)\n");
        }
        run.Write("report.md", text.ToString());
    }

    /// <summary>Returns of the given runs against steps; null before anything was measured.</summary>
    public static Figure? Curves(IReadOnlyList<Run> runs, string title)
    {
        var series = new List<PlotSeries>();
        foreach (var run in runs)
        {
            var rows = run.ReadMetrics();
            foreach (var (metric, name) in new[] { ("episode/return", "last 100 training episodes"), ("evaluation/mean_return", "evaluation"), ("evaluation/accuracy", "accuracy on held-out items") })
            {
                var points = rows.Where(row => row.ContainsKey(metric)).ToList();
                if (points.Count < 2) { continue; }
                series.Add(new PlotSeries(runs.Count == 1 ? name : $"{run.Id}: {name}", [.. points.Select(row => row["step"])], [.. points.Select(row => row[metric])]));
            }
        }
        return series.Count == 0 ? null : Plots.Lines(title, "environment steps", "return", series);
    }
}
