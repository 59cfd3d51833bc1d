using System.Text;
using Bellman.Runs;

namespace Bellman.Language;

/// <summary>Writes some of a step's responses with their rewards into the run's folder, <c>samples/step-000000000010.md</c>.</summary>
/// <param name="run">The run.</param>
/// <param name="every">Steps between tables.</param>
/// <param name="rows">Responses in a table.</param>
public sealed class SampleTable(Run run, long every = 10, int rows = 16) : IRolloutObserver
{
    /// <inheritdoc/>
    public void Observe(long step, IReadOnlyList<Rollout> rollouts, IMetricSink metrics)
    {
        if (step % every != 0 || rollouts.Count == 0) { return; }
        Directory.CreateDirectory(Path.Combine(run.Folder, "samples"));
        run.Write(Path.Combine("samples", $"step-{step:D12}.md"), Text(step, [.. rollouts.Take(rows)]));
    }

    /// <summary>The table.</summary>
    public static string Text(long step, IReadOnlyList<Rollout> rollouts)
    {
        var names = rollouts.SelectMany(rollout => rollout.Components.Keys).Distinct().ToList();
        var text = new StringBuilder($"# Responses of step {step}\n\n| prompt | response | tokens | reward |{string.Concat(names.Select(name => $" {name} |"))}\n|---|---|---|---|{string.Concat(names.Select(_ => "---|"))}\n");
        foreach (var rollout in rollouts)
        {
            text.Append($"| {Cell(rollout.Prompt.Text)} | {Cell(rollout.Text)}{(rollout.Ended ? "" : " (cut)")} | {rollout.OwnTokens} | {Number(rollout.Reward)} |");
            foreach (var name in names) { text.Append($" {Number(rollout.Components.GetValueOrDefault(name))} |"); }
            text.Append('\n');
        }
        return text.ToString();
    }

    private static string Cell(string text) => "`" + text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal).Replace('`', '\'') + "`";

    private static string Number(double? value) => value is { } number && !double.IsNaN(number) ? number.ToString("0.###") : "-";
}
