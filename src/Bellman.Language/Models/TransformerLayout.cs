namespace Bellman.Language;

/// <summary>One weight tensor: its name in the checkpoint, its shape, and its place in the flat buffer.</summary>
/// <param name="Name">As Hugging Face names it.</param>
/// <param name="Shape">Row-major; a projection is [outputs, inputs].</param>
/// <param name="Offset">Its first number in the flat buffer.</param>
internal sealed record WeightPlace(string Name, long[] Shape, long Offset)
{
    public long Size => Shape.Aggregate(1L, (product, side) => product * side);
}

/// <summary>Where one block's tensors lie; -1 for those its family lacks.</summary>
internal sealed record LayerPlaces(
    long InputNorm, long Query, long QueryBias, long Output, long AttentionNorm, long Gate, long Down, long QueryNorm, long KeyNorm);

/// <summary>
/// Names, shapes and places of all tensors. Query, key and value follow one another without gaps, as do gate and up: each
/// group is one matrix to the kernels.
/// </summary>
internal sealed class TransformerLayout
{
    private readonly List<WeightPlace> weights = [];
    private readonly Dictionary<string, WeightPlace> byName = [];

    public TransformerLayout(TransformerConfiguration model)
    {
        long width = model.HiddenSize, query = model.QueryWidth, pair = model.KeyValueWidth, inner = model.IntermediateSize;
        Embedding = Add("model.embed_tokens.weight", model.VocabularySize, width);
        Layers = new LayerPlaces[model.Layers];
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var name = $"model.layers.{layer}.";
            var q = Add($"{name}self_attn.q_proj.weight", query, width);
            Add($"{name}self_attn.k_proj.weight", pair, width);
            Add($"{name}self_attn.v_proj.weight", pair, width);
            var output = Add($"{name}self_attn.o_proj.weight", width, query);
            var gate = Add($"{name}mlp.gate_proj.weight", inner, width);
            Add($"{name}mlp.up_proj.weight", inner, width);
            var down = Add($"{name}mlp.down_proj.weight", width, inner);
            var first = Add($"{name}input_layernorm.weight", width);
            var second = Add($"{name}post_attention_layernorm.weight", width);
            var bias = -1L;
            if (model.HasBias)
            {
                bias = Add($"{name}self_attn.q_proj.bias", query);
                Add($"{name}self_attn.k_proj.bias", pair);
                Add($"{name}self_attn.v_proj.bias", pair);
            }
            var queryNorm = model.HasHeadNorm ? Add($"{name}self_attn.q_norm.weight", model.HeadSize) : -1;
            var keyNorm = model.HasHeadNorm ? Add($"{name}self_attn.k_norm.weight", model.HeadSize) : -1;
            Layers[layer] = new LayerPlaces(first, q, bias, output, second, gate, down, queryNorm, keyNorm);
        }
        FinalNorm = Add("model.norm.weight", width);
        Head = model.TiedEmbeddings ? Embedding : Add("lm_head.weight", model.VocabularySize, width);
    }

    /// <summary>All tensors, in the order of their places.</summary>
    public IReadOnlyList<WeightPlace> Weights => weights;

    /// <summary>Numbers in all.</summary>
    public long Size { get; private set; }

    public long Embedding { get; }

    public LayerPlaces[] Layers { get; }

    public long FinalNorm { get; }

    public long Head { get; }

    public WeightPlace this[string name] => byName[name];

    public bool Contains(string name) => byName.ContainsKey(name);

    private long Add(string name, params long[] shape)
    {
        var place = new WeightPlace(name, shape, Size);
        weights.Add(place);
        byName.Add(name, place);
        Size += place.Size;
        return place.Offset;
    }
}
