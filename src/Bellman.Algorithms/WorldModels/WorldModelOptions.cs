using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>What a latent state must tell about the observation it came from.</summary>
public enum ObservationObjective
{
    /// <summary>Every number of it: a decoder's squared error (Hafner et al. 2020).</summary>
    Reconstruction,

    /// <summary>Which observation of the batch it was: InfoNCE (van den Oord et al. 2018). What tells observations apart is enough.</summary>
    Contrast,
}

/// <summary>Sizes and training of a <see cref="WorldModel"/>; the defaults are those of Dreamer (Hafner et al. 2020).</summary>
public record WorldModelOptions : AlgorithmOptions
{
    /// <summary>Numbers of the deterministic state.</summary>
    [Description("Numbers of the deterministic state, the GRU's; larger remembers more and costs its square.")]
    [Range(1, 4096)]
    public int Deterministic { get; init; } = 200;

    /// <summary>Numbers of the stochastic state.</summary>
    [Description("Numbers of the stochastic state z; small ones force a choice of what is encoded.")]
    [Range(1, 4096)]
    public int Stochastic { get; init; } = 30;

    /// <summary>Width of dense layers.</summary>
    [Description("Width of the dense hidden layers of dynamics and heads.")]
    [Range(1, 4096)]
    public int Hidden { get; init; } = 200;

    /// <summary>Hidden layers of encoders of vectors.</summary>
    [Description("Hidden layers of the encoder where observations are vectors, e.g. 200,200.")]
    [Range(1, 4096)]
    public int[] EncoderHidden { get; init; } = [200];

    /// <summary>Numbers of an encoded observation.</summary>
    [Description("Numbers of an encoded observation.")]
    [Range(1, 8192)]
    public int Embedding { get; init; } = 200;

    /// <summary>Filters of the first convolution.</summary>
    [Description("Filters of the first convolution where observations are pictures; each further one has twice as many.")]
    [Range(1, 512)]
    public int Filters { get; init; } = 32;

    /// <summary>Whether the posterior reads the observation alone.</summary>
    [Description("Whether z is inferred from the observation alone, without the state that has seen the actions; what is said about actions can then only come from observations.")]
    public bool ActionFreePosterior { get; init; }

    /// <summary>How observations are explained.</summary>
    [Description("What a latent state must tell of its observation: reconstruction (all of it) or contrast (which one of the batch it was).")]
    public ObservationObjective Objective { get; init; } = ObservationObjective.Reconstruction;

    /// <summary>Momentum of the contrast's second encoder.</summary>
    [Description("Momentum of the second encoder of the contrast objective, a slowly following copy; 0 trains an encoder of its own instead. Above 0 it needs actionFreePosterior.")]
    [Range(0.0, 0.99999)]
    public double TargetMomentum { get; init; }

    /// <summary>Weight of the divergence of posterior from prior.</summary>
    [Description("Weight of the divergence of posterior from prior; larger keeps only what can be predicted.")]
    [Range(0.0, 1e6)]
    public double KlWeight { get; init; } = 1;

    /// <summary>Divergence that costs nothing.</summary>
    [Description("Divergence of posterior from prior, in nats a step (batch mean), that costs nothing.")]
    [Range(0.0, 1e6)]
    public double FreeNats { get; init; } = 3;

    /// <summary>Sequences of a batch.</summary>
    [Description("Sequences of a batch.")]
    [Range(1, 65536)]
    public int BatchSize { get; init; } = 50;

    /// <summary>Steps of a sequence.</summary>
    [Description("Steps of a sequence, at least 2; longer ones teach longer memory.")]
    [Range(2, 65536)]
    public int SequenceLength { get; init; } = 50;

    /// <summary>Adam's step size for the model.</summary>
    [Description("Adam's step size for the world model.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double ModelLearningRate { get; init; } = 6e-4;

    /// <summary>Bound on the norm of a gradient.</summary>
    [Description("Gradients longer than this are scaled down to it.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double MaximumGradientNorm { get; init; } = 100;
}
