using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Geometric-mean policy optimisation (Zhao et al. 2025): q = -A exp(mean_t clipped log-ratio), where A &gt; 0 bounds the
/// log-ratios from above and A &lt; 0 from below: outliers among the tokens cannot carry a sequence.
/// </summary>
public sealed record GmpoObjective : IPolicyObjective
{
    /// <inheritdoc/>
    public string Name => "loss.gmpo";

    /// <inheritdoc/>
    [Description("How token losses become one number; all tokens of a sequence have the same loss.")]
    public Reduction Reduction { get; init; } = Reduction.SequenceMeanTokenMean;

    /// <summary>The bound in log space.</summary>
    [Description("Log-ratios of tokens are bounded by it, on the side that the advantage's sign pushes to.")]
    [Range(0.0, 20.0, MinimumIsExclusive = true)]
    public double Clip { get; init; } = 0.4;

    /// <inheritdoc/>
    public Tensor TokenLosses(PolicyBatch batch, IMetricSink metrics)
    {
        var advantages = batch.FixedAdvantages;
        var logRatio = batch.LogRatio;
        // A > 0: min(log rho, clip); A < 0: max(log rho, -clip)
        var clipped = where(advantages.ge(0), logRatio.clamp_max(Clip), logRatio.clamp_min(-Clip));
        metrics.Add("policy/clip_fraction", Reductions.TokenMean(clipped.ne(logRatio).to(logRatio.dtype), batch.Mask).ToDouble());
        return -advantages * Reductions.Mean(clipped, batch.Mask).exp().unsqueeze(1);
    }
}
