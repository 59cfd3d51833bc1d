namespace Bellman.Language;

/// <summary>The layouts of decoder-only transformers that are read, written and built.</summary>
public enum TransformerFamily
{
    /// <summary>Llama 1 to 3: no biases.</summary>
    Llama,

    /// <summary>Qwen2 and Qwen2.5: biases on query, key and value.</summary>
    Qwen2,

    /// <summary>Qwen3: no biases, and a root-mean-square norm over each head of query and key.</summary>
    Qwen3,
}

/// <summary>
/// The shape of a decoder-only transformer: root-mean-square norms, rotary embeddings, grouped-query attention and
/// SwiGLU, under the names of Hugging Face's <c>config.json</c>.
/// </summary>
public sealed record TransformerConfiguration
{
    /// <summary>Which layout.</summary>
    public TransformerFamily Family { get; init; } = TransformerFamily.Llama;

    /// <summary>Token ids are 0 to this - 1 (<c>vocab_size</c>).</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream (<c>hidden_size</c>); raising it costs time with its square.</summary>
    public int HiddenSize { get; init; } = 128;

    /// <summary>Width inside SwiGLU (<c>intermediate_size</c>); usually 8/3 of the hidden size.</summary>
    public int IntermediateSize { get; init; } = 352;

    /// <summary>Blocks of attention and SwiGLU (<c>num_hidden_layers</c>).</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Query heads (<c>num_attention_heads</c>).</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Key and value heads (<c>num_key_value_heads</c>); divides <see cref="Heads"/>. Fewer make the cache smaller.</summary>
    public int KeyValueHeads { get; init; } = 2;

    /// <summary>Numbers of a head (<c>head_dim</c>), even; 0 means hidden size / heads.</summary>
    public int HeadDimension { get; init; }

    /// <summary>Most tokens of a sequence (<c>max_position_embeddings</c>).</summary>
    public int ContextLength { get; init; } = 512;

    /// <summary>Added to the mean square under the root (<c>rms_norm_eps</c>).</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>Base of the rotary frequencies (<c>rope_theta</c>); raising it slows the slowest rotation.</summary>
    public double RotaryBase { get; init; } = 10_000;

    /// <summary>How frequencies are stretched for long contexts (<c>rope_scaling</c>).</summary>
    public RotaryScaling Scaling { get; init; } = RotaryScaling.None;

    /// <summary>Whether the output uses the embedding's matrix (<c>tie_word_embeddings</c>).</summary>
    public bool TiedEmbeddings { get; init; } = true;

    /// <summary>Id of the token that begins a text, or null (<c>bos_token_id</c>).</summary>
    public int? StartToken { get; init; }

    /// <summary>Ids that end a response (<c>eos_token_id</c>).</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>Standard deviation of initial weights (<c>initializer_range</c>); outputs of blocks start smaller by sqrt(2 layers).</summary>
    public double InitialDeviation { get; init; } = 0.02;

    /// <summary>Numbers of a head, the default worked out.</summary>
    public int HeadSize => HeadDimension > 0 ? HeadDimension : HiddenSize / Heads;

    /// <summary>Width of all query heads together.</summary>
    public int QueryWidth => Heads * HeadSize;

    /// <summary>Width of all key heads together, and of all value heads.</summary>
    public int KeyValueWidth => KeyValueHeads * HeadSize;

    /// <summary>Whether query, key and value have biases.</summary>
    public bool HasBias => Family == TransformerFamily.Qwen2;

    /// <summary>Whether each head of query and key is normed.</summary>
    public bool HasHeadNorm => Family == TransformerFamily.Qwen3;

    /// <summary>Returns this configuration if it describes a transformer.</summary>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="UsageException">A number is out of range or two do not fit together; the message says which.</exception>
    public TransformerConfiguration Validated(string source = "The transformer's configuration")
    {
        Positive("vocab_size", VocabularySize, 10_000_000);
        Positive("hidden_size", HiddenSize, 1 << 17);
        Positive("intermediate_size", IntermediateSize, 1 << 20);
        Positive("num_hidden_layers", Layers, 1_000);
        Positive("num_attention_heads", Heads, 1 << 12);
        Positive("num_key_value_heads", KeyValueHeads, 1 << 12);
        Positive("max_position_embeddings", ContextLength, 1 << 28);
        if (HeadDimension == 0 && HiddenSize % Heads != 0) { throw Refuse($"hidden_size {HiddenSize} is not divisible by num_attention_heads {Heads}, and no head_dim is given"); }
        if (HeadDimension < 0 || HeadDimension > 1 << 14) { throw Refuse($"head_dim is {HeadDimension}; it is from 2 to {1 << 14}"); }
        if (HeadSize == 0 || HeadSize % 2 != 0) { throw Refuse($"the size of a head is {HeadSize}; rotary embeddings turn pairs of numbers, so it must be even"); }
        if (Heads % KeyValueHeads != 0) { throw Refuse($"num_attention_heads {Heads} is not divisible by num_key_value_heads {KeyValueHeads}, so query heads cannot be shared out evenly"); }
        if (!(NormEpsilon > 0) || NormEpsilon >= 1) { throw Refuse($"rms_norm_eps is {NormEpsilon}; it is above 0 and below 1"); }
        if (!(RotaryBase > 1) || !double.IsFinite(RotaryBase)) { throw Refuse($"rope_theta is {RotaryBase}; it is above 1"); }
        if (!(InitialDeviation >= 0) || InitialDeviation > 10) { throw Refuse($"initializer_range is {InitialDeviation}; it is from 0 to 10"); }
        foreach (var token in EndTokens.Concat(StartToken is { } start ? [start] : []))
        {
            if (token < 0 || token >= VocabularySize) { throw Refuse($"the special token {token} is outside the vocabulary of {VocabularySize}"); }
        }
        Scaling.Validate(source);
        return this;

        void Positive(string name, int value, int most)
        {
            if (value < 1 || value > most) { throw Refuse($"{name} is {value}; it is from 1 to {most}"); }
        }

        UsageException Refuse(string problem) => new($"{source} does not describe a transformer: {problem}. Correct that entry.");
    }
}
