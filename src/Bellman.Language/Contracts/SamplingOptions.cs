using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>
/// How responses are drawn. Order: repetition penalty, temperature, top-k, top-p, min-p, renormalise (foundations F58).
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>Most new tokens of a response.</summary>
    [Description("Most new tokens of a response; what is longer is cut.")]
    [Range(1, 1_000_000)]
    public int MaximumNewTokens { get; init; } = 64;

    /// <summary>Divides the logits; 0 takes the most likely token.</summary>
    [Description("Divides the logits: higher is more varied, 0 always takes the most likely token.")]
    [Range(0.0, 100.0)]
    public double Temperature { get; init; } = 1;

    /// <summary>Only the k most likely tokens; 0 keeps all.</summary>
    [Description("Only the k most likely tokens are drawn; 0 keeps all.")]
    [Range(0, 10_000_000)]
    public int TopK { get; init; }

    /// <summary>The smallest set of likely tokens with at least this probability; the token that crosses it is kept.</summary>
    [Description("Only the most likely tokens that together have at least this probability are drawn; 1 keeps all.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double TopP { get; init; } = 1;

    /// <summary>Tokens less likely than this share of the most likely one are not drawn.</summary>
    [Description("Tokens less likely than this share of the most likely one are not drawn; 0 keeps all.")]
    [Range(0.0, 1.0)]
    public double MinP { get; init; }

    /// <summary>Logits of tokens already seen are divided (positive) or multiplied (negative) by it.</summary>
    [Description("Makes tokens that were already produced or read less likely: 1 does nothing, 1.1 is mild.")]
    [Range(0.01, 100.0)]
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Tokens that end a response; the model's own end tokens when empty.</summary>
    [Description("Token ids that end a response; the model's own end tokens when none are named.")]
    public int[] StopTokens { get; init; } = [];

    /// <summary>Texts that end a response, cut from its text.</summary>
    [Description("Texts that end a response.")]
    public string[] StopTexts { get; init; } = [];
}
