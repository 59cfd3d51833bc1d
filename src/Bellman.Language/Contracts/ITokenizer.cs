namespace Bellman.Language;

/// <summary>Turns text into token ids and back.</summary>
public interface ITokenizer
{
    /// <summary>Number of ids, added tokens included; ids are 0 to VocabularySize - 1.</summary>
    int VocabularySize { get; }

    /// <summary>Ids that begin every prompt, as the tokenizer's files say; empty for most. <see cref="Encode"/> does not add them.</summary>
    IReadOnlyList<int> StartTokens => [];

    /// <summary>Ids that end a response.</summary>
    IReadOnlyList<int> EndTokens { get; }

    /// <summary>The id that fills unused columns.</summary>
    int PaddingToken { get; }

    /// <summary>The ids of <paramref name="text"/>. Special tokens written in the text are recognised only where <paramref name="allowSpecial"/>.</summary>
    /// <exception cref="UsageException">The text holds something that the vocabulary cannot express.</exception>
    int[] Encode(string text, bool allowSpecial = false);

    /// <summary>The text of <paramref name="tokens"/>; special tokens are left out where <paramref name="skipSpecial"/>.</summary>
    string Decode(ReadOnlySpan<int> tokens, bool skipSpecial = true);
}
