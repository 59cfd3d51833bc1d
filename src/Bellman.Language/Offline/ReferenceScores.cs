using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>A reference's log-probabilities of a whole data set, computed once: [example][token of prompt and response].</summary>
internal static class ReferenceScores
{
    public static float[][] Precompute(ILanguageModel reference, IReadOnlyList<TokenExample> examples, int batchSize)
    {
        var scores = new float[examples.Count][];
        for (var first = 0; first < examples.Count; first += batchSize)
        {
            using var scope = NewDisposeScope();
            using var withoutGradients = no_grad();
            var part = examples.Skip(first).Take(batchSize).ToList();
            var batch = TokenExample.Batch(part);
            var values = reference.Score(batch).LogProbabilities.ToDoubles();
            for (var row = 0; row < part.Count; row++)
            {
                scores[first + row] = Array.ConvertAll(values[(row * batch.Length)..(row * batch.Length + batch.Lengths[row])], value => (float)value);
            }
        }
        return scores;
    }

    /// <summary>Those of some examples side by side: [rows, length].</summary>
    public static Tensor Rows(int[] batch, float[][] scores, int length)
    {
        var table = new float[batch.Length * length];
        for (var row = 0; row < batch.Length; row++) { scores[batch[row]].CopyTo(table, row * length); }
        return tensor(table, [batch.Length, length]);
    }

    /// <summary>The reference as it was when training began: the model that it was made of has moved on by the time a run is resumed.</summary>
    public static void Exchange(StateExchange state, string name, float[][] scores)
    {
        var flat = scores.SelectMany(row => row).ToArray();
        state.Array<float>(name, flat);
        if (!state.IsLoading) { return; }
        var position = 0;
        foreach (var row in scores)
        {
            flat.AsSpan(position, row.Length).CopyTo(row);
            position += row.Length;
        }
    }
}
