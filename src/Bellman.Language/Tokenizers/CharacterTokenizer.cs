using System.Text;
using System.Text.Json.Nodes;
using Bellman.Experiments;

namespace Bellman.Language.Tokenizers;

/// <summary>
/// One token a character, for small models over a known alphabet. Ids: 0 padding, 1 end, then the characters in code order.
/// </summary>
public sealed class CharacterTokenizer : ITokenizer
{
    /// <summary>The file of an alphabet.</summary>
    public const string FileName = "characters.json";

    /// <summary>How the padding token is written.</summary>
    public const string PaddingText = "<|pad|>";

    /// <summary>How the end token is written.</summary>
    public const string EndText = "<|end|>";

    private const int Padding = 0;
    private const int End = 1;
    private const int FirstCharacter = 2;

    private readonly Rune[] characters;
    private readonly Dictionary<Rune, int> ids = [];

    /// <summary>The tokenizer of an alphabet; repeated characters count once.</summary>
    /// <exception cref="UsageException">The alphabet is empty or has half a surrogate pair.</exception>
    public CharacterTokenizer(string alphabet)
    {
        TokenizerText.RequireValid(alphabet, "The alphabet");
        characters = [.. alphabet.EnumerateRunes().Distinct().Order()];
        if (characters.Length == 0) { throw new UsageException("A character tokenizer needs an alphabet of at least one character."); }
        for (var i = 0; i < characters.Length; i++) { ids[characters[i]] = FirstCharacter + i; }
    }

    /// <summary>The characters, in the order of their ids.</summary>
    public string Alphabet => string.Concat(characters.Select(character => character.ToString()));

    /// <summary>
    /// The same tokenizer as a Hugging Face <c>tokenizer.json</c>; with <c>tokenizer_config.json</c> beside it
    /// (<see cref="Export"/>), <see cref="TokenizerFolder"/> reads it back and transformers does as well.
    /// </summary>
    public byte[] ToTokenizerJson() =>
        TokenizerJson.Characters([PaddingText, EndText, .. characters.Select(character => character.ToString())], [PaddingText, EndText]);

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c> into a model's folder, for other programs.</summary>
    /// <exception cref="BellmanException">They cannot be written.</exception>
    public void Export(string folder)
    {
        WholeFile.Write(Path.Combine(folder, TokenizerFolder.FileName), ToTokenizerJson());
        WholeFile.Write(Path.Combine(folder, "tokenizer_config.json"), $"{{\"tokenizer_class\": \"PreTrainedTokenizerFast\", \"eos_token\": \"{EndText}\", \"pad_token\": \"{PaddingText}\"}}\n");
    }

    /// <summary>Writes the alphabet, which is all there is to know, as <see cref="FileName"/> into a model's folder.</summary>
    /// <exception cref="BellmanException">It cannot be written.</exception>
    public void Save(string folder) => WholeFile.Write(Path.Combine(folder, FileName), new JsonObject { ["alphabet"] = Alphabet }.ToJsonString() + "\n");

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="UsageException">It cannot be read or is damaged.</exception>
    public static CharacterTokenizer Read(string file) => new(JsonField.ReadFile(file)["alphabet"].Text());

    /// <inheritdoc/>
    public int VocabularySize => FirstCharacter + characters.Length;

    /// <inheritdoc/>
    public IReadOnlyList<int> EndTokens { get; } = [End];

    /// <inheritdoc/>
    public int PaddingToken => Padding;

    /// <inheritdoc/>
    public int[] Encode(string text, bool allowSpecial = false)
    {
        TokenizerText.RequireValid(text, "The text");
        var tokens = new List<int>(text.Length);
        for (var at = 0; at < text.Length;)
        {
            if (allowSpecial && Special(text.AsSpan(at)) is { } special)
            {
                tokens.Add(special);
                at += (special == End ? EndText : PaddingText).Length;
                continue;
            }
            var character = Rune.GetRuneAt(text, at);
            if (!ids.TryGetValue(character, out var id))
            {
                throw new UsageException($"The character '{character}' (U+{character.Value:X4}) at position {at} is not in the tokenizer's alphabet of {characters.Length} characters: {Shown()}. Use those, or make the tokenizer from an alphabet that has it.");
            }
            tokens.Add(id);
            at += character.Utf16SequenceLength;
        }
        return [.. tokens];
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens, bool skipSpecial = true)
    {
        var text = new StringBuilder(tokens.Length);
        foreach (var token in tokens)
        {
            if (token < 0 || token >= VocabularySize) { throw TokenizerText.UnknownToken(token, VocabularySize); }
            if (token >= FirstCharacter) { text.Append(characters[token - FirstCharacter].ToString()); }
            else if (!skipSpecial) { text.Append(token == End ? EndText : PaddingText); }
        }
        return text.ToString();
    }

    private static int? Special(ReadOnlySpan<char> text) =>
        text.StartsWith(EndText, StringComparison.Ordinal) ? End : text.StartsWith(PaddingText, StringComparison.Ordinal) ? Padding : null;

    private string Shown()
    {
        var alphabet = Alphabet.Replace("\n", "\\n", StringComparison.Ordinal);
        return alphabet.Length <= 100 ? alphabet : alphabet[..100] + "...";
    }
}
