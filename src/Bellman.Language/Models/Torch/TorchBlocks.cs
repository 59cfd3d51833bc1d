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

    /// <summary>
    /// Attention of queries [batch, heads, length, head size] given this layer's new keys and values [batch, key heads, length, head size]:
    /// [batch, length, heads * head size].
    /// </summary>
    public delegate Tensor Attention(int layer, Tensor query, Tensor key, Tensor value);

    public Tensor Embed(Tensor ids) =>
        weights["model.embed_tokens.weight"].index_select(0, ids.flatten()).view([.. ids.shape, model.HiddenSize]).to(ScalarType.Float32);

    /// <summary>Cosines of positions [..., length] for both halves of a head, and sines with the signs of <see cref="Rotate"/>, as [..., 1, length, head size].</summary>
    public (Tensor Cosine, Tensor Sine) Rotations(Tensor positions, int most)
    {
        var half = rotary.Half;
        if (cosines is null || cosines.shape[0] < most)
        {
            using var scope = NewDisposeScope();
            var values = rotary.Upto(most);
            var table = tensor(values, values.Length / (2 * half), 2, half).to(device);
            Tensor cosine = table.select(1, 0), sine = table.select(1, 1);
            cosines?.Dispose();
            sines?.Dispose();
            cosines = cat([cosine, cosine], -1).DetachFromDisposeScope();
            sines = cat([-sine, sine], -1).DetachFromDisposeScope();
        }
        var shape = positions.shape;
        Tensor Rows(Tensor table) => table.index_select(0, positions.flatten()).view([.. shape, 2 * half]).unsqueeze(-3);
        return (Rows(cosines), Rows(sines ?? throw new InvalidOperationException("The tables are made together.")));
    }

    /// <summary>One block over the residual stream [batch, length, hidden].</summary>
    public Tensor Block(int layer, Tensor x, Tensor cosine, Tensor sine, Attention attention)
    {
        var name = $"model.layers.{layer}.";
        var normed = As(Norm(x, $"{name}input_layernorm.weight"), compute);
        Tensor query = Split(Linear(normed, $"{name}self_attn.q_proj"), model.Heads), key = Split(Linear(normed, $"{name}self_attn.k_proj"), model.KeyValueHeads);
        var value = Split(Linear(normed, $"{name}self_attn.v_proj"), model.KeyValueHeads);
        if (model.HasHeadNorm)
        {
            query = Norm(As(query, ScalarType.Float32), $"{name}self_attn.q_norm.weight");
            key = Norm(As(key, ScalarType.Float32), $"{name}self_attn.k_norm.weight");
        }
        var rotated = As(Rotate(cat([query, key], 1), cosine, sine), compute);
        var attended = attention(layer, rotated.narrow(1, 0, model.Heads), rotated.narrow(1, model.Heads, model.KeyValueHeads), value);
        x = x + Linear(attended, $"{name}self_attn.o_proj");
        normed = As(Norm(x, $"{name}post_attention_layernorm.weight"), compute);
        // SwiGLU: down(silu(gate x) * up x)
        var inner = nn.functional.silu(Linear(normed, $"{name}mlp.gate_proj")) * Linear(normed, $"{name}mlp.up_proj");
        return x + Linear(inner, $"{name}mlp.down_proj");
    }

    public Tensor FinalNorm(Tensor x) => Norm(x, "model.norm.weight");

    /// <summary>Logits of normed hidden states, float32.</summary>
    public Tensor Logits(Tensor hidden)
    {
        var head = weights[model.TiedEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight"];
        return As(nn.functional.linear(As(hidden, compute), As(head, compute)), ScalarType.Float32);
    }

    /// <summary>Attention among the positions of a batch: by the mask, or to what is not later where that is null.</summary>
    public Tensor Among(Tensor query, Tensor key, Tensor value, Tensor? mask) =>
        nn.functional.scaled_dot_product_attention(query, Shared(key), Shared(value), mask, 0, mask is null).transpose(1, 2).flatten(2);

    /// <summary>Queries share the key head ⌊h / (heads / key heads)⌋.</summary>
    private Tensor Shared(Tensor keys)
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
    private Tensor Norm(Tensor x, string name) => x * (x * x).mean([-1], keepdim: true).add(model.NormEpsilon).rsqrt() * weights[name];

    /// <summary>W x + b of an x in the products' format.</summary>
    private Tensor Linear(Tensor x, string name)
    {
        var bias = weights.Layout.Contains($"{name}.bias") ? As(weights[$"{name}.bias"], compute) : null;
        var y = nn.functional.linear(x, As(weights[$"{name}.weight"], compute), bias);
        if (Adapters is not { } adapters || !adapters.Pairs.TryGetValue($"{name}.weight", out var pair)) { return y; }
        // y = W x + (α / r) B (A x)
        return y + nn.functional.linear(nn.functional.linear(x, As(pair.Down, compute)), As(pair.Up, compute)) * adapters.Options.Scale;
    }

    /// <summary>[batch, length, heads * head size] as [batch, heads, length, head size].</summary>
    private Tensor Split(Tensor x, int heads)
    {
        var (batch, length) = (x.shape[0], x.shape[1]);
        return length == 1 ? x.view(batch, heads, 1, model.HeadSize) : x.view(batch, length, heads, model.HeadSize).transpose(1, 2);
    }

    /// <summary>(low, high) cos + (high, low) (-sin, sin): what lies in the two halves of a head turns by the angle of its position.</summary>
    private static Tensor Rotate(Tensor x, Tensor cosine, Tensor sine)
    {
        x = As(x, ScalarType.Float32);
        return x * cosine + x.roll(x.shape[^1] / 2, -1) * sine;
    }

    /// <summary>The tensor itself when it has this type: an operation less, where operations on small tensors are what takes the time.</summary>
    private static Tensor As(Tensor x, ScalarType type) => x.dtype == type ? x : x.to(type);
}
