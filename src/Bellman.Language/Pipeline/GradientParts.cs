using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Gradients of a batch too large to be computed at once. The model's outputs are computed part by part without keeping activations, the loss is
/// taken of all of them together, and its derivatives with respect to the outputs are then carried through the model part by part, computing each
/// again. Whatever the loss compares or averages over, the gradient is that of the whole batch (to rounding), for one more forward pass.
/// </summary>
internal sealed class GradientParts(int tokensAtOnce)
{
    private readonly List<Call> calls = [];

    /// <summary>The outputs of a batch, each [rows, length, ...]; they depend on the model only once <see cref="Backward"/> is called.</summary>
    /// <param name="batch">Any number of rows.</param>
    /// <param name="compute">The outputs of some of its rows; null where there is none.</param>
    public Tensor?[] Run(TokenBatch batch, Func<TokenBatch, Tensor?[]> compute)
    {
        var parts = Cut(batch);
        if (parts.Count == 1) { return compute(batch); }
        var rows = new List<Tensor?[]>();
        using (no_grad())
        {
            foreach (var part in parts) { rows.Add(Whole(compute(part), batch.Length)); }
        }
        var outputs = Enumerable.Range(0, rows[0].Length).Select(i => rows[0][i] is null ? null : cat([.. rows.Select(row => row[i]).OfType<Tensor>()])).ToArray();
        if (!is_grad_enabled()) { return outputs; }
        foreach (var output in outputs) { output?.requires_grad_(); }
        calls.Add(new Call(parts, outputs, compute));
        return outputs;
    }

    /// <summary>Carries on what <c>loss.backward()</c> left at the outputs.</summary>
    public void Backward()
    {
        foreach (var call in calls)
        {
            var first = 0L;
            foreach (var part in call.Parts)
            {
                using var scope = NewDisposeScope();
                var outputs = call.Compute(part);
                Tensor? sum = null;
                for (var i = 0; i < outputs.Length; i++)
                {
                    if (outputs[i] is not { } output || call.Outputs[i]?.grad is not { } gradient) { continue; }
                    var product = (output * gradient.narrow(0, first, part.Rows).narrow(1, 0, part.Length)).sum();
                    sum = sum is null ? product : sum + product;
                }
                sum?.backward();
                first += part.Rows;
            }
        }
        calls.Clear();
    }

    /// <summary>Forgets outputs that no loss will be taken of.</summary>
    public void Forget() => calls.Clear();

    /// <summary>Rows one after another, as many as fit, at least one.</summary>
    private List<TokenBatch> Cut(TokenBatch batch)
    {
        if (tokensAtOnce == 0 || batch.Lengths.Sum() <= tokensAtOnce) { return [batch]; }
        var parts = new List<TokenBatch>();
        for (var first = 0; first < batch.Rows;)
        {
            var (end, sum) = (first + 1, batch.Lengths[first]);
            while (end < batch.Rows && sum + batch.Lengths[end] <= tokensAtOnce) { sum += batch.Lengths[end++]; }
            T[] Row<T>(T[] table, int row) => table[(row * batch.Length)..(row * batch.Length + batch.Lengths[row])];
            var rows = Enumerable.Range(first, end - first).ToList();
            parts.Add(new TokenBatch([.. rows.Select(row => Row(batch.Tokens, row))], [.. rows.Select(row => Row(batch.Mask, row))]));
            first = end;
        }
        return parts;
    }

    // A part is as long as its own longest row.
    private static Tensor?[] Whole(Tensor?[] outputs, long length) => Array.ConvertAll(outputs, output =>
    {
        if (output is null) { return null; }
        var missing = length - output.shape[1];
        return missing == 0 ? output : cat([output, output.new_zeros([output.shape[0], missing, .. output.shape[2..]])], 1);
    });

    private sealed record Call(IReadOnlyList<TokenBatch> Parts, Tensor?[] Outputs, Func<TokenBatch, Tensor?[]> Compute);
}

/// <summary>A model whose scores are computed in parts.</summary>
internal sealed class PartedModel(ILanguageModel model, GradientParts parts) : ILanguageModel
{
    public int VocabularySize => model.VocabularySize;
    public int ContextLength => model.ContextLength;
    public int HiddenSize => model.HiddenSize;
    public IReadOnlyList<NamedTensor> Trainable => model.Trainable;

    public TokenScores Score(TokenBatch batch, double temperature = 1, ScoreOutputs outputs = ScoreOutputs.None)
    {
        var found = parts.Run(batch, part =>
        {
            var scores = model.Score(part, temperature, outputs);
            return [scores.LogProbabilities, scores.Entropies, scores.Hidden, scores.Logits];
        });
        return new TokenScores(found[0] ?? throw new InvalidOperationException("The model gave no log-probabilities."), found[1], found[2], found[3]);
    }

    public ILanguageModel Copy() => model.Copy();
    public void Exchange(StateExchange state) => model.Exchange(state);
    public void Dispose() => model.Dispose();
}
