using System.Text.Json.Nodes;
using Bellman.Language;
using Bellman.Runs;

namespace Bellman.Tests.Language.Models;

/// <summary>Small models in Hugging Face's layout, written by the tests themselves.</summary>
internal static class TinyModels
{
    public static TransformerConfiguration Shape(TransformerFamily family, bool tied = true) => new()
    {
        Family = family,
        VocabularySize = 61,
        HiddenSize = 32,
        IntermediateSize = 48,
        Layers = 3,
        Heads = 4,
        KeyValueHeads = 2,
        HeadDimension = family == TransformerFamily.Qwen3 ? 16 : 8,
        ContextLength = 64,
        TiedEmbeddings = tied,
        EndTokens = [1],
        InitialDeviation = 0.3,
    };

    /// <summary>Names and shapes as the format's documentation lists them, in an order of their own.</summary>
    public static SortedDictionary<string, long[]> Tensors(TransformerConfiguration model)
    {
        var shapes = new SortedDictionary<string, long[]>(StringComparer.Ordinal)
        {
            ["model.embed_tokens.weight"] = [model.VocabularySize, model.HiddenSize],
            ["model.norm.weight"] = [model.HiddenSize],
        };
        if (!model.TiedEmbeddings) { shapes["lm_head.weight"] = [model.VocabularySize, model.HiddenSize]; }
        long query = model.Heads * model.HeadDimension, pair = model.KeyValueHeads * model.HeadDimension;
        for (var i = 0; i < model.Layers; i++)
        {
            var name = $"model.layers.{i}.";
            shapes[name + "input_layernorm.weight"] = [model.HiddenSize];
            shapes[name + "post_attention_layernorm.weight"] = [model.HiddenSize];
            shapes[name + "self_attn.q_proj.weight"] = [query, model.HiddenSize];
            shapes[name + "self_attn.k_proj.weight"] = [pair, model.HiddenSize];
            shapes[name + "self_attn.v_proj.weight"] = [pair, model.HiddenSize];
            shapes[name + "self_attn.o_proj.weight"] = [model.HiddenSize, query];
            shapes[name + "mlp.gate_proj.weight"] = [model.IntermediateSize, model.HiddenSize];
            shapes[name + "mlp.up_proj.weight"] = [model.IntermediateSize, model.HiddenSize];
            shapes[name + "mlp.down_proj.weight"] = [model.HiddenSize, model.IntermediateSize];
            if (model.Family == TransformerFamily.Qwen2)
            {
                shapes[name + "self_attn.q_proj.bias"] = [query];
                shapes[name + "self_attn.k_proj.bias"] = [pair];
                shapes[name + "self_attn.v_proj.bias"] = [pair];
            }
            if (model.Family == TransformerFamily.Qwen3)
            {
                shapes[name + "self_attn.q_norm.weight"] = [model.HeadDimension];
                shapes[name + "self_attn.k_norm.weight"] = [model.HeadDimension];
            }
        }
        return shapes;
    }

    public static JsonObject Configuration(TransformerConfiguration model) => new()
    {
        ["architectures"] = new JsonArray(model.Family + "ForCausalLM"),
        ["model_type"] = model.Family.ToString().ToLowerInvariant(),
        ["vocab_size"] = model.VocabularySize,
        ["hidden_size"] = model.HiddenSize,
        ["intermediate_size"] = model.IntermediateSize,
        ["num_hidden_layers"] = model.Layers,
        ["num_attention_heads"] = model.Heads,
        ["num_key_value_heads"] = model.KeyValueHeads,
        ["head_dim"] = model.HeadDimension,
        ["max_position_embeddings"] = model.ContextLength,
        ["rms_norm_eps"] = model.NormEpsilon,
        ["rope_theta"] = model.RotaryBase,
        ["hidden_act"] = "silu",
        ["tie_word_embeddings"] = model.TiedEmbeddings,
        ["eos_token_id"] = 1,
        ["a_key_of_its_own"] = "kept",
    };

    /// <summary>Writes a folder; every number is one that the format can hold exactly.</summary>
    public static Dictionary<string, float[]> Write(string folder, TransformerConfiguration model, TensorType type, int shards = 1, ulong seed = 5)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), Configuration(model).ToJsonString());
        var random = RandomStream.Create(seed);
        var values = new Dictionary<string, float[]>();
        var blocks = new List<TensorBlock>();
        foreach (var (name, shape) in Tensors(model))
        {
            var numbers = new float[shape.Aggregate(1L, (product, side) => product * side)];
            foreach (ref var number in numbers.AsSpan())
            {
                number = (float)((name.Contains("norm", StringComparison.Ordinal) ? 1 : 0) + 0.15 * random.NextGaussian());
                if (type == TensorType.F16) { number = (float)(Half)number; }
                if (type == TensorType.BF16) { number = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(number) & 0xFFFF0000); }
            }
            values[name] = numbers;
            blocks.Add(TensorBlock.Rounded(name, numbers, type, shape));
        }
        if (shards == 1)
        {
            Save(Path.Combine(folder, "model.safetensors"), blocks);
            return values;
        }
        var map = new JsonObject();
        for (var shard = 0; shard < shards; shard++)
        {
            var file = $"model-{shard + 1:D5}-of-{shards:D5}.safetensors";
            var part = blocks.Where((_, index) => index % shards == shard).ToList();
            Save(Path.Combine(folder, file), part);
            foreach (var block in part) { map[block.Name] = file; }
        }
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
        return values;
    }

    public static void Save(string path, IReadOnlyList<TensorBlock> blocks)
    {
        using var stream = File.Create(path);
        SafetensorsWriter.Write(stream, blocks);
    }

    /// <summary>A batch that scores every token but the first of each row.</summary>
    public static TokenBatch Batch(params int[][] rows) => new(rows, [.. rows.Select(row => row.Select((_, t) => t > 0).ToArray())]);

    public static int[] Tokens(int length, ulong seed, int vocabulary = 61)
    {
        var random = RandomStream.Create(seed, "tokens");
        return [.. Enumerable.Range(0, length).Select(_ => random.NextInt32(vocabulary))];
    }
}
