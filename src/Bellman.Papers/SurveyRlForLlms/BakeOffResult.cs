using Bellman.Experiments;

namespace Bellman.Papers.SurveyRlForLlms;

/// <summary>What every arm of the bake-off is measured by; NaN where it does not apply.</summary>
internal sealed record BakeOffResult
{
    public double Accuracy { get; init; } = double.NaN;
    public double Greedy { get; init; } = double.NaN;
    public double Faithful { get; init; } = double.NaN;
    public double Divergence { get; init; } = double.NaN;
    public double Length { get; init; } = double.NaN;
    public double Proxy { get; init; } = double.NaN;
    public double Brevity { get; init; } = double.NaN;
    public double FromOptimum { get; init; } = double.NaN;
    public double Tokens { get; init; }
    public double OptimizerSteps { get; init; }
    public IReadOnlyList<Curve> Curves { get; init; } = [];

    public static IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("accuracy", "Probability that a sampled answer is right (J).") { Primary = true },
        new("greedy", "Share of prompts whose most likely answer is right."),
        new("faithful", "Probability that an answer begins with the right first step."),
        new("unfaithful", "Accuracy minus faithful: right answers that do not say how.", HigherIsBetter: false),
        new("kl", "Divergence from the reference, per answer.", "nats", HigherIsBetter: false),
        new("length", "Mean length of an answer, end token included.", "tokens", HigherIsBetter: null),
        new("proxy", "Expected proxy reward, which pays 1.2 for a loophole."),
        new("brevity", "Expected (4 - length) / 2."),
        new("optimum-kl", "Divergence from the exact optimum at beta 0.3.", "nats", HigherIsBetter: false),
        new("tokens", "Tokens drawn for training.", "tokens", HigherIsBetter: false),
        new("steps", "Optimiser steps.", "steps", HigherIsBetter: false),
        new("seconds", "Time of the cell.", "s", HigherIsBetter: false),
    ];

    public CellResult ToCell(double seconds) => new()
    {
        Metrics = new Dictionary<string, double>
        {
            ["accuracy"] = Accuracy,
            ["greedy"] = Greedy,
            ["faithful"] = Faithful,
            ["unfaithful"] = Accuracy - Faithful,
            ["kl"] = Divergence,
            ["length"] = Length,
            ["proxy"] = Proxy,
            ["brevity"] = Brevity,
            ["optimum-kl"] = FromOptimum,
            ["tokens"] = Tokens,
            ["steps"] = OptimizerSteps,
            ["seconds"] = seconds,
        },
        Curves = Curves,
    };
}

/// <summary>Points of a curve whose x must rise; a point that does not is left out.</summary>
internal sealed class RisingCurve(string name)
{
    private readonly List<double> x = [];
    private readonly List<double> y = [];

    public void Add(double at, double value)
    {
        if (x.Count > 0 && at <= x[^1]) { return; }
        x.Add(at);
        y.Add(value);
    }

    public Curve ToCurve() => new(name, x, y);
}
