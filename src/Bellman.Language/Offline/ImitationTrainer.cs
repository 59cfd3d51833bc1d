using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Supervised fine-tuning on chosen responses: the last step of every filter recipe. Loss: mean -log pi over response tokens.</summary>
public sealed class ImitationTrainer : OfflineTrainer
{
    private readonly IReadOnlyList<TokenExample> examples;

    /// <summary>A trainer over <paramref name="examples"/>, at least one.</summary>
    public ImitationTrainer(ILanguageModel model, IReadOnlyList<TokenExample> examples, OfflineTrainingOptions options, ulong seed = 0)
        : base(model, model.Trainable, options, seed)
    {
        if (examples.Count == 0) { throw new UsageException("There is nothing to imitate: no response was kept. Draw more samples a prompt, or lower the threshold."); }
        this.examples = examples;
    }

    /// <inheritdoc/>
    public override string Algorithm => "imitation";

    /// <inheritdoc/>
    protected override int Count => examples.Count;

    /// <inheritdoc/>
    protected override Tensor Loss(int[] batch, IMetricSink metrics) => SupervisedTerm.NegativeLogLikelihood(Model, [.. batch.Select(i => examples[i])]);
}
