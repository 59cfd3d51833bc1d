using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>The divergence that ties the policy to the reference in f-DPO.</summary>
public enum PreferenceDivergence
{
    /// <summary>f' = log u: plain dpo.</summary>
    ReverseKl,

    /// <summary>f' = -1 / u = -e^{-h}.</summary>
    ForwardKl,

    /// <summary>f' = log sigma(h), up to a constant.</summary>
    JensenShannon,

    /// <summary>f' = (1 - u^{-alpha}) / alpha.</summary>
    Alpha,
}

/// <summary>f-DPO (Wang et al. 2023): -log sigma(beta (f'(u_w) - f'(u_l))), u = pi / pi_ref.</summary>
public sealed record DivergenceDpoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.fdpo";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>Which divergence.</summary>
    [Description("Which divergence ties the policy to the reference.")]
    public PreferenceDivergence Divergence { get; init; } = PreferenceDivergence.JensenShannon;

    /// <summary>alpha of the alpha-divergence.</summary>
    [Description("alpha of the alpha-divergence, between the forward (1) and the reverse (0) KL.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Alpha { get; init; } = 0.5;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) =>
        NegativeLogSigmoid(Beta * (Slope(batch.Chosen.LogRatio) - Slope(batch.Rejected.LogRatio)));

    private Tensor Slope(Tensor h) => Divergence switch
    {
        PreferenceDivergence.ForwardKl => -(-h).clamp_max(20).exp(),
        PreferenceDivergence.JensenShannon => -NegativeLogSigmoid(h),
        PreferenceDivergence.Alpha => (1 - (-Alpha * h).clamp_max(20).exp()) / Alpha,
        _ => h,
    };
}

/// <summary>
/// Token-level DPO (Zeng et al. 2024), D = sum_t KL(pi_ref || pi) exact over the vocabulary. Version 1:
/// -log sigma(z - beta (D_l - D_w)); version 2: -log sigma(z - alpha beta (D_l - sg[D_w])).
/// </summary>
public abstract record TokenDpoLoss : PreferenceLoss
{
    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <inheritdoc/>
    public override ScoreOutputs Needs => ScoreOutputs.Logits;

    /// <summary>The loss from D_w and D_l: [pairs] each.</summary>
    public abstract Tensor WithDivergences(PreferenceBatch batch, Tensor chosen, Tensor rejected);

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) => WithDivergences(batch,
        Reductions.Sum(batch.ChosenDivergences ?? throw Missing(), batch.Chosen.Mask),
        Reductions.Sum(batch.RejectedDivergences ?? throw Missing(), batch.Rejected.Mask));

    private InvalidOperationException Missing() => new($"{Name} needs the divergences of the tokens' distributions that it asked for.");
}

/// <summary>Token-level DPO, version 1.</summary>
public sealed record TokenDpo1Loss : TokenDpoLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.tdpo1";

    /// <inheritdoc/>
    public override Tensor WithDivergences(PreferenceBatch batch, Tensor chosen, Tensor rejected) =>
        NegativeLogSigmoid(Beta * batch.Delta - Beta * (rejected - chosen));
}

/// <summary>Token-level DPO, version 2: the chosen side's divergence is only a baseline.</summary>
public sealed record TokenDpo2Loss : TokenDpoLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.tdpo2";

    /// <summary>alpha.</summary>
    [Description("Weight of the divergences.")]
    [Range(0.0, 1e6)]
    public double Alpha { get; init; } = 0.5;

    /// <inheritdoc/>
    public override Tensor WithDivergences(PreferenceBatch batch, Tensor chosen, Tensor rejected) =>
        NegativeLogSigmoid(Beta * batch.Delta - Alpha * Beta * (rejected - chosen.detach()));
}

/// <summary>
/// WPO (Zhou et al. 2024): dpo weighted by how likely the pair is under the policy, sg[p_w p_l], p = exp(mean_t (l - log sum pi^2)):
/// off-policy pairs count as if they had been drawn from it.
/// </summary>
public sealed record WeightedDpoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.wpo";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <inheritdoc/>
    public override ScoreOutputs Needs => ScoreOutputs.Logits;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) =>
        (Weight(batch.Chosen, batch.ChosenCollisions) * Weight(batch.Rejected, batch.RejectedCollisions)).detach() * NegativeLogSigmoid(Beta * batch.Delta);

    private Tensor Weight(PreferenceSide side, Tensor? collisions) => Reductions.Mean(
        side.LogProbabilities - (collisions ?? throw new InvalidOperationException($"{Name} needs the collision probabilities that it asked for.")), side.Mask).exp();
}
