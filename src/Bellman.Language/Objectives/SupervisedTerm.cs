using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// A supervised loss beside the policy's own: PPO-ptx's pretraining text (gamma mean -log pi) and the hybrids'
/// demonstrations. The next batch of examples is drawn each time from a stream that travels in checkpoints.
/// </summary>
public sealed class SupervisedTerm : ILossTerm, IStateful
{
    private readonly ILanguageModel model;
    private readonly IReadOnlyList<TokenExample> examples;
    private readonly double coefficient;
    private readonly int batchSize;
    private readonly RandomStream random;

    /// <summary>A term over <paramref name="examples"/>.</summary>
    /// <param name="model">The policy.</param>
    /// <param name="examples">At least one.</param>
    /// <param name="coefficient">gamma_ptx (27.8 in InstructGPT) or mu of a hybrid.</param>
    /// <param name="batchSize">Examples a step.</param>
    /// <param name="random">Which examples.</param>
    public SupervisedTerm(ILanguageModel model, IReadOnlyList<TokenExample> examples, double coefficient, int batchSize, RandomStream random)
    {
        if (examples.Count == 0) { throw new UsageException("A supervised term needs at least one example. Give texts or demonstrations, or leave the term out."); }
        (this.model, this.examples, this.coefficient, this.batchSize, this.random) = (model, examples, coefficient, batchSize, random);
    }

    /// <inheritdoc/>
    public string Name => "term.ptx";

    /// <inheritdoc/>
    public Tensor Loss(PolicyBatch batch, IMetricSink metrics)
    {
        var drawn = Enumerable.Range(0, batchSize).Select(_ => examples[random.NextInt32(examples.Count)]).ToList();
        var loss = NegativeLogLikelihood(model, drawn);
        metrics.Add("loss/supervised", loss.ToDouble());
        return coefficient * loss;
    }

    /// <summary>Mean of -log pi over the response tokens of the examples.</summary>
    public static Tensor NegativeLogLikelihood(ILanguageModel model, IReadOnlyList<TokenExample> examples)
    {
        var tokens = TokenExample.Batch(examples);
        var scores = model.Score(tokens).LogProbabilities;
        return -Reductions.TokenMean(scores, tensor(tokens.Mask, [tokens.Rows, tokens.Length]).to(scores.device));
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Part("random", random);
}

/// <summary>A prompt and a response as token ids: a demonstration, or plain text with the first token as its prompt.</summary>
/// <param name="Prompt">At least one token; never scored.</param>
/// <param name="Response">Scored, the end token included.</param>
/// <param name="ResponseMask">Which response tokens are scored; null for all.</param>
public sealed record TokenExample(int[] Prompt, int[] Response, bool[]? ResponseMask = null)
{
    /// <summary>Rows side by side.</summary>
    public static TokenBatch Batch(IReadOnlyList<TokenExample> examples) => new(
        [.. examples.Select(example => (int[])[.. example.Prompt, .. example.Response])],
        [.. examples.Select(example => (bool[])[.. new bool[example.Prompt.Length], .. example.ResponseMask ?? Enumerable.Repeat(true, example.Response.Length)])]);
}
