using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>The parts of a transformer in torch operations. The residual stream and norms are float32 whatever the products' format.</summary>
internal sealed class TorchBlocks(TransformerConfiguration model, WeightStore weights, Device device, ScalarType compute)
{
    private readonly RotaryTable rotary = new(model);
    private Tensor? cosines;
    private Tensor? sines;

    /// <summary>The adapters in use, if any.</summary>
    public LowRankAdapters? Adapters { get; set; }

    /// <summary>Attention of queries [batch, heads, length, head size] given this layer's new keys and values [batch, key heads, length, head size].</summary>
    public delegate Tensor Attention(int layer, Tensor query, Tensor key, Tensor value);

    public Tensor Embed(Tensor ids) =>
        weights["model.embed_tokens.weight"].index_select(0, ids.flatten()).view([.. ids.shape, model.HiddenSize]).to(ScalarType.Float32);

    /// <summary>Cosines and sines of positions [..., length] as [..., 1, length, half].</summary>
    public (Tensor Cosine, Tensor Sine) Rotations(Tensor positions, int most)
    {
        var half = rotary.Half;
        if (cosines is null || cosines.shape[0] < most)
        {
            using var scope = NewDisposeScope();
            var values = rotary.Upto(most);
            var table = tensor(values, values.Length / (2 * half), 2, half).to(device);
            cosines?.Dispose();
            sines?.Dispose();
            cosines = table.select(1, 0).contiguous().DetachFromDisposeScope();
            sines = table.select(1, 1).contiguous().DetachFromDisposeScope();
        }
        var shape = positions.shape;
        Tensor Rows(Tensor table) => table.index_select(0, positions.flatten()).view([.. shape, half]).unsqueeze(-3);
        return (Rows(cosines), Rows(sines ?? throw new InvalidOperationException("The tables are made together.")));
    }

    /// <summary>One block over the residual stream [batch, length, hidden].</summary>
    public Tensor Block(int layer, Tensor x, Tensor cosine, Tensor sine, Attention attention)
    {
        var name = $"model.layers.{layer}.";
        var normed = Norm(x, $"{name}input_layernorm.weight");
        Tensor query = Split(Linear(normed, $"{name}self_attn.q_proj"), model.Heads), key = Split(Linear(normed, $"{name}self_attn.k_proj"), model.KeyValueHeads);
        var value = Split(Linear(normed, $"{name}self_attn.v_proj"), model.KeyValueHeads);
        if (model.HasHeadNorm)
        {
            query = Norm(query.to(ScalarType.Float32), $"{name}self_attn.q_norm.weight");
            key = Norm(key.to(ScalarType.Float32), $"{name}self_attn.k_norm.weight");
        }
        var attended = attention(layer, Rotate(query, cosine, sine).to(compute), Rotate(key, cosine, sine).to(compute), value);
        x = x + Linear(attended.transpose(1, 2).flatten(2), $"{name}self_attn.o_proj").to(ScalarType.Float32);
        normed = Norm(x, $"{name}post_attention_layernorm.weight");
        // SwiGLU: down(silu(gate x) * up x)
        var inner = nn.functional.silu(Linear(normed, $"{name}mlp.gate_proj")) * Linear(normed, $"{name}mlp.up_proj");
        return x + Linear(inner, $"{name}mlp.down_proj").to(ScalarType.Float32);
    }

    public Tensor FinalNorm(Tensor x) => Norm(x, "model.norm.weight");

    /// <summary>Logits of normed hidden states, float32.</summary>
    public Tensor Logits(Tensor hidden)
    {
        var head = weights[model.TiedEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight"];
        return nn.functional.linear(hidden.to(compute), head.to(compute)).to(ScalarType.Float32);
    }

    /// <summary>Queries share the key head ⌊h / (heads / key heads)⌋.</summary>
    public Tensor Shared(Tensor keys)
    {
        var share = model.Heads / model.KeyValueHeads;
        if (share == 1) { return keys; }
        var shape = keys.shape;
        return keys.unsqueeze(2).expand(shape[0], shape[1], share, shape[2], shape[3]).reshape(shape[0], model.Heads, shape[2], shape[3]);
    }

    /// <summary>What an optimiser may change in one block.</summary>
    public List<Tensor> TrainableOf(int layer)
    {
        var prefix = $"model.layers.{layer}.";
        var names = weights.Layout.Weights.Where(place => place.Name.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        var found = names.Select(place => weights[place.Name]).Where(tensor => tensor.requires_grad).ToList();
        if (Adapters is { } adapters)
        {
            foreach (var place in names)
            {
                if (adapters.Pairs.TryGetValue(place.Name, out var pair)) { found.AddRange([pair.Down, pair.Up]); }
            }
        }
        return found;
    }

    public void Release()
    {
        cosines?.Dispose();
        sines?.Dispose();
    }

    /// <summary>x / sqrt(mean x² + ε) g</summary>
    private Tensor Norm(Tensor x, string name) =>
        x * (x * x).mean([-1], keepdim: true).add(model.NormEpsilon).rsqrt() * weights[name].to(ScalarType.Float32);

    private Tensor Linear(Tensor x, string name)
    {
        x = x.to(compute);
        var bias = weights.Layout.Contains($"{name}.bias") ? weights[$"{name}.bias"].to(compute) : null;
        var y = nn.functional.linear(x, weights[$"{name}.weight"].to(compute), bias);
        if (Adapters is not { } adapters || !adapters.Pairs.TryGetValue($"{name}.weight", out var pair)) { return y; }
        // y = W x + (α / r) B (A x)
        return y + nn.functional.linear(nn.functional.linear(x, pair.Down.to(compute)), pair.Up.to(compute)) * adapters.Options.Scale;
    }

    private Tensor Split(Tensor x, int heads) => x.view(x.shape[0], x.shape[1], heads, model.HeadSize).transpose(1, 2);

    private static Tensor Rotate(Tensor x, Tensor cosine, Tensor sine)
    {
        x = x.to(ScalarType.Float32);
        var half = x.shape[^1] / 2;
        Tensor low = x.narrow(-1, 0, half), high = x.narrow(-1, half, half);
        return cat([low * cosine - high * sine, high * cosine + low * sine], -1);
    }
}
