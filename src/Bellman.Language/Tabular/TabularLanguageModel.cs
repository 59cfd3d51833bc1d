using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>The size of a <see cref="TabularLanguageModel"/>.</summary>
/// <param name="PromptAlphabet">Prompts are strings over the tokens 0 to this - 1.</param>
/// <param name="PromptLength">Their length.</param>
/// <param name="Vocabulary">Response tokens are 0 to this - 1.</param>
/// <param name="ResponseLength">Responses end with the end token, or are cut after this many tokens.</param>
/// <param name="EndToken">Ends a response.</param>
public sealed record TabularShape(int PromptAlphabet, int PromptLength, int Vocabulary, int ResponseLength, int EndToken)
{
    /// <summary>Number of prompts.</summary>
    public int Prompts => (int)Math.Pow(PromptAlphabet, PromptLength);

    /// <summary>Prefixes of a response that something can follow: all strings shorter than a whole response.</summary>
    public int Prefixes => Enumerable.Range(0, ResponseLength).Sum(length => (int)Math.Pow(Vocabulary, length));

    /// <summary>The prompt's row of the table, from its tokens.</summary>
    public int PromptIndex(ReadOnlySpan<int> prompt)
    {
        if (prompt.Length != PromptLength) { throw new UsageException($"A prompt of this table has {PromptLength} tokens, not {prompt.Length}."); }
        var index = 0;
        foreach (var token in prompt)
        {
            if (token < 0 || token >= PromptAlphabet) { throw new UsageException($"Token {token} is not in the prompts' alphabet of {PromptAlphabet}."); }
            index = index * PromptAlphabet + token;
        }
        return index;
    }

    /// <summary>A prompt's tokens, from its row.</summary>
    public int[] Prompt(int index)
    {
        var prompt = new int[PromptLength];
        for (var i = PromptLength - 1; i >= 0; i--, index /= PromptAlphabet) { prompt[i] = index % PromptAlphabet; }
        return prompt;
    }

    /// <summary>Where the prefix lies among all prefixes: shorter ones first.</summary>
    public int PrefixIndex(ReadOnlySpan<int> prefix)
    {
        var (offset, size, index) = (0, 1, 0);
        foreach (var token in prefix)
        {
            offset += size;
            size *= Vocabulary;
            index = index * Vocabulary + token;
        }
        return offset + index;
    }
}

/// <summary>
/// A language model that is a table of logits for each prompt and prefix: small enough that every response can be
/// enumerated, so that distributions, expectations, divergences and optima are exact. It stands in for a transformer
/// in the same pipeline.
/// </summary>
public sealed class TabularLanguageModel : ILanguageModel
{
    private readonly float[] values;
    private readonly Tensor logits;

    /// <summary>A uniform distribution.</summary>
    public TabularLanguageModel(TabularShape shape)
    {
        TorchRuntime.EnsureLoaded();
        Shape = shape;
        values = GC.AllocateArray<float>(shape.Prompts * shape.Prefixes * shape.Vocabulary, pinned: true);
        using var scope = NewDisposeScope();
        logits = frombuffer(values, ScalarType.Float32).view(shape.Prompts * shape.Prefixes, shape.Vocabulary).requires_grad_().DetachFromDisposeScope();
    }

    /// <summary>Its size.</summary>
    public TabularShape Shape { get; }

    /// <summary>Logits [prompts x prefixes x vocabulary]: the memory itself, which may be written between uses.</summary>
    public Span<float> Logits => values;

    /// <inheritdoc/>
    public int VocabularySize => Shape.Vocabulary;

    /// <inheritdoc/>
    public int ContextLength => Shape.PromptLength + Shape.ResponseLength;

    /// <inheritdoc/>
    public int HiddenSize => 0;

    /// <inheritdoc/>
    public IReadOnlyList<NamedTensor> Trainable => [new("logits", logits)];

    /// <summary>The logits after a prefix.</summary>
    public ReadOnlySpan<float> LogitsAfter(int prompt, ReadOnlySpan<int> prefix) =>
        values.AsSpan((prompt * Shape.Prefixes + Shape.PrefixIndex(prefix)) * Shape.Vocabulary, Shape.Vocabulary);

    /// <inheritdoc/>
    public TokenScores Score(TokenBatch batch, double temperature = 1, ScoreOutputs outputs = ScoreOutputs.None)
    {
        using var scope = NewDisposeScope();
        var (rows, positions, tokens) = Places(batch);
        if (rows.Length == 0)
        {
            var nothing = zeros(batch.Rows, batch.Length);
            return new TokenScores(nothing.MoveToOuterDisposeScope(), null, null, null);
        }
        var scaled = logits.index_select(0, tensor(rows)) / temperature;
        var logProbabilities = scaled.log_softmax(1);
        var place = tensor(positions);
        Tensor Spread(Tensor scores, int width) => zeros(batch.Rows * batch.Length, width).index_copy(0, place, scores.view(-1, width));
        Tensor Grid(Tensor scores) => Spread(scores, 1).view(batch.Rows, batch.Length).MoveToOuterDisposeScope();
        return new TokenScores(
            Grid(logProbabilities.gather(1, tensor(tokens).unsqueeze(1))),
            outputs.HasFlag(ScoreOutputs.Entropies) ? Grid(-(logProbabilities.exp() * logProbabilities).sum(1)) : null,
            outputs.HasFlag(ScoreOutputs.Hidden) ? throw new UsageException("A table of logits has no hidden states. Use a transformer for methods that read them.") : null,
            outputs.HasFlag(ScoreOutputs.Logits) ? Spread(scaled, Shape.Vocabulary).view(batch.Rows, batch.Length, Shape.Vocabulary).MoveToOuterDisposeScope() : null);
    }

    /// <summary>The table's rows of the scored positions, their places in the batch, and the tokens there.</summary>
    internal (long[] Rows, long[] Positions, long[] Tokens) Places(TokenBatch batch)
    {
        List<long> rows = [], positions = [], tokens = [];
        for (var row = 0; row < batch.Rows; row++)
        {
            var sequence = batch.Tokens.AsSpan(row * batch.Length, batch.Lengths[row]);
            if (sequence.Length > ContextLength) { throw new UsageException($"A sequence of {sequence.Length} tokens is longer than the table's {ContextLength}."); }
            var prompt = Shape.PromptIndex(sequence[..Math.Min(Shape.PromptLength, sequence.Length)]);
            for (var t = Shape.PromptLength; t < sequence.Length; t++)
            {
                if (!batch.Mask[row * batch.Length + t]) { continue; }
                rows.Add((long)prompt * Shape.Prefixes + Shape.PrefixIndex(sequence[Shape.PromptLength..t]));
                positions.Add((long)row * batch.Length + t);
                tokens.Add(sequence[t]);
            }
        }
        return ([.. rows], [.. positions], [.. tokens]);
    }

    /// <inheritdoc/>
    public ILanguageModel Copy() => CopyTable();

    /// <inheritdoc cref="Copy"/>
    public TabularLanguageModel CopyTable()
    {
        var copy = new TabularLanguageModel(Shape);
        values.CopyTo(copy.values, 0);
        return copy;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Array<float>("logits", values);

    /// <inheritdoc/>
    public void Dispose() => logits.Dispose();
}
