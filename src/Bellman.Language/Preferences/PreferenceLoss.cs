using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// A loss over preference pairs (survey table 3.6). Log-ratios are sums over tokens unless the loss says average; the
/// reference carries no gradient.
/// </summary>
public abstract record PreferenceLoss
{
    /// <summary>The key in the registry, e.g. <c>pref.dpo</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether a frozen reference is compared with.</summary>
    public virtual bool NeedsReference => true;

    /// <summary>Whether responses to other prompts must be scored as well (KTO).</summary>
    public virtual bool NeedsMismatched => false;

    /// <summary>What the model must return besides log-probabilities; logits of policy and reference for tdpo and wpo.</summary>
    public virtual ScoreOutputs Needs => ScoreOutputs.None;

    /// <summary>The loss of each pair: [pairs].</summary>
    public abstract Tensor Losses(PreferenceBatch batch);

    /// <summary>Something with state that travels in checkpoints (a running mean), or null.</summary>
    public virtual IStateful? State => null;

    /// <summary>-log sigma(x).</summary>
    protected static Tensor NegativeLogSigmoid(Tensor x) => -nn.functional.logsigmoid(x);

    /// <summary>-L_w / sum of n over the batch, times the pairs: its mean over pairs is the token mean over the batch.</summary>
    protected static Tensor TokenMeanNll(PreferenceSide side)
    {
        var counts = side.Count;
        return -side.Sum / counts.mean();
    }
}
