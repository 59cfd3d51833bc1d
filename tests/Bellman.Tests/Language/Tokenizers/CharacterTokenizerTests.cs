using Bellman.Language.Tokenizers;
using Xunit;

namespace Bellman.Tests.Language.Tokenizers;

public sealed class CharacterTokenizerTests
{
    [Fact]
    public void Ids_are_padding_end_and_the_characters_in_code_order()
    {
        var tokenizer = new CharacterTokenizer("ba0😀a");
        Assert.Equal(6, tokenizer.VocabularySize);
        Assert.Equal([3, 4, 2, 5], tokenizer.Encode("ab0😀"));
        Assert.Equal("ab0😀", tokenizer.Decode([0, 3, 4, 2, 5, 1]));
        Assert.Equal("<|pad|>a<|end|>", tokenizer.Decode([0, 3, 1], skipSpecial: false));
    }

    [Fact]
    public void Special_tokens_in_text_are_read_only_when_allowed()
    {
        var tokenizer = new CharacterTokenizer("<|end>x");
        Assert.Equal([1], tokenizer.Encode("<|end|>", allowSpecial: true));
        Assert.Equal(7, tokenizer.Encode("<|end|>").Length);
    }

    [Fact]
    public void What_it_cannot_express_is_refused_by_name_and_position()
    {
        var tokenizer = new CharacterTokenizer("ab");
        Assert.Contains("'c' (U+0063) at position 1", Assert.Throws<UsageException>(() => tokenizer.Encode("ac")).Message, StringComparison.Ordinal);
        Assert.Contains("U+D83D) stands at position 1", Assert.Throws<UsageException>(() => tokenizer.Encode("a\ud83d")).Message, StringComparison.Ordinal);
        Assert.Contains("0 to 3", Assert.Throws<UsageException>(() => tokenizer.Decode([4])).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => new CharacterTokenizer(""));
    }
}
