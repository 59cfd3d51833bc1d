using System.Globalization;
using System.Text;
using Bellman.Experiments;

namespace Bellman.Sweeps;

/// <summary>The results of a sweep as a table (Markdown and CSV) and plots.</summary>
public static class SweepReport
{
    private const int BestShown = 12;

    /// <summary>Headings of the table.</summary>
    public static IReadOnlyList<string> Headings(SearchSpace space) => ["rank", "trial", "steps", "best evaluation", "last evaluation", .. space.Searched];

    /// <summary>Rows of the table, the best trial first.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Rows(SearchSpace space, IReadOnlyList<SweepTrial> ranking) =>
        [.. ranking.Select((trial, i) => (IReadOnlyList<string>)
        [
            $"{i + 1}",
            $"{trial.Trial}",
            $"{trial.Outcomes.Max(outcome => outcome.Steps)}",
            Numbers.Text(trial.Score) is var score && trial.Outcomes.Any(outcome => outcome.Failure is not null) ? "failed" : score,
            trial.Outcomes.Any(outcome => outcome.Failure is not null) ? "failed" : Numbers.Text(trial.Last),
            .. space.Searched.Select(option => trial.Values[option]),
        ])];

    /// <summary>Writes <c>sweep.md</c>, <c>sweep.csv</c>, <c>best.png</c> and a plot for each option that has an order.</summary>
    /// <exception cref="BellmanException">The folder cannot be written.</exception>
    public static void Write(SweepFolder folder, SearchSpace space, IReadOnlyList<SweepTrial> ranking)
    {
        WholeFile.Write(Path.Combine(folder.Folder, "sweep.csv"), Csv(folder, space, ranking));
        var plots = Plot(folder, space, ranking);
        WholeFile.Write(Path.Combine(folder.Folder, "sweep.md"), Markdown(folder, space, ranking, plots));
    }

    private static string Markdown(SweepFolder folder, SearchSpace space, IReadOnlyList<SweepTrial> ranking, IReadOnlyList<string> plots)
    {
        var definition = folder.Definition;
        var text = new StringBuilder($"# {definition.Algorithm} on {definition.Environment}: {definition.Trials} trials\n\n`{definition.Command}`\n\n");
        foreach (var (option, range) in space.Ranges.Where(pair => pair.Value.IsFixed)) { text.Append($"* {option} = {range.Extremes[0]}\n"); }
        text.Append($"\n| {string.Join(" | ", Headings(space))} |\n|{string.Concat(Enumerable.Repeat("---|", Headings(space).Count))}\n");
        foreach (var row in Rows(space, ranking)) { text.Append($"| {string.Join(" | ", row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |\n"); }
        foreach (var trial in ranking)
        {
            foreach (var failure in trial.Outcomes.Select(outcome => outcome.Failure).OfType<string>().Distinct()) { text.Append($"\nTrial {trial.Trial} failed: {failure}\n"); }
        }
        foreach (var plot in plots) { text.Append($"\n![{plot}]({plot}.png)\n"); }
        return text.ToString();
    }

    /// <summary>A line for each trial and seed.</summary>
    private static string Csv(SweepFolder folder, SearchSpace space, IReadOnlyList<SweepTrial> ranking)
    {
        var text = new StringBuilder($"rank,trial,seed,run,steps,best,last,failure,{string.Join(",", space.Ranges.Keys)}\n");
        for (var rank = 0; rank < ranking.Count; rank++)
        {
            var trial = ranking[rank];
            for (var seed = 0; seed < trial.Outcomes.Count; seed++)
            {
                var outcome = trial.Outcomes[seed];
                IEnumerable<string> cells =
                [
                    $"{rank + 1}", $"{trial.Trial}", $"{folder.SeedOf(seed)}", folder.RunName(trial.Trial, seed), $"{outcome.Steps}",
                    Exact(outcome.Best), Exact(outcome.Last), outcome.Failure ?? "", .. space.Ranges.Keys.Select(option => trial.Values[option]),
                ];
                text.Append(string.Join(",", cells.Select(Quoted))).Append('\n');
            }
        }
        return text.ToString();
    }

    private static List<string> Plot(SweepFolder folder, SearchSpace space, IReadOnlyList<SweepTrial> ranking)
    {
        var definition = folder.Definition;
        var names = new List<string>();
        var scored = ranking.Where(trial => double.IsFinite(trial.Score)).ToList();
        if (scored.Count == 0) { return names; }
        var bars = scored.Take(BestShown).Select(trial => new PlotBar(
            $"trial {trial.Trial}", trial.Score, Interval.Undefined, [.. trial.Outcomes.Select(outcome => outcome.Best)])).ToList();
        Save("best", Plots.Bars($"{definition.Algorithm} on {definition.Environment}: the best trials", "best evaluation, mean over seeds (dots: seeds)", bars));
        foreach (var option in space.Searched)
        {
            var points = scored.Select(trial => (X: space.Ranges[option].Position(trial.Values[option]), trial)).Where(point => double.IsFinite(point.X)).ToList();
            if (points.Count < 2) { continue; }
            var rungs = SuccessiveHalving.Rungs(definition.Trials, definition.Steps, definition.Halving);
            var series = points.GroupBy(point => point.trial.Rung).OrderByDescending(group => group.Key).Select(group => new PlotSeries(
                $"after {rungs[group.Key].Steps:N0} steps", [.. group.Select(point => point.X)], [.. group.Select(point => point.trial.Score)])
            { Style = SeriesStyle.Points });
            var label = space.Ranges[option] is NumberRange { Logarithmic: true } ? $"{option}, logarithm to base 10" : option;
            Save($"option-{option}", Plots.Lines($"{definition.Algorithm} on {definition.Environment}: {option}", label, "best evaluation", [.. series]));
        }
        return names;

        void Save(string name, Figure figure)
        {
            figure.Save(Path.Combine(folder.Folder, name));
            names.Add(name);
        }
    }

    private static string Exact(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "";

    private static string Quoted(string cell) =>
        cell.AsSpan().ContainsAny(',', '"', '\n') ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
