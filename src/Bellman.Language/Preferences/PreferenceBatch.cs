using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>One side of preference pairs: [pairs, tokens] tensors.</summary>
/// <param name="LogProbabilities">l under the policy.</param>
/// <param name="Mask">Bool: response tokens up to and including the end token.</param>
/// <param name="Reference">l under the frozen reference; null without one.</param>
public sealed record PreferenceSide(Tensor LogProbabilities, Tensor Mask, Tensor? Reference = null)
{
    /// <summary>L = sum over the masked tokens of l: [pairs].</summary>
    public Tensor Sum => Reductions.Sum(LogProbabilities, Mask);

    /// <summary>L of the reference, without gradient: [pairs].</summary>
    /// <exception cref="UsageException">There is no reference.</exception>
    public Tensor ReferenceSum => Reductions.Sum((Reference ?? throw MissingReference.For("This preference loss")).detach(), Mask);

    /// <summary>h = L - L_ref: [pairs].</summary>
    public Tensor LogRatio => Sum - ReferenceSum;

    /// <summary>n: masked tokens, in the type of the log-probabilities: [pairs].</summary>
    public Tensor Count => Mask.sum(1).to(LogProbabilities.dtype);

    /// <summary>L / n: [pairs].</summary>
    public Tensor Average => Reductions.Mean(LogProbabilities, Mask);
}

/// <summary>Preference pairs: the chosen and the rejected response to the same prompt, and what is known about them besides.</summary>
public sealed record PreferenceBatch(PreferenceSide Chosen, PreferenceSide Rejected)
{
    /// <summary>Delta = h_w - h_l: [pairs].</summary>
    public Tensor Delta => Chosen.LogRatio - Rejected.LogRatio;

    /// <summary>Reward of each chosen response, where scores are known: [pairs].</summary>
    public Tensor? ChosenScores { get; init; }

    /// <summary>Reward of each rejected response, where scores are known: [pairs].</summary>
    public Tensor? RejectedScores { get; init; }

    /// <summary>Probability that the chosen response is the better one, where labels are soft: [pairs].</summary>
    public Tensor? Strengths { get; init; }

    /// <summary>Weighted difference of the other rewards, w_{-k} (r_w - r_l): [pairs]; for modpo.</summary>
    public Tensor? OtherMargins { get; init; }

    /// <summary>h of responses that belong to other prompts: what KTO measures its reference point by. [any].</summary>
    public Tensor? MismatchedLogRatios { get; init; }

    /// <summary>KL(reference || policy) of each token's distribution, exact over the vocabulary: [pairs, tokens]; for tdpo.</summary>
    public Tensor? ChosenDivergences { get; init; }

    /// <inheritdoc cref="ChosenDivergences"/>
    public Tensor? RejectedDivergences { get; init; }

    /// <summary>log sum over the vocabulary of pi^2 at each token: [pairs, tokens]; for wpo.</summary>
    public Tensor? ChosenCollisions { get; init; }

    /// <inheritdoc cref="ChosenCollisions"/>
    public Tensor? RejectedCollisions { get; init; }

    /// <summary>r_w - r_l, where scores are known.</summary>
    /// <exception cref="UsageException">They are not.</exception>
    public Tensor ScoreDifference => (ChosenScores ?? throw MissingScores()) - (RejectedScores ?? throw MissingScores());

    private static UsageException MissingScores() =>
        new("This preference loss needs the reward of each response, and the data have none. Give pairs with scores (score_chosen, score_rejected), or choose a loss that needs only the order, e.g. dpo.");
}
