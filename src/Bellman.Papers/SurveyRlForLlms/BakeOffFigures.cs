using Bellman.Experiments;

namespace Bellman.Papers.SurveyRlForLlms;

/// <summary>The published figures of the bake-off: each method's way from the reference, by divergence and by tokens drawn.</summary>
internal static class BakeOffFigures
{
    public static IReadOnlyList<NamedFigure> All(ReproductionOutcome outcome, string transformerPrefix)
    {
        var drawn = TabularArms.All.Where(arm => arm.Drawn).Select(arm => arm.Arm.Name).ToList();
        var transformers = outcome.Plan.Arms.Select(arm => arm.Name).Where(name => name.StartsWith(transformerPrefix, StringComparison.Ordinal)).ToList();
        Figure Ways(string title, string x, string curve, IReadOnlyList<string> arms, string prefix = "") => Plots.Lines(
            title, x, "accuracy", [.. arms.Select(arm => Way(outcome, arm, curve, arm[prefix.Length..])).Where(series => series.X.Count > 1)]);
        return
        [
            new("frontier", "Accuracy against divergence from the reference, on the table",
                Ways("RunSum on a table, exact (means)", "divergence from the reference, nats", "accuracy against KL", drawn)),
            new("frontier-transformer", "The same for the transformer's held-out prompts",
                Ways("RunSum on a transformer, held-out prompts (means)", "divergence from the taught model, nats", "accuracy against KL, transformer", transformers, transformerPrefix)),
            new("tokens-transformer", "Accuracy against tokens drawn for training",
                Ways("RunSum on a transformer, held-out prompts (means)", "tokens drawn for training", "accuracy against tokens, transformer", transformers, transformerPrefix)),
        ];
    }

    /// <summary>
    /// The mean of an arm's seeds at each of the places where all were measured. Seeds do not share their x, and the mean over the
    /// range that all cover would cut off the end.
    /// </summary>
    private static PlotSeries Way(ReproductionOutcome outcome, string arm, string curve, string name)
    {
        var seeds = outcome.RecordsOf(outcome.Plan.Arms.First(one => one.Name == arm)).SelectMany(record => record.Result.Curves.Where(one => one.Name == curve && one.X.Count > 0)).ToList();
        var places = seeds.Count == 0 ? 0 : seeds.Min(one => one.X.Count);
        // A seed with more places than another keeps its first and its last.
        double Mean(int place, Func<Curve, IReadOnlyList<double>> values) => seeds.Average(one => place == places - 1 ? values(one)[^1] : values(one)[place]);
        return new PlotSeries(name, [.. Enumerable.Range(0, places).Select(place => Mean(place, one => one.X))], [.. Enumerable.Range(0, places).Select(place => Mean(place, one => one.Y))])
        {
            Style = SeriesStyle.MarkedLine,
        };
    }
}
