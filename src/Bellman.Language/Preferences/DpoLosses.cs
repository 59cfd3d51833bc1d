using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>The losses that see a pair only through z = beta Delta.</summary>
public abstract record ScaledDeltaLoss : PreferenceLoss
{
    /// <summary>beta.</summary>
    [Description("Weight of the reference: smaller moves further away from it. Usually 0.01 to 0.5.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) => Of(Beta * batch.Delta);

    /// <summary>The loss of z = beta Delta.</summary>
    protected abstract Tensor Of(Tensor z);
}

/// <summary>Direct preference optimisation (Rafailov et al. 2023): -log sigma(beta Delta). With soft labels -p log sigma(z) - (1 - p) log sigma(-z).</summary>
public sealed record DpoLoss : ScaledDeltaLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.dpo";

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch)
    {
        var z = Beta * batch.Delta;
        return batch.Strengths is { } p ? p * NegativeLogSigmoid(z) + (1 - p) * NegativeLogSigmoid(-z) : Of(z);
    }

    /// <inheritdoc/>
    protected override Tensor Of(Tensor z) => NegativeLogSigmoid(z);
}

/// <summary>Self-play fine-tuning (Chen et al. 2024): dpo with a demonstration chosen over the previous iterate's own response.</summary>
public sealed record SpinLoss : ScaledDeltaLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.spin";

    /// <inheritdoc/>
    protected override Tensor Of(Tensor z) => NegativeLogSigmoid(z);
}

/// <summary>Conservative DPO: labels are wrong with probability epsilon, -(1 - e) log sigma(z) - e log sigma(-z).</summary>
public sealed record ConservativeDpoLoss : ScaledDeltaLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.cdpo";

    /// <summary>epsilon.</summary>
    [Description("Share of labels taken to be wrong.")]
    [Range(0.0, 0.5)]
    public double Noise { get; init; } = 0.1;

    /// <inheritdoc/>
    protected override Tensor Of(Tensor z) => (1 - Noise) * NegativeLogSigmoid(z) + Noise * NegativeLogSigmoid(-z);
}

/// <summary>Robust DPO (Chowdhury et al. 2024): unbiased under label noise, [-(1 - e) log sigma(z) + e log sigma(-z)] / (1 - 2 e).</summary>
public sealed record RobustDpoLoss : ScaledDeltaLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.robust";

    /// <summary>epsilon.</summary>
    [Description("Share of labels that are wrong; below one half, where labels carry no information.")]
    [Range(0.0, 0.5, MaximumIsExclusive = true)]
    public double Noise { get; init; } = 0.1;

    /// <inheritdoc/>
    protected override Tensor Of(Tensor z) => ((1 - Noise) * NegativeLogSigmoid(z) - Noise * NegativeLogSigmoid(-z)) / (1 - 2 * Noise);
}

/// <summary>Hinge (RSO, SLiC with a reference): [1 - beta Delta]_+.</summary>
public sealed record HingeLoss : ScaledDeltaLoss
{
    /// <summary>With beta 0.05.</summary>
    public HingeLoss() => Beta = 0.05;

    /// <inheritdoc/>
    public override string Name => "pref.hinge";

    /// <inheritdoc/>
    protected override Tensor Of(Tensor z) => (1 - z).relu();
}

/// <summary>Efficient exact optimisation (Ji et al. 2024): q log(q / (1 - e)) + (1 - q) log((1 - q) / e), q = sigma(z).</summary>
public sealed record ExoLoss : ScaledDeltaLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.exo";

    /// <summary>epsilon.</summary>
    [Description("Probability left to the rejected response; above 0, where the divergence is finite.")]
    [Range(0.0, 0.5, MinimumIsExclusive = true)]
    public double Smoothing { get; init; } = 1e-3;

    /// <inheritdoc/>
    protected override Tensor Of(Tensor z)
    {
        var (logQ, logNotQ) = (-NegativeLogSigmoid(z), -NegativeLogSigmoid(-z));
        return logQ.exp() * (logQ - Math.Log(1 - Smoothing)) + logNotQ.exp() * (logNotQ - Math.Log(Smoothing));
    }
}

/// <summary>DiscoPOP (Lu et al. 2024): (1 - s)(-log sigma(z)) + s e^{-z}, s = sigma(z / tau).</summary>
public sealed record DiscoPopLoss : ScaledDeltaLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.discopop";

    /// <summary>tau.</summary>
    [Description("How sharply the loss changes from logistic to exponential.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Temperature { get; init; } = 0.05;

    /// <inheritdoc/>
    protected override Tensor Of(Tensor z)
    {
        var s = (z / Temperature).sigmoid();
        return (1 - s) * NegativeLogSigmoid(z) + s * (-z).clamp_max(20).exp();
    }
}

/// <summary>IPO (Azar et al. 2023): (h_w / n_w - h_l / n_l - 1 / (2 tau))^2; averages, as its authors confirmed, or sums.</summary>
public sealed record IpoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.ipo";

    /// <summary>tau.</summary>
    [Description("Weight of the reference: the log-ratios are drawn to a distance of 1 / (2 tau).")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Tau { get; init; } = 0.1;

    /// <summary>Whether log-ratios are divided by the length.</summary>
    [Description("Divide log-ratios by the length of the response.")]
    public bool Average { get; init; } = true;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch)
    {
        var difference = Average ? batch.Chosen.LogRatio / batch.Chosen.Count - batch.Rejected.LogRatio / batch.Rejected.Count : batch.Delta;
        return (difference - 1 / (2 * Tau)).square();
    }
}

/// <summary>Length-normalised DPO (Tulu 3): -log sigma(beta (h_w / n_w - h_l / n_l)).</summary>
public sealed record NormalizedDpoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.dpo_norm";

    /// <summary>beta.</summary>
    [Description("Weight of the reference; log-ratios are averages, so it is larger than for dpo.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 5;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) =>
        NegativeLogSigmoid(Beta * (batch.Chosen.LogRatio / batch.Chosen.Count - batch.Rejected.LogRatio / batch.Rejected.Count));
}

/// <summary>R-DPO (Park et al. 2024): -log sigma(z + alpha (n_w - n_l)): longer answers must earn their preference.</summary>
public sealed record LengthRegularizedDpoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.rdpo";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>alpha.</summary>
    [Description("Weight of the difference in length; usually 0.01 to 0.05.")]
    [Range(0.0, 1e6)]
    public double LengthWeight { get; init; } = 0.05;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) =>
        NegativeLogSigmoid(Beta * batch.Delta + LengthWeight * (batch.Chosen.Count - batch.Rejected.Count));
}

/// <summary>DPO-positive (Pal et al. 2024): -log sigma(beta (Delta - lambda [L_ref,w - L_w]_+)): the chosen response must not become less likely.</summary>
public sealed record DpoPositiveLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.dpop";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>lambda.</summary>
    [Description("Weight of the penalty when the chosen response becomes less likely; 5 to 50.")]
    [Range(0.0, 1e6)]
    public double Penalty { get; init; } = 5;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) =>
        NegativeLogSigmoid(Beta * (batch.Delta - Penalty * (batch.Chosen.ReferenceSum - batch.Chosen.Sum).relu()));
}

/// <summary>DPO with NLL on the chosen response (iterative RPO, Pang et al. 2024): -log sigma(z) + alpha NLL_w / n_w.</summary>
public sealed record DpoNllLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.rpo";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>alpha.</summary>
    [Description("Weight of imitating the chosen response: 1 in iterative RPO, 0.005 in RPO.")]
    [Range(0.0, 1e6)]
    public double Imitation { get; init; } = 1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) => NegativeLogSigmoid(Beta * batch.Delta) - Imitation * batch.Chosen.Average;
}

/// <summary>DPO with an offset (Amini et al. 2024): -log sigma(z - alpha log(r_w - r_l)): clearer preferences must show more.</summary>
public sealed record OffsetDpoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.odpo";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>alpha.</summary>
    [Description("Weight of the offset.")]
    [Range(0.0, 1e6)]
    public double Scale { get; init; } = 1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) => WithOffset(batch, Scale * batch.ScoreDifference.clamp_min(1e-6).log());

    /// <summary>-log sigma(z - offset).</summary>
    public Tensor WithOffset(PreferenceBatch batch, Tensor offset) => NegativeLogSigmoid(Beta * batch.Delta - offset);
}
