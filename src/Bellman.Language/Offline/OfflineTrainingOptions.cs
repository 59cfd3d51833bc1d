using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>How a model is trained on data that lie ready.</summary>
public sealed record OfflineTrainingOptions
{
    /// <summary>Examples a step.</summary>
    [Description("Examples (pairs, rankings) of a step; at least all of them takes the whole data every time.")]
    [Range(1, 10_000_000)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Adam's step size.</summary>
    [Description("Adam's step size: 5e-7 for billions of parameters, 5e-5 for tens of thousands; ten times too much collapses the likelihood of what is chosen.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 5e-5;

    /// <summary>Steps over which the learning rate falls to 0.</summary>
    [Description("The learning rate falls linearly to 0 over this many steps; 0 keeps it constant.")]
    [Range(0L, 1_000_000_000L)]
    public long DecaySteps { get; init; }

    /// <summary>Bound on the gradient's global norm.</summary>
    [Description("Gradients longer than this are scaled down to it.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double MaximumGradientNorm { get; init; } = 1;

    /// <summary>Decoupled weight decay.</summary>
    [Description("Decoupled weight decay.")]
    [Range(0.0, 1.0)]
    public double WeightDecay { get; init; }

    /// <summary>Threads of torch's operations.</summary>
    [Description("Threads of torch's operations; a run is resumed bit for bit only with the same number.")]
    [Range(1, 1024)]
    public int Threads { get; init; } = 1;
}
