using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Logged responses with what a loss may compare.</summary>
/// <param name="Side">Log-probabilities under policy and reference.</param>
/// <param name="Rewards">[rows]: of the whole response.</param>
/// <param name="Returns">[rows, tokens]: what is paid from each token on.</param>
public sealed record LoggedBatch(PreferenceSide Side, Tensor Rewards, Tensor Returns)
{
    /// <summary>V [rows, tokens] before each token; for losses with a critic.</summary>
    public Tensor? Values { get; init; }

    /// <summary>V*(x) from the reference's samples: [rows]; for losses that know it beforehand.</summary>
    public Tensor? OptimalValues { get; init; }
}

/// <summary>
/// A loss over logged responses whose minimum is the optimum of E[r] - beta KL(pi || pi_ref), whoever gave the responses: it draws the
/// optimum's own equation, r = V* + beta h, to hold along every one of them.
/// </summary>
public abstract record LoggedLoss
{
    /// <summary>The key in the registry.</summary>
    public abstract string Name { get; }

    /// <summary>Whether a critic is trained beside the policy.</summary>
    public virtual bool NeedsValues => true;

    /// <summary>beta of V*(x), where it is computed from several responses to each prompt beforehand; null where it is not.</summary>
    public virtual double? OptimalValueBeta => null;

    /// <summary>The loss of each response: [rows].</summary>
    public abstract Tensor Losses(LoggedBatch batch);

    /// <summary>The critic's values of a batch.</summary>
    protected Tensor Values(LoggedBatch batch) => batch.Values ?? throw new UsageException($"{Name} reads a critic. Give the trainer one.");
}

/// <summary>DRO (Richemond et al. 2024): 1/2 (r - V(x) - tau h)^2, V learned beside the policy.</summary>
public sealed record DroLoss : LoggedLoss
{
    /// <inheritdoc/>
    public override string Name => "loss.dro";

    /// <summary>tau.</summary>
    [Description("Weight of the divergence from the reference: smaller goes further for reward.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Tau { get; init; } = 0.5;

    /// <inheritdoc/>
    public override Tensor Losses(LoggedBatch batch)
    {
        // V(x) is the value before the first token of the response.
        var first = batch.Side.Mask.to(ScalarType.Int64).argmax(1, keepdim: true);
        return PathConsistency.Dro(batch.Rewards, Values(batch).gather(1, first).squeeze(1), batch.Side.LogRatio, Tau);
    }
}

/// <summary>OREO (Wang et al. 2024): (V(s_t) - R_t + beta sum_{i >= t} h_i)^2 at every token, its mean over a response.</summary>
public sealed record OreoLoss : LoggedLoss
{
    /// <inheritdoc/>
    public override string Name => "loss.oreo";

    /// <summary>beta.</summary>
    [Description("Weight of the divergence from the reference: smaller goes further for reward.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.5;

    /// <inheritdoc/>
    public override Tensor Losses(LoggedBatch batch)
    {
        var reference = batch.Side.Reference ?? throw MissingReference.For(Name);
        return Reductions.Mean(PathConsistency.Oreo(Values(batch), batch.Returns, batch.Side.LogProbabilities - reference.detach(), batch.Side.Mask, Beta), batch.Side.Mask);
    }
}

/// <summary>A*-PO (Brantley et al. 2025): (beta h - (r - V*(x)))^2, V* from the reference's samples before training.</summary>
public sealed record OptimalAdvantageLoss : LoggedLoss
{
    /// <inheritdoc/>
    public override string Name => "loss.apo_star";

    /// <inheritdoc/>
    public override bool NeedsValues => false;

    /// <inheritdoc/>
    public override double? OptimalValueBeta => ValueBeta;

    /// <summary>beta_1.</summary>
    [Description("The weight of the divergence by which V* is estimated: V* = beta log mean exp(r / beta) over a prompt's responses.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double ValueBeta { get; init; } = 0.5;

    /// <summary>beta_2.</summary>
    [Description("Weight of the divergence from the reference in the regression.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.5;

    /// <inheritdoc/>
    public override Tensor Losses(LoggedBatch batch) => PathConsistency.OptimalAdvantage(
        batch.Side.LogRatio, batch.Rewards, batch.OptimalValues ?? throw new UsageException($"{Name} needs V* of each prompt."), Beta);
}
