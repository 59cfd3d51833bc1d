using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bellman.Language;

/// <summary>Translates between <c>config.json</c> and <see cref="TransformerConfiguration"/>.</summary>
internal static class HuggingFaceConfiguration
{
    private static readonly Dictionary<string, TransformerFamily> Architectures = new()
    {
        ["LlamaForCausalLM"] = TransformerFamily.Llama,
        ["Qwen2ForCausalLM"] = TransformerFamily.Qwen2,
        ["Qwen3ForCausalLM"] = TransformerFamily.Qwen3,
    };

    public static TransformerConfiguration Read(JsonObject json, string path)
    {
        var entries = new Entries(json, path);
        var family = Family(entries, path);
        entries.Require("hidden_act", "silu");
        // What would change the computation and is not implemented must not be passed over.
        entries.RefuseTrue("attention_bias", "biases on attention are known for Qwen2 only", unless: family == TransformerFamily.Qwen2);
        entries.RefuseTrue("mlp_bias", "biases in the feed-forward part are not supported");
        entries.RefuseTrue("use_sliding_window", "sliding-window attention is not supported");
        if (json["quantization_config"] is not null) { throw entries.Refuse("quantization_config is present, and quantised weights are not supported; use the float16, bfloat16 or float32 version"); }
        var heads = entries.Integer("num_attention_heads");
        var hidden = entries.Integer("hidden_size");
        var rotary = json["rope_parameters"] as JsonObject;
        return new TransformerConfiguration
        {
            Family = family,
            VocabularySize = entries.Integer("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = entries.Integer("intermediate_size"),
            Layers = entries.Integer("num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = entries.Integer("num_key_value_heads", heads),
            HeadDimension = entries.Integer("head_dim", family == TransformerFamily.Qwen3 ? 128 : 0),
            ContextLength = entries.Integer("max_position_embeddings", 2048),
            NormEpsilon = entries.Number("rms_norm_eps", 1e-6),
            RotaryBase = rotary is null ? entries.Number("rope_theta", 10_000) : new Entries(rotary, path).Number("rope_theta", 10_000),
            Scaling = Scaling(json["rope_scaling"] ?? rotary, path),
            TiedEmbeddings = entries.Flag("tie_word_embeddings"),
            StartToken = entries.Tokens("bos_token_id") is [var start, ..] ? start : null,
            EndTokens = entries.Tokens("eos_token_id"),
            InitialDeviation = entries.Number("initializer_range", 0.02),
        }.Validated(path);
    }

    /// <summary>The entries of a configuration, on top of those it was read from.</summary>
    public static JsonObject Write(TransformerConfiguration model, JsonObject? source, string dtype)
    {
        var json = source?.DeepClone() as JsonObject ?? [];
        var architecture = Architectures.First(pair => pair.Value == model.Family).Key;
        json["architectures"] = new JsonArray(architecture);
        json["model_type"] = architecture[..^"ForCausalLM".Length].ToLowerInvariant();
        json["vocab_size"] = model.VocabularySize;
        json["hidden_size"] = model.HiddenSize;
        json["intermediate_size"] = model.IntermediateSize;
        json["num_hidden_layers"] = model.Layers;
        json["num_attention_heads"] = model.Heads;
        json["num_key_value_heads"] = model.KeyValueHeads;
        json["head_dim"] = model.HeadSize;
        json["max_position_embeddings"] = model.ContextLength;
        json["rms_norm_eps"] = model.NormEpsilon;
        json["hidden_act"] = "silu";
        json["tie_word_embeddings"] = model.TiedEmbeddings;
        json["initializer_range"] = model.InitialDeviation;
        json["torch_dtype"] = dtype;
        if (source is null)
        {
            json["rope_theta"] = model.RotaryBase;
            json["rope_scaling"] = ScalingJson(model.Scaling);
            json["attention_bias"] = model.HasBias;
            json["use_sliding_window"] = false;
            json["bos_token_id"] = model.StartToken;
            json["eos_token_id"] = model.EndTokens is [var only] ? only : new JsonArray([.. model.EndTokens.Select(token => JsonValue.Create(token))]);
        }
        return json;
    }

    private static TransformerFamily Family(Entries entries, string path)
    {
        var named = (entries.Json["architectures"] as JsonArray)?.FirstOrDefault()?.ToString();
        if (named is null)
        {
            var type = entries.Json["model_type"]?.ToString() ?? throw entries.Refuse("it names neither architectures nor model_type");
            named = Architectures.Keys.FirstOrDefault(known => known.Equals(type + "ForCausalLM", StringComparison.OrdinalIgnoreCase)) ?? type;
        }
        return Architectures.TryGetValue(named, out var family) ? family
            : throw new UsageException($"{path} is of the architecture '{named}', which is not supported. Supported are {string.Join(", ", Architectures.Keys)}.");
    }

    private static RotaryScaling Scaling(JsonNode? node, string path)
    {
        if (node is not JsonObject json) { return node is null ? RotaryScaling.None : throw BoundedJson.Refuse(path, "rope_scaling is neither null nor an object"); }
        var entries = new Entries(json, path);
        var type = (json["rope_type"] ?? json["type"])?.ToString() ?? "default";
        var kind = type switch
        {
            "default" => RotaryScalingKind.None,
            "linear" => RotaryScalingKind.Linear,
            "dynamic" => RotaryScalingKind.Dynamic,
            "llama3" => RotaryScalingKind.Llama3,
            "yarn" => RotaryScalingKind.Yarn,
            _ => throw BoundedJson.Refuse(path, $"rope_scaling is of type '{type}'; supported are default, linear, dynamic, llama3, yarn"),
        };
        if (kind == RotaryScalingKind.None) { return RotaryScaling.None; }
        foreach (var name in new[] { "mscale", "mscale_all_dim" })
        {
            if (json[name] is not null) { throw BoundedJson.Refuse(path, $"rope_scaling holds {name}, which is not supported"); }
        }
        if (json["truncate"] is { } truncate && truncate.GetValueKind() == JsonValueKind.False) { throw BoundedJson.Refuse(path, "rope_scaling's truncate is false, which is not supported"); }
        return new RotaryScaling
        {
            Kind = kind,
            Factor = entries.Number("factor", null),
            OriginalContext = entries.Integer("original_max_position_embeddings", 0),
            LowFrequencyFactor = entries.Number("low_freq_factor", 1),
            HighFrequencyFactor = entries.Number("high_freq_factor", 4),
            BetaFast = entries.Number("beta_fast", 32),
            BetaSlow = entries.Number("beta_slow", 1),
            AttentionFactor = json["attention_factor"] is null ? null : entries.Number("attention_factor", null),
        };
    }

    private static JsonObject? ScalingJson(RotaryScaling scaling)
    {
        if (scaling.Kind == RotaryScalingKind.None) { return null; }
        var json = new JsonObject { ["rope_type"] = scaling.Kind.ToString().ToLowerInvariant(), ["factor"] = scaling.Factor };
        if (scaling.OriginalContext > 0) { json["original_max_position_embeddings"] = scaling.OriginalContext; }
        if (scaling.Kind == RotaryScalingKind.Llama3)
        {
            json["low_freq_factor"] = scaling.LowFrequencyFactor;
            json["high_freq_factor"] = scaling.HighFrequencyFactor;
        }
        if (scaling.Kind == RotaryScalingKind.Yarn)
        {
            json["beta_fast"] = scaling.BetaFast;
            json["beta_slow"] = scaling.BetaSlow;
            if (scaling.AttentionFactor is { } attention) { json["attention_factor"] = attention; }
        }
        return json;
    }

    /// <summary>Typed reading of a JSON object's entries.</summary>
    private sealed class Entries(JsonObject json, string path)
    {
        public JsonObject Json => json;

        public int Integer(string name, int? fallback = null)
        {
            if (json[name] is not { } node) { return fallback ?? throw Refuse($"'{name}' is missing"); }
            return node is JsonValue value && value.TryGetValue(out int number) ? number : throw Refuse($"'{name}' is {Show(node)}; it must be a whole number");
        }

        public double Number(string name, double? fallback)
        {
            if (json[name] is not { } node) { return fallback ?? throw Refuse($"'{name}' is missing"); }
            return node is JsonValue value && value.TryGetValue(out double number) ? number : throw Refuse($"'{name}' is {Show(node)}; it must be a number");
        }

        public bool Flag(string name)
        {
            if (json[name] is not { } node) { return false; }
            return node is JsonValue value && value.TryGetValue(out bool flag) ? flag : throw Refuse($"'{name}' is {Show(node)}; it must be true or false");
        }

        public int[] Tokens(string name) => json[name] switch
        {
            null => [],
            JsonArray list => [.. list.Select(item => item is JsonValue value && value.TryGetValue(out int token) ? token : throw Refuse($"'{name}' is {Show(list)}; it must hold token ids"))],
            _ => [Integer(name)],
        };

        public void Require(string name, string only)
        {
            if (json[name] is { } node && node.ToString() != only) { throw Refuse($"'{name}' is {Show(node)}; only '{only}' is supported"); }
        }

        public void RefuseTrue(string name, string why, bool unless = false)
        {
            if (!unless && Flag(name)) { throw Refuse($"'{name}' is true: {why}"); }
        }

        public UsageException Refuse(string problem) => BoundedJson.Refuse(path, problem);

        private static string Show(JsonNode node)
        {
            var text = node.ToJsonString();
            return text.Length <= 40 ? text : text[..40] + "...";
        }
    }
}
