using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>How a model is trained on data that lie ready.</summary>
public sealed record OfflineTrainingOptions : TensorTrainingOptions
{
    /// <summary>Examples a step.</summary>
    [Description("Examples (pairs, rankings) of a step; at least all of them takes the whole data every time.")]
    [Range(1, 10_000_000)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Adam's step size.</summary>
    [Description("Adam's step size: 5e-7 for billions of parameters, 5e-5 for tens of thousands; ten times too much collapses the likelihood of what is chosen.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 5e-5;
}
