using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>How the learning rate moves after its warm-up.</summary>
public enum LearningRateShape
{
    /// <summary>Half a cosine down to the minimum.</summary>
    Cosine,

    /// <summary>A straight line down to the minimum.</summary>
    Linear,

    /// <summary>Stays.</summary>
    Constant,
}

/// <summary>Options of <see cref="SupervisedFineTuning"/>.</summary>
public sealed record SupervisedOptions : IValidatableObject
{
    /// <summary>Examples of an optimiser step.</summary>
    [Description("Examples of an optimiser step: more give steadier gradients and cost time.")]
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Most tokens that are computed at once; a batch of more is cut and its gradients are added up.</summary>
    [Description("Most tokens computed at once: a larger batch is cut into parts whose gradients are added up. Lower saves memory.")]
    [Range(1, 100_000_000)]
    public int TokensAtOnce { get; init; } = 16_384;

    /// <summary>Highest learning rate.</summary>
    [Description("Highest learning rate: 1e-5 to 5e-5 for a pre-trained model, 1e-4 to 5e-4 for adapters, 1e-3 to 3e-3 for a small model trained from nothing.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 2e-5;

    /// <summary>How it moves after the warm-up.</summary>
    [Description("How the learning rate moves after its warm-up.")]
    public LearningRateShape Schedule { get; init; }

    /// <summary>Share of the steps in which the learning rate rises from 0.</summary>
    [Description("Share of the steps in which the learning rate rises from 0; more is gentler.")]
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double WarmUp { get; init; } = 0.05;

    /// <summary>Where the learning rate ends, as a share of the highest.</summary>
    [Description("Where the learning rate ends, as a share of the highest.")]
    [Range(0.0, 1.0)]
    public double MinimumShare { get; init; } = 0.1;

    /// <summary>Decoupled decay of matrices; norms, biases and embeddings are never decayed.</summary>
    [Description("Decoupled weight decay of the projections; norms, biases and embeddings are not decayed.")]
    [Range(0.0, 10.0)]
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Longer gradients are scaled down to this norm.</summary>
    [Description("Longer gradients are scaled down to this norm; lower is steadier.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double MaximumGradientNorm { get; init; } = 1;

    /// <summary>Whether only completions are learned; otherwise prompts are too.</summary>
    [Description("Learns completions only; false learns prompts as well, as for plain texts.")]
    public bool CompletionOnly { get; init; } = true;

    /// <summary>Longer examples lose their ends; 0 means the model's context.</summary>
    [Description("Most tokens of an example; what is longer loses its end. 0 is the model's context.")]
    [Range(0, 100_000_000)]
    public int MaximumLength { get; init; }

    /// <summary>Rank of low-rank adapters; 0 trains all weights.</summary>
    [Description("Rank of low-rank adapters, which alone are then trained; 0 trains all weights.")]
    [Range(0, 4096)]
    public int AdapterRank { get; init; }

    /// <summary>The adapters' part is multiplied by alpha / rank.</summary>
    [Description("The adapters' part is multiplied by this / rank.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double AdapterAlpha { get; init; } = 16;

    /// <summary>Projections with adapters.</summary>
    [Description("Projections that get adapters.")]
    public string[] AdapterTargets { get; init; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <summary>The adapters that these options ask for; null for none.</summary>
    public LowRankOptions? Adapters => AdapterRank == 0 ? null : new LowRankOptions { Rank = AdapterRank, Alpha = AdapterAlpha, Targets = AdapterTargets };

    /// <summary>The learning rate of each step, counted from 1.</summary>
    /// <param name="steps">Steps of the whole training.</param>
    public ISchedule LearningRateOver(long steps)
    {
        var (warmUp, least) = ((long)Math.Ceiling(WarmUp * steps), LearningRate * MinimumShare);
        if (warmUp >= steps) { warmUp = steps - 1; }
        return Schedule switch
        {
            LearningRateShape.Cosine => new CosineSchedule(LearningRate, least, warmUp, steps),
            LearningRateShape.Linear => warmUp == 0 ? new PiecewiseLinearSchedule((0, LearningRate), (steps, least)) : new PiecewiseLinearSchedule((0, 0), (warmUp, LearningRate), (steps, least)),
            _ => warmUp == 0 ? new ConstantSchedule(LearningRate) : new PiecewiseLinearSchedule((0, 0), (warmUp, LearningRate)),
        };
    }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MaximumLength == 1) { yield return new ValidationResult("maximumLength is 1, but an example has a prompt and a completion, each at least one token."); }
    }
}
