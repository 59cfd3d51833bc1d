using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Clipped importance weights (CISPO, MiniMax 2025): q = -sg[min(rho, 1 + high)] A l. The weight is clipped, not the
/// update, so that no token loses its gradient.
/// </summary>
public sealed record CispoObjective : IPolicyObjective
{
    /// <inheritdoc/>
    public string Name => "loss.cispo";

    /// <inheritdoc/>
    [Description("How token losses become one number.")]
    public Reduction Reduction { get; init; } = Reduction.TokenMean;

    /// <summary>epsilon_high.</summary>
    [Description("Importance weights are cut at 1 plus this; 0.28 to 5 are in use.")]
    [Range(0.0, 100.0)]
    public double ClipHigh { get; init; } = 0.28;

    /// <inheritdoc/>
    public Tensor TokenLosses(PolicyBatch batch, IMetricSink metrics)
    {
        var ratio = batch.LogRatio.detach().exp();
        metrics.Add("policy/clip_fraction", Reductions.TokenMean(ratio.gt(1 + ClipHigh).to(ratio.dtype), batch.Mask).ToDouble());
        // q = -sg[min(rho, 1 + high)] A l
        return -ratio.clamp_max(1 + ClipHigh) * batch.FixedAdvantages * batch.LogProbabilities;
    }
}
