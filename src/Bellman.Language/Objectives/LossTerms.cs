using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>+ beta KL in the loss, by a chosen estimator, reduced like the objective it is added to.</summary>
public sealed record KlTerm : ILossTerm
{
    /// <inheritdoc/>
    public string Name => "term.kl";

    /// <inheritdoc/>
    public bool NeedsReference => true;

    /// <summary>beta.</summary>
    [Description("Weight of the divergence from the reference; larger stays nearer to it. Usually 0.001 to 0.04.")]
    [Range(0.0, 1e6)]
    public double Coefficient { get; init; } = 0.04;

    /// <summary>Which estimate.</summary>
    [Description("The estimate: k3 as GRPO (its gradient is not the KL's), k2 or k3StraightThrough for the KL's own gradient.")]
    public KlEstimator Estimator { get; init; } = KlEstimator.K3;

    /// <summary>How token values become one number.</summary>
    [Description("How token values become one number.")]
    public Reduction Reduction { get; init; } = Reduction.SequenceMeanTokenMean;

    /// <inheritdoc/>
    public Tensor Loss(PolicyBatch batch, IMetricSink metrics)
    {
        var reference = batch.ReferenceLogProbabilities ?? throw MissingReference.For(Name);
        var estimate = KullbackLeibler.Estimate(Estimator, batch.LogProbabilities, reference);
        return Coefficient * Reductions.Apply(Reduction, estimate, batch.Mask, batch.MaximumTokens);
    }
}

/// <summary>- c H: keeps the policy from becoming certain too early.</summary>
public sealed record EntropyTerm : ILossTerm
{
    /// <inheritdoc/>
    public string Name => "term.entropy";

    /// <inheritdoc/>
    public ScoreOutputs Needs => ScoreOutputs.Entropies;

    /// <summary>c.</summary>
    [Description("Weight of the entropy bonus; larger explores more. Usually 0 to 0.01.")]
    [Range(-1e6, 1e6)]
    public double Coefficient { get; init; } = 0.001;

    /// <inheritdoc/>
    public Tensor Loss(PolicyBatch batch, IMetricSink metrics) =>
        -Coefficient * Reductions.TokenMean(batch.Entropies ?? throw new InvalidOperationException($"{Name} needs the entropies that it asked for."), batch.Mask);
}

/// <summary>mu NLL over the tokens of correct responses only (VAPO): imitates what already succeeds.</summary>
public sealed record PositiveExampleTerm : ILossTerm
{
    /// <inheritdoc/>
    public string Name => "term.nll_correct";

    /// <summary>mu.</summary>
    [Description("Weight of imitating the correct responses of the batch; 0.1 in VAPO.")]
    [Range(0.0, 1e6)]
    public double Coefficient { get; init; } = 0.1;

    /// <summary>The reward from which a response counts as correct.</summary>
    [Description("Responses with at least this reward count as correct.")]
    public double Threshold { get; init; } = 1;

    /// <inheritdoc/>
    public Tensor Loss(PolicyBatch batch, IMetricSink metrics)
    {
        var correct = tensor(batch.Rollouts.Select(rollout => rollout.Reward >= Threshold).ToArray()).to(batch.Mask.device).unsqueeze(1);
        return -Coefficient * Reductions.TokenMean(batch.LogProbabilities, batch.Mask.logical_and(correct));
    }
}

/// <summary>The critic's loss as a term: c_v 1/2 max((v - R)^2, (clip(v, v_old +- epsilon) - R)^2), over the masked tokens.</summary>
public sealed record ValueTerm : ILossTerm
{
    /// <inheritdoc/>
    public string Name => "term.value";

    /// <summary>c_v.</summary>
    [Description("Weight of the critic's loss.")]
    [Range(0.0, 1e6)]
    public double Coefficient { get; init; } = 1;

    /// <summary>epsilon_v; null for no clip.</summary>
    [Description("How far a value may move from what it was when the rollouts were drawn; none for no bound.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double? Clip { get; init; } = 0.2;

    /// <inheritdoc/>
    public Tensor Loss(PolicyBatch batch, IMetricSink metrics)
    {
        if (batch.Values is not { } values || batch.Returns is not { } returns)
        {
            throw new InvalidOperationException($"{Name} needs a critic and its returns: add one with Critic(...) and assign credit by adv.gae or adv.vapo.");
        }
        return Coefficient * Reductions.TokenMean(TokenLosses(values, batch.OldValues, returns, Clip), batch.Mask);
    }

    /// <summary>1/2 max((v - R)^2, (clip(v, v_old +- epsilon) - R)^2) for each token.</summary>
    public static Tensor TokenLosses(Tensor values, Tensor? oldValues, Tensor returns, double? clip)
    {
        var error = (values - returns.detach()).square();
        if (clip is { } epsilon && oldValues is not null)
        {
            var old = oldValues.detach();
            var bounded = old + (values - old).clamp(-epsilon, epsilon);
            error = maximum(error, (bounded - returns.detach()).square());
        }
        return 0.5 * error;
    }
}

/// <summary>The refusal of a part that needs a reference that nobody gave.</summary>
internal static class MissingReference
{
    public static UsageException For(string name) =>
        new($"{name} compares the policy with a frozen reference, and there is none. Give one (a copy of the model before training), or choose a loss that needs none: cpo, orpo, simpo, slic, rrhf, pro.");
}
