using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Soft adaptive policy optimisation (Gao et al. 2025): a smooth gate in place of the clip,
/// q = -A (4 / tau) sigma(tau (rho - 1)), with a temperature for each sign of A.
/// </summary>
public sealed record SapoObjective : IPolicyObjective
{
    /// <inheritdoc/>
    public string Name => "loss.sapo";

    /// <inheritdoc/>
    [Description("How token losses become one number.")]
    public Reduction Reduction { get; init; } = Reduction.SequenceMeanTokenMean;

    /// <summary>tau for A &gt; 0.</summary>
    [Description("How sharply tokens with positive advantage stop counting as their ratio leaves 1; larger is nearer a clip.")]
    [Range(0.0, 1000.0, MinimumIsExclusive = true)]
    public double PositiveTemperature { get; init; } = 1;

    /// <summary>tau for A &lt; 0.</summary>
    [Description("The same for tokens with negative advantage; a little larger, because pushing down is less stable.")]
    [Range(0.0, 1000.0, MinimumIsExclusive = true)]
    public double NegativeTemperature { get; init; } = 1.05;

    /// <inheritdoc/>
    public Tensor TokenLosses(PolicyBatch batch, IMetricSink metrics)
    {
        var advantages = batch.FixedAdvantages;
        var excess = batch.LogRatio.exp() - 1;
        var positive = 4 / PositiveTemperature * (PositiveTemperature * excess).sigmoid();
        var negative = 4 / NegativeTemperature * (NegativeTemperature * excess).sigmoid();
        return -advantages * where(advantages.gt(0), positive, negative);
    }
}
