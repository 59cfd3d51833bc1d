using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// What an objective sees of one mini-batch: tensors [rows, tokens] whose columns belong to the rows' tokens, and the
/// rollouts behind them. Only <see cref="LogProbabilities"/>, <see cref="Entropies"/>, <see cref="Hidden"/>,
/// <see cref="Logits"/> and <see cref="Values"/> carry gradients.
/// </summary>
public sealed class PolicyBatch
{
    // exp(20) is far outside every trust region; beyond it only overflow waits.
    private const double RatioLimit = 20;

    /// <summary>l of the policy being trained.</summary>
    public required Tensor LogProbabilities { get; init; }

    /// <summary>l of the policy that drew the tokens.</summary>
    public required Tensor OldLogProbabilities { get; init; }

    /// <summary>A, one for each token.</summary>
    public required Tensor Advantages { get; init; }

    /// <summary>Bool: true for response tokens up to and including the end token, false for prompts, tools' words and padding.</summary>
    public required Tensor Mask { get; init; }

    /// <summary>l of the frozen reference; null when nothing needs it.</summary>
    public Tensor? ReferenceLogProbabilities { get; init; }

    /// <summary>Entropy of the distribution of each token; null unless a part asked for it.</summary>
    public Tensor? Entropies { get; init; }

    /// <summary>[rows, tokens, hidden size]; null unless a part asked for it.</summary>
    public Tensor? Hidden { get; init; }

    /// <summary>[rows, tokens, vocabulary]; null unless a part asked for it.</summary>
    public Tensor? Logits { get; init; }

    /// <summary>The critic's values; null without one.</summary>
    public Tensor? Values { get; init; }

    /// <summary>The critic's values when the rollouts were drawn; null without one.</summary>
    public Tensor? OldValues { get; init; }

    /// <summary>What the critic should predict; null without one.</summary>
    public Tensor? Returns { get; init; }

    /// <summary>The longest response allowed, T_max; the number of columns if 0.</summary>
    public int MaximumTokens { get; init; }

    /// <summary>The rollouts of the rows; empty where only tensors were given.</summary>
    public IReadOnlyList<Rollout> Rollouts { get; init; } = [];

    /// <summary>log rho = l - l_old inside the mask, 0 elsewhere, within +-20.</summary>
    public Tensor LogRatio => Reductions.Select(LogProbabilities - OldLogProbabilities.detach(), Mask).clamp(-RatioLimit, RatioLimit);

    /// <summary>A without gradient and without padding.</summary>
    public Tensor FixedAdvantages => Reductions.Select(Advantages.detach(), Mask);
}
