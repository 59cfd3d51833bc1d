using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Group sequence policy optimisation (Zheng et al. 2025): one ratio a sequence, s_i = exp(mean_t (l - l_old)), used at
/// each token as exp(l - sg[l] + sg[log s_i]) and clipped.
/// </summary>
public sealed record GspoObjective : IPolicyObjective
{
    /// <inheritdoc/>
    public string Name => "loss.gspo";

    /// <inheritdoc/>
    [Description("How token losses become one number.")]
    public Reduction Reduction { get; init; } = Reduction.SequenceMeanTokenMean;

    /// <summary>epsilon_low.</summary>
    [Description("How far below 1 a sequence's ratio still counts; sequence ratios move little, so it is small.")]
    [Range(0.0, 1.0)]
    public double ClipLow { get; init; } = 3e-4;

    /// <summary>epsilon_high.</summary>
    [Description("How far above 1 a sequence's ratio still counts.")]
    [Range(0.0, 100.0)]
    public double ClipHigh { get; init; } = 4e-4;

    /// <inheritdoc/>
    public Tensor TokenLosses(PolicyBatch batch, IMetricSink metrics)
    {
        var advantages = batch.FixedAdvantages;
        var logRatio = batch.LogRatio;
        var sequence = Reductions.Mean(logRatio, batch.Mask).unsqueeze(1).detach();
        // s_{i,t} = exp(l - sg[l] + sg[log s_i])
        var ratio = (logRatio - logRatio.detach() + sequence).exp();
        var plain = -advantages * ratio;
        var clipped = -advantages * ratio.clamp(1 - ClipLow, 1 + ClipHigh);
        metrics.Add("policy/clip_fraction", Reductions.TokenMean(clipped.gt(plain).to(ratio.dtype), batch.Mask).ToDouble());
        return maximum(plain, clipped);
    }

    /// <summary>s_i = exp(mean_t (l - l_old)): [rows].</summary>
    public static Tensor SequenceRatios(PolicyBatch batch) => Reductions.Mean(batch.LogRatio, batch.Mask).exp();
}
