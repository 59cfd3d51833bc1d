using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// KTO (Ethayarajh et al. 2024): responses are good or bad on their own. Desirable: lambda_D (1 - sigma(beta (h - z0)));
/// undesirable: lambda_U (1 - sigma(beta (z0 - h))); z0 = max(0, mean h of mismatched pairs), without gradient. A pair
/// counts as one of each.
/// </summary>
public sealed record KtoLoss : PreferenceLoss, IUnpairedLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.kto";

    /// <inheritdoc/>
    public override bool NeedsMismatched => true;

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>lambda_D.</summary>
    [Description("Weight of desirable responses; lambda_D n_D / (lambda_U n_U) should lie between 1 and 4/3.")]
    [Range(0.0, 1e6)]
    public double DesirableWeight { get; init; } = 1;

    /// <summary>lambda_U.</summary>
    [Description("Weight of undesirable responses.")]
    [Range(0.0, 1e6)]
    public double UndesirableWeight { get; init; } = 1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch)
    {
        var mismatched = batch.MismatchedLogRatios ?? throw new UsageException($"{Name} measures its reference point by responses to other prompts, so a batch needs at least two examples. Raise the batch size.");
        var reference = ReferencePoint(mismatched);
        return 0.5 * (Desirable(batch.Chosen.LogRatio, reference) + Undesirable(batch.Rejected.LogRatio, reference));
    }

    /// <inheritdoc/>
    public bool TakesScores => false;

    /// <inheritdoc/>
    public Tensor UnpairedLosses(UnpairedBatch batch)
    {
        var reference = ReferencePoint(batch.MismatchedLogRatios ?? throw new UsageException($"{Name} measures its reference point by responses to other prompts."));
        var h = batch.Side.LogRatio;
        return where(batch.Feedback.gt(0.5), Desirable(h, reference), Undesirable(h, reference));
    }

    /// <summary>z0 = max(0, mean h(x, y')), without gradient.</summary>
    public static Tensor ReferencePoint(Tensor mismatched) => mismatched.detach().mean().clamp_min(0);

    /// <summary>lambda_D (1 - sigma(beta (h - z0))).</summary>
    public Tensor Desirable(Tensor h, Tensor reference) => DesirableWeight * (1 - (Beta * (h - reference)).sigmoid());

    /// <summary>lambda_U (1 - sigma(beta (z0 - h))).</summary>
    public Tensor Undesirable(Tensor h, Tensor reference) => UndesirableWeight * (1 - (Beta * (reference - h)).sigmoid());
}

/// <summary>
/// BCO (Jung et al. 2024): a binary classifier of good and bad, -log sigma(beta h_w - delta) and -log sigma(-(beta h_l - delta)),
/// delta the running mean of beta h, without gradient.
/// </summary>
public sealed record BcoLoss : PreferenceLoss, IUnpairedLoss
{
    private readonly RunningShift shift = new();

    /// <inheritdoc/>
    public override string Name => "pref.bco";

    /// <inheritdoc/>
    public override IStateful State => shift;

    /// <summary>beta.</summary>
    [Description("Weight of the reference; 0.01 to 0.1.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch)
    {
        var (chosen, rejected) = (Beta * batch.Chosen.LogRatio, Beta * batch.Rejected.LogRatio);
        var delta = shift.Update(0.5 * (chosen.mean().ToDouble() + rejected.mean().ToDouble()));
        return 0.5 * (NegativeLogSigmoid(chosen - delta) + NegativeLogSigmoid(-(rejected - delta)));
    }

    /// <inheritdoc/>
    public bool TakesScores => false;

    /// <inheritdoc/>
    public Tensor UnpairedLosses(UnpairedBatch batch)
    {
        var scaled = Beta * batch.Side.LogRatio;
        var good = batch.Feedback.gt(0.5);
        // Good and bad count alike in delta, however many there are of each.
        var sides = new[] { scaled.masked_select(good), scaled.masked_select(good.logical_not()) }.Where(side => side.NumberOfElements > 0).ToList();
        var delta = shift.Update(sides.Average(side => side.mean().ToDouble()));
        return where(good, NegativeLogSigmoid(scaled - delta), NegativeLogSigmoid(-(scaled - delta)));
    }

    /// <summary>The loss of each side for a given delta.</summary>
    public (Tensor Chosen, Tensor Rejected) WithShift(PreferenceBatch batch, double delta) =>
        (NegativeLogSigmoid(Beta * batch.Chosen.LogRatio - delta), NegativeLogSigmoid(-(Beta * batch.Rejected.LogRatio - delta)));

    /// <summary>The mean of beta h over what was seen, the recent past most.</summary>
    private sealed class RunningShift : IStateful
    {
        private const double Decay = 0.9;
        private double mean;
        private bool started;

        public double Update(double value)
        {
            mean = started ? Decay * mean + (1 - Decay) * value : value;
            started = true;
            return mean;
        }

        public void Exchange(StateExchange state)
        {
            state.Value(nameof(mean), ref mean);
            state.Value(nameof(started), ref started);
        }
    }
}

/// <summary>BCO on pairs: -log sigma(beta h_w) - log sigma(-beta h_l).</summary>
public sealed record BcoPairLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.bco_pair";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) =>
        NegativeLogSigmoid(Beta * batch.Chosen.LogRatio) + NegativeLogSigmoid(-Beta * batch.Rejected.LogRatio);
}

/// <summary>NCA (Chen et al. 2024): -log sigma(beta h_w) - 1/2 log sigma(-beta h_w) - 1/2 log sigma(-beta h_l): keeps the chosen response likely.</summary>
public sealed record NcaLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.nca";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.01;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch)
    {
        var (chosen, rejected) = (Beta * batch.Chosen.LogRatio, Beta * batch.Rejected.LogRatio);
        return NegativeLogSigmoid(chosen) + 0.5 * NegativeLogSigmoid(-chosen) + 0.5 * NegativeLogSigmoid(-rejected);
    }
}

/// <summary>SPPO (Wu et al. 2024): (h_w - 1 / (2 beta))^2 + (h_l + 1 / (2 beta))^2.</summary>
public sealed record SppoLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.sppo";

    /// <summary>beta.</summary>
    [Description("Weight of the reference: log-ratios are drawn to +-1 / (2 beta).")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 1e-3;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) =>
        (batch.Chosen.LogRatio - 0.5 / Beta).square() + (batch.Rejected.LogRatio + 0.5 / Beta).square();
}

/// <summary>APO-zero (D'Oosterlinck et al. 2024): 1 - sigma(beta h_w) + sigma(beta h_l): for data better than the policy.</summary>
public sealed record ApoZeroLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.apo_zero";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) => 1 - (Beta * batch.Chosen.LogRatio).sigmoid() + (Beta * batch.Rejected.LogRatio).sigmoid();
}

/// <summary>APO-down: sigma(beta h_w) + 1 - sigma(beta Delta): for data worse than the policy.</summary>
public sealed record ApoDownLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.apo_down";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) => (Beta * batch.Chosen.LogRatio).sigmoid() + 1 - (Beta * batch.Delta).sigmoid();
}
