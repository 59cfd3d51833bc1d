using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>A transformer in torch operations, its gradients by autograd: any device, any size.</summary>
internal sealed class TorchEngine : ITransformerEngine
{
    // Logits of this many numbers at a time: the whole of a large vocabulary would not fit.
    private const long LogitBlock = 1 << 26;

    // Keys and values of a decoder's slots together.
    private const long CacheBytes = 4L << 30;
    private const int MostSlots = 256;

    private readonly TransformerConfiguration model;
    private readonly TransformerOptions options;
    private readonly Device device;
    private readonly ScalarType compute;

    public TorchEngine(TransformerConfiguration model, WeightStore weights, TransformerOptions options, Device device)
    {
        (this.model, this.options, this.device) = (model, options, device);
        compute = options.Precision == TransformerPrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        Blocks = new TorchBlocks(model, weights, device, compute);
    }

    public TorchBlocks Blocks { get; }

    public TokenScores Score(TokenBatch batch, Tensor? embeddings, double temperature, ScoreOutputs outputs)
    {
        TorchRuntime.UseThreads(options.Threads);
        using var scope = NewDisposeScope();
        var rows = new PackedRows(batch);
        var x = Input(batch, rows, embeddings);
        var positions = tensor(rows.Positions, rows.Lines, rows.Length).to(device);
        var (cosine, sine) = Blocks.Rotations(positions, rows.Length);
        var mask = rows.NeedsMask ? Mask(rows) : null;
        Tensor Attend(int layer, Tensor query, Tensor key, Tensor value) => Blocks.Among(query, key, value, mask);
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var index = layer;
            Tensor Block(Tensor input) => Blocks.Block(index, input, cosine, sine, Attend);
            x = options.Checkpointing && is_grad_enabled() ? Recompute(Block, x, Blocks.TrainableOf(layer), cosine, sine, mask) : Block(x);
        }
        var scores = Read(batch, rows, Blocks.FinalNorm(x.flatten(0, 1).index_select(0, tensor(rows.Predictors).to(device))), temperature, outputs);
        scores.LogProbabilities.MoveToOuterDisposeScope();
        scores.Entropies?.MoveToOuterDisposeScope();
        scores.Hidden?.MoveToOuterDisposeScope();
        scores.Logits?.MoveToOuterDisposeScope();
        return scores;
    }

    public IReadOnlyList<IDecoder> CreateDecoders(int sequences, int prompt, int fresh)
    {
        TorchRuntime.UseThreads(options.Threads);
        var slot = 2L * model.Layers * model.KeyValueWidth * (prompt + fresh) * (compute == ScalarType.BFloat16 ? 2 : 4);
        var slots = (int)Math.Clamp(CacheBytes / slot, 1, Math.Min(sequences, MostSlots));
        return [new TorchDecoder(model, Blocks, slots, prompt + fresh, device, compute, options.Threads)];
    }

    public void Dispose() => Blocks.Release();

    /// <summary>The backward pass comes after this call's scope: what the block captures must live until then.</summary>
    private static Tensor Recompute(Func<Tensor, Tensor> block, Tensor x, List<Tensor> leaves, params Tensor?[] captured)
    {
        foreach (var tensor in captured) { tensor?.DetachFromDisposeScope(); }
        return RecomputedBlock.Run(block, x, leaves);
    }

    private Tensor Input(TokenBatch batch, PackedRows rows, Tensor? embeddings)
    {
        if (embeddings is null)
        {
            var ids = Array.ConvertAll(rows.Source, source => (long)batch.Tokens[source]);
            return Blocks.Embed(tensor(ids, rows.Lines, rows.Length).to(device));
        }
        return embeddings.to(device).to(ScalarType.Float32).flatten(0, 1).index_select(0, tensor(rows.Source).to(device)).view(rows.Lines, rows.Length, model.HiddenSize);
    }

    /// <summary>Same row and not later; what lies nowhere sees only its like, so that no softmax is empty.</summary>
    private Tensor Mask(PackedRows rows)
    {
        var row = tensor(rows.Rows, rows.Lines, 1, rows.Length).to(device);
        var same = row.unsqueeze(-1) == row.unsqueeze(-2);
        return same & ones([rows.Length, rows.Length], ScalarType.Bool, device).tril();
    }

    private TokenScores Read(TokenBatch batch, PackedRows rows, Tensor hidden, double temperature, ScoreOutputs outputs)
    {
        var targets = tensor(rows.Targets).to(device);
        var tokens = tensor(Array.ConvertAll(rows.Targets, target => (long)batch.Tokens[target])).to(device);
        var logProbabilities = new List<Tensor>();
        var entropies = new List<Tensor>();
        var logits = new List<Tensor>();
        var block = Math.Max(1, LogitBlock / model.VocabularySize);
        for (long first = 0; first < rows.Targets.Length; first += block)
        {
            var count = Math.Min(block, rows.Targets.Length - first);
            var scaled = Blocks.Logits(hidden.narrow(0, first, count)) / temperature;
            var all = scaled.log_softmax(-1);
            logProbabilities.Add(all.gather(-1, tokens.narrow(0, first, count).unsqueeze(-1)).squeeze(-1));
            if (outputs.HasFlag(ScoreOutputs.Entropies)) { entropies.Add(-(all.exp() * all).sum(-1)); }
            if (outputs.HasFlag(ScoreOutputs.Logits)) { logits.Add(scaled); }
        }
        Tensor Place(List<Tensor> parts, params long[] rest)
        {
            var values = parts.Count > 0 ? cat(parts, 0) : zeros([0, .. rest], ScalarType.Float32, device);
            return zeros([batch.Rows * batch.Length, .. rest], ScalarType.Float32, device).index_copy(0, targets, values).view([batch.Rows, batch.Length, .. rest]);
        }
        return new TokenScores(
            Place(logProbabilities),
            outputs.HasFlag(ScoreOutputs.Entropies) ? Place(entropies) : null,
            outputs.HasFlag(ScoreOutputs.Hidden) ? Place([hidden], model.HiddenSize) : null,
            outputs.HasFlag(ScoreOutputs.Logits) ? Place(logits, model.VocabularySize) : null);
    }
}
