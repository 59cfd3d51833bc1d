namespace Bellman.Language.Tokenizers;

/// <summary>What every tokenizer refuses, in the same words.</summary>
internal static class TokenizerText
{
    /// <summary>Half a surrogate pair is no character and has no UTF-8 form, so it could not come back.</summary>
    /// <exception cref="UsageException">There is one; its position is named.</exception>
    public static void RequireValid(string text, string what)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) { continue; }
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) { i++; continue; }
            throw new UsageException($"{what} is not valid Unicode: half a surrogate pair (U+{(int)text[i]:X4}) stands at position {i}. Remove it, or replace it by U+FFFD.");
        }
    }

    public static UsageException UnknownToken(int token, int vocabularySize) =>
        new($"Token {token} is not in the vocabulary: ids are 0 to {vocabularySize - 1}. The tokens come from another tokenizer.");
}
