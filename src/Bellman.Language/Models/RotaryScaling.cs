namespace Bellman.Language;

/// <summary>How rotary frequencies are stretched to reach beyond the context a model was trained with.</summary>
public enum RotaryScalingKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>All frequencies divided by the factor.</summary>
    Linear,

    /// <summary>A larger base (NTK-aware), from the context length in use: unchanged up to the original one.</summary>
    Dynamic,

    /// <summary>Llama 3.1: slow rotations divided by the factor, fast ones kept, a straight line between.</summary>
    Llama3,

    /// <summary>YaRN (Peng et al. 2023): as Llama 3 over the number of turns, and attention sharpened.</summary>
    Yarn,
}

/// <summary>The entry <c>rope_scaling</c> of a Hugging Face configuration.</summary>
public sealed record RotaryScaling
{
    /// <summary>Frequencies as they are.</summary>
    public static RotaryScaling None { get; } = new();

    /// <summary>Which variant (<c>rope_type</c>).</summary>
    public RotaryScalingKind Kind { get; init; }

    /// <summary>How many times longer the context becomes (<c>factor</c>), at least 1.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>The context it was trained with (<c>original_max_position_embeddings</c>); 0 means the context length.</summary>
    public int OriginalContext { get; init; }

    /// <summary>Llama 3: fewer turns than this over the original context count as slow (<c>low_freq_factor</c>).</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>Llama 3: more turns than this count as fast (<c>high_freq_factor</c>).</summary>
    public double HighFrequencyFactor { get; init; } = 4;

    /// <summary>YaRN: rotations with more turns than this are kept (<c>beta_fast</c>).</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>YaRN: rotations with fewer turns than this are stretched (<c>beta_slow</c>).</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>YaRN: multiplies cosine and sine (<c>attention_factor</c>); null means 0.1 ln(factor) + 1.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>Refuses numbers out of range.</summary>
    /// <exception cref="UsageException">Names the first one.</exception>
    internal void Validate(string source)
    {
        if (!(Factor >= 1) || !double.IsFinite(Factor)) { throw Refuse("factor", Factor, "at least 1"); }
        if (OriginalContext < 0) { throw Refuse("original_max_position_embeddings", OriginalContext, "at least 1"); }
        if (Kind == RotaryScalingKind.Llama3 && !(LowFrequencyFactor > 0 && HighFrequencyFactor > LowFrequencyFactor))
        {
            throw Refuse("high_freq_factor", HighFrequencyFactor, $"above low_freq_factor ({LowFrequencyFactor}), which is above 0");
        }
        if (Kind == RotaryScalingKind.Yarn && !(BetaSlow > 0 && BetaFast > BetaSlow)) { throw Refuse("beta_fast", BetaFast, $"above beta_slow ({BetaSlow}), which is above 0"); }
        if (AttentionFactor is { } attention && !(attention > 0)) { throw Refuse("attention_factor", attention, "above 0"); }

        UsageException Refuse(string name, double value, string valid) => new($"{source} does not describe a transformer: rope_scaling's {name} is {value}; it is {valid}. Correct that entry.");
    }

    /// <summary>Rotations per position, one for each pair of a head, in radians; float64.</summary>
    internal double[] Frequencies(TransformerConfiguration model)
    {
        var size = model.HeadSize;
        var original = OriginalContext > 0 ? OriginalContext : model.ContextLength;
        var rotaryBase = model.RotaryBase;
        if (Kind == RotaryScalingKind.Dynamic && model.ContextLength > original && size > 2)
        {
            // base' = base (factor L / L0 - (factor - 1))^(d / (d - 2))
            rotaryBase *= Math.Pow(Factor * model.ContextLength / original - (Factor - 1), (double)size / (size - 2));
        }
        var frequencies = new double[size / 2];
        // inv_i = θ^(-2i/d)
        for (var i = 0; i < frequencies.Length; i++) { frequencies[i] = Math.Pow(rotaryBase, -2.0 * i / size); }
        for (var i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = Kind switch
            {
                RotaryScalingKind.Linear => frequencies[i] / Factor,
                RotaryScalingKind.Llama3 => Llama3(frequencies[i], original),
                RotaryScalingKind.Yarn => Yarn(frequencies[i], i, size, rotaryBase, original),
                _ => frequencies[i],
            };
        }
        return frequencies;
    }

    /// <summary>What cosine and sine are multiplied by.</summary>
    internal double Amplitude => Kind == RotaryScalingKind.Yarn ? AttentionFactor ?? 0.1 * Math.Log(Factor) + 1 : 1;

    private double Llama3(double frequency, int original)
    {
        var turns = original * frequency / (2 * Math.PI);
        // smooth = (turns - low) / (high - low), clamped; f' = (1 - smooth) f / factor + smooth f
        var smooth = Math.Clamp((turns - LowFrequencyFactor) / (HighFrequencyFactor - LowFrequencyFactor), 0, 1);
        return (1 - smooth) * frequency / Factor + smooth * frequency;
    }

    private double Yarn(double frequency, int index, int size, double rotaryBase, int original)
    {
        // The pair whose rotation makes this many turns: d ln(L / (2π turns)) / (2 ln base)
        double Pair(double turns) => size * Math.Log(original / (turns * 2 * Math.PI)) / (2 * Math.Log(rotaryBase));
        var low = Math.Max(Math.Floor(Pair(BetaFast)), 0);
        var high = Math.Min(Math.Ceiling(Pair(BetaSlow)), size - 1);
        var ramp = Math.Clamp((index - low) / (high == low ? 0.001 : high - low), 0, 1);
        return frequency / Factor * ramp + frequency * (1 - ramp);
    }
}
