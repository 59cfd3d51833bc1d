namespace Bellman.Language;

/// <summary>Draws responses from a <see cref="TabularLanguageModel"/>.</summary>
public sealed class TabularSampler(TabularLanguageModel model) : ISampler
{
    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, CancellationToken cancellation = default)
    {
        if (options.TopK != 0 || options.TopP < 1 || options.MinP > 0 || options.RepetitionPenalty != 1 || options.StopTexts.Length > 0)
        {
            throw new UsageException("A table of logits is sampled whole: top-k, top-p, min-p, a repetition penalty and stop texts are not available. Leave them out.");
        }
        var results = new List<IReadOnlyList<Completion>>(prompts.Count);
        foreach (var prompt in prompts)
        {
            cancellation.ThrowIfCancellationRequested();
            var index = model.Shape.PromptIndex(prompt.Tokens);
            results.Add([.. Enumerable.Range(0, prompt.Samples).Select(sample => Draw(index, prompt.Random.Child("sample", sample), options))]);
        }
        return results;
    }

    private Completion Draw(int prompt, RandomStream random, SamplingOptions options)
    {
        var shape = model.Shape;
        var limit = Math.Min(shape.ResponseLength, options.MaximumNewTokens);
        List<int> tokens = [];
        List<float> logProbabilities = [], entropies = [];
        Span<double> logs = stackalloc double[shape.Vocabulary];
        Span<double> weights = stackalloc double[shape.Vocabulary];
        while (tokens.Count < limit)
        {
            Softmax.Log(model.LogitsAfter(prompt, tokens.ToArray()), options.Temperature > 0 ? options.Temperature : 1, logs);
            var entropy = 0.0;
            for (var i = 0; i < logs.Length; i++)
            {
                weights[i] = Math.Exp(logs[i]);
                entropy -= weights[i] * logs[i];
            }
            var token = options.Temperature > 0 ? random.NextCategorical(weights) : Softmax.Largest(logs);
            tokens.Add(token);
            logProbabilities.Add((float)logs[token]);
            entropies.Add((float)entropy);
            if (token == shape.EndToken || options.StopTokens.Contains(token)) { return new Completion([.. tokens], [.. logProbabilities], [.. entropies], FinishReason.EndToken); }
        }
        return new Completion([.. tokens], [.. logProbabilities], [.. entropies], FinishReason.Length);
    }
}

/// <summary>Log-softmax over plain numbers.</summary>
internal static class Softmax
{
    public static void Log(ReadOnlySpan<float> logits, double temperature, Span<double> logs)
    {
        var largest = double.NegativeInfinity;
        foreach (var logit in logits) { largest = Math.Max(largest, logit / temperature); }
        var sum = 0.0;
        foreach (var logit in logits) { sum += Math.Exp(logit / temperature - largest); }
        var normalizer = largest + Math.Log(sum);
        for (var i = 0; i < logits.Length; i++) { logs[i] = logits[i] / temperature - normalizer; }
    }

    /// <summary>The index of the largest value, the first among equals.</summary>
    public static int Largest(ReadOnlySpan<double> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++) { if (values[i] > values[best]) { best = i; } }
        return best;
    }
}
