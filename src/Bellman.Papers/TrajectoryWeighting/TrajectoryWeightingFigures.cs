using Bellman.Experiments;

namespace Bellman.Papers.TrajectoryWeighting;

/// <summary>What weighting does to every learner, to temperatures, and where the data holds more to gain.</summary>
internal static class TrajectoryWeightingFigures
{
    private static readonly (string Suffix, string Name)[] Samplers = [("uniform", "uniform"), ("rw", "RW"), ("aw", "AW"), ("top", "best tenth")];

    // An infinite temperature is drawn at the right end of the axis.
    private const double Endless = 10;

    public static IReadOnlyList<NamedFigure> All(ReproductionOutcome outcome) =>
    [
        new("learners", "Episode length of four offline learners with four samplers on mixed data", Learners(outcome)),
        new("temperatures", "Normalised score on DriftPoint against the temperature", Temperatures(outcome)),
        new("opportunity", "What AW adds to uniform sampling against the positive-sided variance of the data", Opportunity(outcome)),
    ];

    private static Figure Learners(ReproductionOutcome outcome) => Plots.Bars("CartBalance: 20% expert, 80% random transitions", "mean episode length, steps",
        [.. from algorithm in TrajectoryWeightingArms.Algorithms
            from sampler in Samplers
            let summary = outcome.Summary($"{algorithm}-{sampler.Suffix}", "length")
            where summary.Values.Count > 0
            select new PlotBar($"{algorithm}, {sampler.Name}", Statistics.Of(Statistic.Mean, [.. summary.Values]), Statistics.BootstrapInterval(summary.Values, Statistic.Mean), summary.Values)],
        [new("expert", 200)]);

    private static Figure Temperatures(ReproductionOutcome outcome)
    {
        PlotSeries Of(string sampler, string name) => outcome.Scaling(name, "score",
            TrajectoryWeightingArms.Temperatures.Select(temperature => (Math.Min(temperature, Endless), TrajectoryWeightingArms.AtTemperature(sampler, temperature))), Statistic.Mean);
        return Plots.Lines("DriftPoint: 5% expert episodes", $"temperature ({Endless} stands for infinity)", "normalised score", [Of("rw", "RW"), Of("aw", "AW")], logarithmic: LogarithmicAxes.X);
    }

    private static Figure Opportunity(ReproductionOutcome outcome)
    {
        var points = new List<PlotSeries>();
        foreach (var share in TrajectoryWeightingArms.Shares)
        {
            IReadOnlyList<double> Of(string sampler, string metric) => outcome.Summary(TrajectoryWeightingArms.AtShare(sampler, share), metric).Values;
            var (weighted, uniform) = (Of("aw", "score"), Of("uniform", "score"));
            if (weighted.Count == 0 || weighted.Count != uniform.Count) { continue; }
            var gains = weighted.Zip(uniform, (high, low) => high - low).ToList();
            points.Add(new PlotSeries($"{share}% expert", [Of("aw", "psv").Average()], [gains.Average()])
            {
                Band = [gains.Count > 1 ? Statistics.BootstrapInterval(gains, Statistic.Mean) : Interval.Undefined],
                Style = SeriesStyle.MarkedLine,
            });
        }
        return Plots.Lines("DriftPoint: what AW adds to uniform sampling", "positive-sided variance of the data's returns", "gain in normalised score", points);
    }
}
