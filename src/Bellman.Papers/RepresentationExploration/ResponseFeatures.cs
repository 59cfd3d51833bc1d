using Bellman.Language;
using static TorchSharp.torch;

namespace Bellman.Papers.RepresentationExploration;

/// <summary>How the hidden states of a response become one vector.</summary>
public enum FeaturePooling
{
    /// <summary>Their mean: more than twice as sample-efficient in the paper.</summary>
    Mean,

    /// <summary>The last one.</summary>
    Last,
}

/// <summary>hbar(x, y) = (1/T) sum_t h(x, y_1..t): the mean of the last hidden states, after the final norm, at the response's own tokens.</summary>
public static class ResponseFeatures
{
    private const int RowsAtOnce = 128;

    /// <summary>One vector of the model's hidden size a response.</summary>
    /// <param name="model">The frozen feature model; no gradient is taken.</param>
    /// <param name="responses">Context, response, and which of its tokens the policy wrote (an environment's words are not pooled).</param>
    /// <param name="pooling">Mean or last.</param>
    /// <exception cref="BellmanException">A response has no tokens, or the model no hidden states.</exception>
    public static IReadOnlyList<float[]> Of(ILanguageModel model, IReadOnlyList<(int[] Context, int[] Response, bool[] Mask)> responses, FeaturePooling pooling = FeaturePooling.Mean)
    {
        if (model.HiddenSize == 0) { throw new UsageException("The model has no hidden states (a table has none). Exploration by representations needs a transformer."); }
        foreach (var (_, response, mask) in responses)
        {
            if (response.Length == 0 || !mask.Contains(true)) { throw new BellmanException("A response of length 0 has no representation. Let responses have at least their end token."); }
        }
        return [.. responses.Chunk(RowsAtOnce).SelectMany(part => Pool(model, part, pooling))];
    }

    private static List<float[]> Pool(ILanguageModel model, (int[] Context, int[] Response, bool[] Mask)[] rows, FeaturePooling pooling)
    {
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        // A score's hidden state is that which predicts its column's token, i.e. of the token before: what lies at the last
        // token predicts one more, whose value does not matter.
        var tokens = rows.Select(row => Fitting(model, [.. row.Context, .. row.Response, row.Response[^1]])).ToList();
        var batch = new TokenBatch(tokens, [.. rows.Select((row, i) => tokens[i].Select((_, column) => IsPooled(row, column - 1)).ToArray())]);
        var hidden = (model.Score(batch, outputs: ScoreOutputs.Hidden).Hidden ?? throw new InvalidOperationException("The model gave no hidden states.")).cpu().data<float>().ToArray();
        return [.. rows.Select((row, i) => Pool(hidden, i * batch.Length, batch.Length, column => IsPooled(row, column - 1), model.HiddenSize, pooling))];
    }

    private static bool IsPooled((int[] Context, int[] Response, bool[] Mask) row, int place)
    {
        var at = place - row.Context.Length;
        return at >= 0 && at < row.Response.Length && row.Mask[at];
    }

    // A response that fills the context to its end lacks the state at its very last token.
    private static int[] Fitting(ILanguageModel model, int[] tokens) => tokens.Length > model.ContextLength ? tokens[..model.ContextLength] : tokens;

    private static float[] Pool(float[] hidden, int start, int length, Func<int, bool> pooled, int size, FeaturePooling pooling)
    {
        var sum = new double[size];
        var count = 0;
        for (var column = 0; column < length; column++)
        {
            if (!pooled(column)) { continue; }
            if (pooling == FeaturePooling.Last) { (count, sum) = (0, new double[size]); }
            var values = hidden.AsSpan((start + column) * size, size);
            for (var i = 0; i < size; i++) { sum[i] += values[i]; }
            count++;
        }
        return Array.ConvertAll(sum, value => (float)(value / Math.Max(1, count)));
    }
}
