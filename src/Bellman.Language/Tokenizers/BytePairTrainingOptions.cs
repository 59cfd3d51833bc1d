using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language.Tokenizers;

/// <summary>Options of training a byte-level tokenizer.</summary>
public sealed record BytePairTrainingOptions
{
    /// <summary>Tokens to learn, the 256 bytes and the special tokens included.</summary>
    [Description("Tokens in all, the 256 bytes and the special tokens included; more make texts shorter and the model larger.")]
    [Range(257, 1_000_000)]
    public int VocabularySize { get; init; } = 4096;

    /// <summary>Pairs that occur less often are not joined.</summary>
    [Description("Pairs that occur less often are not joined.")]
    [Range(1, 1_000_000_000)]
    public int MinimumCount { get; init; } = 2;

    /// <summary>Texts of the special tokens, which get the first ids. The first is the end token.</summary>
    [Description("Texts of the special tokens, which get the first ids; the first ends a text.")]
    public string[] SpecialTokens { get; init; } = ["<|endoftext|>"];

    /// <summary>The expression that cuts text into pieces; tokens never cross pieces.</summary>
    [Description("The regular expression that cuts text into pieces, which tokens never cross; the default is Qwen2's.")]
    public string Pattern { get; init; } = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
}
