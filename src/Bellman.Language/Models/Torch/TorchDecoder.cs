using System.Runtime.InteropServices;
using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Token by token in torch operations, over keys and values preallocated as [slots, capacity, key heads, head size] a layer.</summary>
internal sealed class TorchDecoder : IDrawingDecoder
{
    private readonly TransformerConfiguration model;
    private readonly TorchBlocks blocks;
    private readonly Device device;
    private readonly int threads;
    private readonly Tensor[] keys;
    private readonly Tensor[] values;
    private readonly int[] lengths;
    private Tensor? last;
    private float[]? hidden;

    public TorchDecoder(TransformerConfiguration model, TorchBlocks blocks, int slots, int capacity, Device device, ScalarType compute, int threads)
    {
        (this.model, this.blocks, this.device, this.threads) = (model, blocks, device, threads);
        lengths = new int[slots];
        Tensor Cache() => zeros([slots, capacity, model.KeyValueHeads, model.HeadSize], compute, device).DetachFromDisposeScope();
        keys = [.. Enumerable.Range(0, model.Layers).Select(_ => Cache())];
        values = [.. Enumerable.Range(0, model.Layers).Select(_ => Cache())];
    }

    public int Slots => lengths.Length;

    public bool PrefersDrawing => device.type == TorchSharp.DeviceType.CUDA;

    public IPromptCache Prefill(ReadOnlySpan<int> tokens)
    {
        TorchRuntime.UseThreads(threads);
        using var scope = NewDisposeScope();
        using var without = no_grad();
        var ids = tensor(Array.ConvertAll(tokens.ToArray(), id => (long)id), 1, tokens.Length).to(device);
        var cache = new Prompt(tokens.Length, model.Layers);
        var (cosine, sine) = blocks.Rotations(arange(tokens.Length, ScalarType.Int64, device), tokens.Length);
        var x = blocks.Embed(ids);
        for (var layer = 0; layer < model.Layers; layer++)
        {
            x = blocks.Block(layer, x, cosine, sine, (index, query, key, value) =>
            {
                cache.Keys[index] = key.squeeze(0).transpose(0, 1).contiguous().DetachFromDisposeScope();
                cache.Values[index] = value.squeeze(0).transpose(0, 1).contiguous().DetachFromDisposeScope();
                return blocks.Among(query, key, value, null);
            });
        }
        var state = blocks.FinalNorm(x.select(1, tokens.Length - 1));
        CopyOut(blocks.Logits(state), cache.Following = new float[model.VocabularySize]);
        CopyOut(state.to(ScalarType.Float32), cache.State = new float[model.HiddenSize]);
        return cache;
    }

    public void Attach(int slot, IPromptCache prompt)
    {
        using var scope = NewDisposeScope();
        using var without = no_grad();
        var cache = (Prompt)prompt;
        for (var layer = 0; layer < model.Layers; layer++)
        {
            keys[layer].select(0, slot).narrow(0, 0, cache.Length).copy_(cache.Keys[layer]);
            values[layer].select(0, slot).narrow(0, 0, cache.Length).copy_(cache.Values[layer]);
        }
        lengths[slot] = cache.Length;
    }

    public void Step(ReadOnlySpan<int> slots, ReadOnlySpan<int> tokens, Span<float> logits)
    {
        TorchRuntime.UseThreads(threads);
        using var scope = NewDisposeScope();
        using var without = no_grad();
        CopyOut(Next(slots, tokens), logits);
    }

    public void Draw(ReadOnlySpan<int> slots, ReadOnlySpan<int> tokens, ReadOnlySpan<double> uniforms, double temperature, Span<DrawnToken> drawn)
    {
        TorchRuntime.UseThreads(threads);
        using var scope = NewDisposeScope();
        using var without = no_grad();
        TorchDraw.Draw(Next(slots, tokens), uniforms, temperature, drawn);
    }

    public ReadOnlySpan<float> Hidden(int row)
    {
        // Few ask: the states are copied out when somebody does.
        if (hidden is null)
        {
            using var scope = NewDisposeScope();
            var states = last ?? throw new InvalidOperationException("No step was made yet.");
            CopyOut(states.to(ScalarType.Float32), hidden = new float[states.NumberOfElements]);
        }
        return hidden.AsSpan(row * model.HiddenSize, model.HiddenSize);
    }

    public void Dispose()
    {
        foreach (var cache in keys.Concat(values)) { cache.Dispose(); }
        last?.Dispose();
    }

    /// <summary>Logits [slots, vocabulary] after one more token in each slot.</summary>
    private Tensor Next(ReadOnlySpan<int> slots, ReadOnlySpan<int> tokens)
    {
        var count = slots.Length;
        var (places, positions, ids) = (new long[count], new long[count], new long[count]);
        var (longest, together) = (0, true);
        for (var i = 0; i < count; i++)
        {
            together &= slots[i] == i;
            (places[i], positions[i], ids[i]) = (slots[i], lengths[slots[i]], tokens[i]);
            longest = Math.Max(longest, ++lengths[slots[i]]);
        }
        Tensor slot = tensor(places).to(device), position = tensor(positions).to(device);
        var (cosine, sine) = blocks.Rotations(position.unsqueeze(-1), longest);
        var seen = (arange(longest, ScalarType.Int64, device).unsqueeze(0) <= position.unsqueeze(-1)).view(count, 1, 1, longest);
        // The first slots in their order are a view; else the rows in use are gathered.
        Tensor Rows(Tensor cache) => (together ? cache.narrow(0, 0, count) : cache.index_select(0, slot)).narrow(1, 0, longest).transpose(1, 2);
        var x = blocks.Embed(tensor(ids, count, 1).to(device));
        for (var layer = 0; layer < model.Layers; layer++)
        {
            x = blocks.Block(layer, x, cosine, sine, (index, query, key, value) =>
            {
                keys[index].index_put_(key.squeeze(2), slot, position);
                values[index].index_put_(value.squeeze(2), slot, position);
                // One query a head: those that share a key head are laid out as its queries, and nothing is copied for each.
                var shared = query.reshape(count, model.KeyValueHeads, model.Heads / model.KeyValueHeads, model.HeadSize);
                return nn.functional.scaled_dot_product_attention(shared, Rows(keys[index]), Rows(values[index]), seen, 0, false).reshape(count, 1, model.QueryWidth);
            });
        }
        var state = blocks.FinalNorm(x.squeeze(1));
        last?.Dispose();
        (last, hidden) = (state.DetachFromDisposeScope(), null);
        return blocks.Logits(state);
    }

    private static void CopyOut(Tensor from, Span<float> to) => MemoryMarshal.Cast<byte, float>(from.cpu().contiguous().bytes).CopyTo(to);

    private sealed class Prompt(int length, int layers) : IPromptCache
    {
        public int Length => length;

        public Tensor[] Keys { get; } = new Tensor[layers];

        public Tensor[] Values { get; } = new Tensor[layers];

        public float[] Following { get; set; } = [];

        public float[] State { get; set; } = [];

        public ReadOnlySpan<float> Logits => Following;

        public ReadOnlySpan<float> Hidden => State;

        public void Dispose()
        {
            foreach (var cache in Keys.Concat(Values)) { cache?.Dispose(); }
        }
    }
}
