using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// The clipped surrogate (Schulman et al. 2017), its upper bound apart ("clip-higher", DAPO) and the dual clip of Ye et
/// al. 2020: rho = exp(l - l_old), q = max(-A rho, -A clip(rho, 1 - low, 1 + high)), and min(q, -c A) where A &lt; 0.
/// </summary>
public sealed record PpoObjective : IPolicyObjective
{
    /// <inheritdoc/>
    public string Name => "loss.ppo";

    /// <inheritdoc/>
    [Description("How token losses become one number: sequenceMeanTokenMean as GRPO, tokenMean as DAPO, sequenceSumNorm as Dr. GRPO.")]
    public Reduction Reduction { get; init; } = Reduction.SequenceMeanTokenMean;

    /// <summary>epsilon_low.</summary>
    [Description("How far below 1 the probability ratio still counts; larger steps with larger values. Usually 0.1 to 0.3.")]
    [Range(0.0, 1.0)]
    public double ClipLow { get; init; } = 0.2;

    /// <summary>epsilon_high.</summary>
    [Description("How far above 1 the probability ratio still counts; above clipLow (0.28) it keeps rare tokens alive (DAPO).")]
    [Range(0.0, 100.0)]
    public double ClipHigh { get; init; } = 0.2;

    /// <summary>The dual clip's c; null for none.</summary>
    [Description("Bounds the loss of tokens with negative advantage at this many times the advantage; usually 3, none leaves it out.")]
    [Range(1.0, 1e6, MinimumIsExclusive = true)]
    public double? DualClip { get; init; }

    /// <inheritdoc/>
    public Tensor TokenLosses(PolicyBatch batch, IMetricSink metrics)
    {
        var advantages = batch.FixedAdvantages;
        var ratio = batch.LogRatio.exp();
        // q = max(-A rho, -A clip(rho, 1 - low, 1 + high))
        var plain = -advantages * ratio;
        var clipped = -advantages * ratio.clamp(1 - ClipLow, 1 + ClipHigh);
        var losses = maximum(plain, clipped);
        metrics.Add("policy/clip_fraction", Reductions.TokenMean(clipped.gt(plain).to(ratio.dtype), batch.Mask).ToDouble());
        // A < 0: q = min(q, -c A)
        return DualClip is { } c ? where(advantages.lt(0), minimum(losses, -c * advantages), losses) : losses;
    }
}
