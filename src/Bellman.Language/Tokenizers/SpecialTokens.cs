namespace Bellman.Language.Tokenizers;

/// <summary>Which tokens have a role, as the files beside <c>tokenizer.json</c> say.</summary>
public sealed record SpecialTokens
{
    /// <summary>Texts of tokens that end a response.</summary>
    public IReadOnlyList<string> End { get; init; } = [];

    /// <summary>Ids that end a response.</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>Text of the token that fills unused columns; null takes the first end token.</summary>
    public string? Padding { get; init; }
}
