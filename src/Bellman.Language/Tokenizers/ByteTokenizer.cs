namespace Bellman.Language.Tokenizers;

/// <summary>The tokenizer without training: one token a byte, and an end token. It expresses any text.</summary>
public static class ByteTokenizer
{
    /// <summary>Text of the end token, whose id is 0.</summary>
    public const string EndText = "<|endoftext|>";

    /// <summary>Makes it.</summary>
    public static HuggingFaceTokenizer Create()
    {
        string[] tokens = [EndText, .. ByteAlphabet.Characters.ToArray().Order().Select(character => character.ToString())];
        return HuggingFaceTokenizer.Parse(TokenizerJson.ByteLevel(tokens, [EndText], [], @"\s+|\S+"), new SpecialTokens { End = [EndText] });
    }
}
