using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>XPO (Xie et al. 2024): dpo on (policy's sample, reference's sample) + alpha L(y_ref): optimism about what the reference would not say.</summary>
public sealed record ExploratoryPreferenceLoss : PreferenceLoss
{
    /// <inheritdoc/>
    public override string Name => "pref.xpo";

    /// <summary>beta.</summary>
    [Description("Weight of the reference.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Beta { get; init; } = 0.1;

    /// <summary>alpha.</summary>
    [Description("Weight of the exploration: how much the reference's own sample is made less likely.")]
    [Range(0.0, 1e6)]
    public double Exploration { get; init; } = 0.01;

    /// <inheritdoc/>
    public override Tensor Losses(PreferenceBatch batch) => NegativeLogSigmoid(Beta * batch.Delta) + Exploration * batch.Rejected.Sum;
}

/// <summary>Nash-MD (Munos et al. 2023): the opponent is the geometric mixture of policy and reference.</summary>
public static class NashMirrorDescent
{
    /// <summary>log of pi^{1-a} pi_ref^a / Z, over the last axis.</summary>
    /// <param name="policy">log-probabilities (or logits).</param>
    /// <param name="reference">log-probabilities (or logits).</param>
    /// <param name="share">a: 0 is the policy, 1 the reference.</param>
    public static Tensor Mixture(Tensor policy, Tensor reference, double share) => ((1 - share) * policy + share * reference).log_softmax(-1);

    /// <summary>-(P(y beats y') - 1/2) L(y) + beta KL, per response: what is descended.</summary>
    /// <param name="logProbabilities">L(y): [rows].</param>
    /// <param name="winProbabilities">P(y beats y'): [rows].</param>
    /// <param name="divergence">KL to the reference: [rows].</param>
    /// <param name="beta">Weight of the divergence.</param>
    public static Tensor Losses(Tensor logProbabilities, Tensor winProbabilities, Tensor divergence, double beta) =>
        -(winProbabilities.detach() - 0.5) * logProbabilities + beta * divergence;
}

/// <summary>Online preferences: the best and the worst of several judged responses make a pair.</summary>
public static class OnlinePairs
{
    /// <summary>Indices of the best and the worst score; null when all are equal or fewer than two are known, because then nothing is preferred.</summary>
    public static (int Chosen, int Rejected)? BestAndWorst(IReadOnlyList<double> scores)
    {
        var known = Enumerable.Range(0, scores.Count).Where(i => !double.IsNaN(scores[i])).ToList();
        if (known.Count < 2) { return null; }
        var chosen = known.MaxBy(i => scores[i]);
        var rejected = known.MinBy(i => scores[i]);
        return scores[chosen] > scores[rejected] ? (chosen, rejected) : null;
    }
}
