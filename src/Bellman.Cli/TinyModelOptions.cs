using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Language;

namespace Bellman.Cli;

/// <summary>The size of a small model that is trained from nothing, as in <c>tiny?layers=2&amp;width=64</c>.</summary>
internal sealed record TinyModelOptions
{
    [Description("Blocks of attention and feed-forward.")]
    [Range(1, 64)]
    public int Layers { get; init; } = 2;

    [Description("Width of the residual stream, a multiple of the heads.")]
    [Range(8, 4096)]
    public int Width { get; init; } = 64;

    [Description("Attention heads; pairs of them share keys and values.")]
    [Range(1, 64)]
    public int Heads { get; init; } = 4;

    [Description("Most tokens of prompt and answer together.")]
    [Range(2, 65536)]
    public int Context { get; init; } = 512;

    /// <exception cref="UsageException">The numbers do not fit together.</exception>
    public TransformerConfiguration Shape(ITokenizer tokenizer) => new TransformerConfiguration
    {
        VocabularySize = tokenizer.VocabularySize,
        HiddenSize = Width,
        // 8/3 of the width, in whole vectors.
        IntermediateSize = (Width * 8 / 3 + 31) / 32 * 32,
        Layers = Layers,
        Heads = Heads,
        KeyValueHeads = Heads % 2 == 0 ? Heads / 2 : Heads,
        ContextLength = Context,
        EndTokens = tokenizer.EndTokens,
        InitialDeviation = 0.05,
    }.Validated("The tiny model");
}
