using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>SLiC-HF (Zhao et al. 2023): [delta - L_w + L_l]_+ + lambda NLL(target); the chosen response is the target.</summary>
public sealed record SlicLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.slic";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <summary>delta.</summary>
    [Description("How much more likely the chosen response must be, in nats.")]
    [Range(0.0, 1e6)]
    public double Margin { get; init; } = 1;

    /// <summary>lambda.</summary>
    [Description("Weight of imitating the chosen response.")]
    [Range(0.0, 1e6)]
    public double Imitation { get; init; } = 0.1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) =>
        (Margin - batch.Chosen.Sum + batch.Rejected.Sum).relu() - Imitation * batch.Chosen.Sum;
}

/// <summary>SimPO (Meng et al. 2024): -log sigma(beta (L_w / n_w - L_l / n_l - gamma / beta)): length-normalised, without a reference.</summary>
public sealed record SimpoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.simpo";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <summary>beta.</summary>
    [Description("Scale of the average log-probabilities; 2 to 10.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 2;

    /// <summary>gamma / beta.</summary>
    [Description("How much more likely, a token, the chosen response must be.")]
    [Range(0.0, 1e6)]
    public double MarginShare { get; init; } = 0.5;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) => NegativeLogSigmoid(Beta * (batch.Chosen.Average - batch.Rejected.Average - MarginShare));
}

/// <summary>CPO (Xu et al. 2024): -log sigma(beta (L_w - L_l)) + alpha NLL(chosen), the token mean over the batch.</summary>
public sealed record CpoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.cpo";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <summary>beta.</summary>
    [Description("Scale of the log-probabilities.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>alpha.</summary>
    [Description("Weight of imitating the chosen response.")]
    [Range(0.0, 1e6)]
    public double Imitation { get; init; } = 1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) =>
        NegativeLogSigmoid(Beta * (batch.Chosen.Sum - batch.Rejected.Sum)) + Imitation * TokenMeanNll(batch.Chosen);
}

/// <summary>
/// ORPO (Hong et al. 2024): NLL(chosen) - lambda log sigma(log-odds_w - log-odds_l), log-odds = a - log(1 - e^a), a = L / n.
/// </summary>
public sealed record OrpoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.orpo";

    /// <inheritdoc/>
    public override bool NeedsReference => false;

    /// <summary>lambda.</summary>
    [Description("Weight of the odds ratio beside imitation.")]
    [Range(0.0, 1e6)]
    public double OddsWeight { get; init; } = 0.1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) => TokenMeanNll(batch.Chosen) + OddsWeight * NegativeLogSigmoid(LogOddsRatio(batch));

    /// <summary>log-odds_w - log-odds_l: [pairs].</summary>
    public static Tensor LogOddsRatio(PreferenceBatch batch) => LogOdds(batch.Chosen.Average) - LogOdds(batch.Rejected.Average);

    private static Tensor LogOdds(Tensor average)
    {
        // A probability of exactly 1 has infinite odds.
        var a = average.clamp_max(-1e-7);
        return a - LogOneMinusExp(a);
    }

    /// <summary>log(1 - e^a) for a &lt; 0, exact on both sides of -ln 2 (Maechler 2012).</summary>
    public static Tensor LogOneMinusExp(Tensor a)
    {
        var near = a.gt(-Math.Log(2));
        // Each branch sees only arguments it is exact for, so that the other's gradient is finite.
        var small = where(near, a, full_like(a, -0.5));
        var large = where(near, full_like(a, -1), a);
        return where(near, (-small.expm1()).log(), (-large.exp()).log1p());
    }
}
