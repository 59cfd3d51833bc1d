using System.ComponentModel;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>The plain policy gradient (Williams 1992): q = -sg[A] l. On-policy: one step a batch.</summary>
public sealed record ReinforceObjective : IPolicyObjective
{
    /// <inheritdoc/>
    public string Name => "loss.pg";

    /// <inheritdoc/>
    [Description("How token losses become one number; the token sum is the gradient of the sequence's probability.")]
    public Reduction Reduction { get; init; } = Reduction.SequenceMeanTokenSum;

    /// <inheritdoc/>
    public Tensor TokenLosses(PolicyBatch batch, IMetricSink metrics) => -batch.FixedAdvantages * batch.LogProbabilities;
}
