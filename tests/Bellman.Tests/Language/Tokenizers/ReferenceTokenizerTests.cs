using Bellman.Language.Tokenizers;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Language.Tokenizers;

/// <summary>Ids and texts are those of the library whose files are read.</summary>
public sealed class ReferenceTokenizerTests
{
    // Any valid Unicode: text of many scripts, joined from characters rather than UTF-16 units.
    private static readonly Gen<string> Unicode =
        Gen.Frequency((4, Gen.Int[' ', '~']), (2, Gen.Int[0, 0x2FF]), (2, Gen.Int[0x300, 0xD7FF]), (1, Gen.Int[0xE000, 0xFFFF]), (1, Gen.Int[0x10000, 0x10FFFF]))
            .Array[0, 60].Select(codes => string.Concat(codes.Select(char.ConvertFromUtf32)));

    public static TheoryData<string> Names() => [.. ReferenceTokenizers.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Encoding_agrees_with_the_reference(string name)
    {
        var tokenizer = ReferenceTokenizers.Tokenizer(name);
        foreach (var test in ReferenceTokenizers.Cases(name))
        {
            Assert.True(test.Ids.SequenceEqual(tokenizer.Encode(test.Text, allowSpecial: true)),
                $"{Shown(test.Text)}: expected {string.Join(" ", test.Ids.Select(tokenizer.TextOf))}, got {string.Join(" ", tokenizer.Encode(test.Text, true).Select(tokenizer.TextOf))}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decoding_agrees_with_the_reference(string name)
    {
        var tokenizer = ReferenceTokenizers.Tokenizer(name);
        foreach (var test in ReferenceTokenizers.Cases(name))
        {
            Assert.Equal(test.Decoded, tokenizer.Decode(test.Ids));
            Assert.Equal(test.WithSpecial, tokenizer.Decode(test.Ids, skipSpecial: false));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_tokens_that_begin_a_prompt_are_those_of_the_post_processor(string name) =>
        Assert.Equal(ReferenceTokenizers.Load(name)["start"]?.AsArray().Select(id => (int?)id ?? -1) ?? [], ReferenceTokenizers.Tokenizer(name).StartTokens);

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama3")]
    [InlineData("cl100k")]
    public void Any_text_comes_back_exactly(string name)
    {
        var tokenizer = ReferenceTokenizers.Tokenizer(name);
        Unicode.Sample(text => tokenizer.Decode(tokenizer.Encode(text)) == text, iter: 2000, threads: 1);
    }

    [Fact]
    public void Any_text_comes_back_composed_where_the_file_composes()
    {
        var tokenizer = ReferenceTokenizers.Tokenizer("qwen2");
        // The file adds the token "é!", which no library writes back as it was: to the byte decoder "é" is the byte E9.
        Unicode.Sample(text => tokenizer.Decode(tokenizer.Encode(text)) == UnicodeComposition.Compose(text).Replace("é!", "\uFFFD!", StringComparison.Ordinal),
            iter: 2000, threads: 1);
    }

    [Fact]
    public void Special_tokens_in_text_are_ordinary_text_unless_allowed()
    {
        var tokenizer = ReferenceTokenizers.Tokenizer("llama3");
        const string text = "say <|eot_id|> now";
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.Equal("say  now", tokenizer.Decode(tokenizer.Encode(text, allowSpecial: true)));
        Assert.DoesNotContain(tokenizer.Find("<|eot_id|>") ?? -1, tokenizer.Encode(text));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused_with_its_position()
    {
        var tokenizer = ReferenceTokenizers.Tokenizer("gpt2");
        Assert.Contains("(U+DC00) stands at position 2", Assert.Throws<UsageException>(() => tokenizer.Encode("ab\udc00c")).Message, StringComparison.Ordinal);
        Assert.Contains("(U+D800) stands at position 0", Assert.Throws<UsageException>(() => tokenizer.Encode("\ud800")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_form_no_character_are_shown_as_replacement_characters()
    {
        var tokenizer = ReferenceTokenizers.Tokenizer("gpt2");
        var smile = tokenizer.Encode("😀");
        Assert.True(smile.Length > 1);
        Assert.Equal("\uFFFD", tokenizer.Decode(smile.AsSpan(0, smile.Length - 1)));
    }

    [Fact]
    public void A_character_without_a_token_is_refused_where_nothing_stands_for_it()
    {
        var json = """{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"decoder":{"type":"Fuse"}}""";
        var tokenizer = HuggingFaceTokenizer.Parse(System.Text.Encoding.UTF8.GetBytes(json));
        Assert.Contains("U+0062", Assert.Throws<UsageException>(() => tokenizer.Encode("ab")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_word_is_joined_in_time_that_grows_with_its_length()
    {
        // A quadratic search through this word would take hours.
        var tokenizer = ReferenceTokenizers.Tokenizer("gpt2");
        var text = string.Concat(Enumerable.Repeat("theclipsof", 20_000));
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
    }

    private static string Shown(string text) => string.Concat(text.Select(character => character is >= ' ' and <= '~' ? character.ToString() : $"\\u{(int)character:x4}"));
}
