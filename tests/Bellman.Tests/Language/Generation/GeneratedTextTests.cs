using Bellman.Language;
using Bellman.Language.Chat;
using Bellman.Language.Tokenizers;
using Bellman.Tests.Cli;
using Bellman.Tests.Language.Tokenizers;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Language.Generation;

/// <summary>Text that grows token by token is the text of all tokens, never half a character, never past a stop.</summary>
public sealed class GeneratedTextTests
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    public void The_parts_together_are_the_whole(string name)
    {
        var tokenizer = ReferenceTokenizers.Tokenizer(name);
        foreach (var test in ReferenceTokenizers.Cases(name))
        {
            var growing = new GrowingText(tokenizer, []);
            var parts = test.Ids.Select(growing.Add).ToList();
            if (!test.Decoded.Contains('\uFFFD', StringComparison.Ordinal)) { Assert.DoesNotContain(parts, part => part.Contains('\uFFFD', StringComparison.Ordinal)); }
            Assert.Equal(test.Decoded, string.Concat(parts) + growing.End());
        }
    }

    [Fact]
    public void Any_bytes_at_all_grow_to_the_text_of_all_bytes()
    {
        var tokenizer = ByteTokenizer.Create();
        Gen.Int[1, 256].Array[0, 60].Sample(tokens =>
        {
            var growing = new GrowingText(tokenizer, []);
            Assert.Equal(tokenizer.Decode(tokens), string.Concat(tokens.Select(growing.Add)) + growing.End());
        }, iter: 500, threads: 1);
    }

    [Fact]
    public void What_may_become_a_stop_text_waits_and_a_stop_text_is_never_shown()
    {
        var tokenizer = new CharacterTokenizer("abcdSTOP");
        var growing = new GrowingText(tokenizer, ["STOP"]);
        var parts = tokenizer.Encode("aSTOaSTOPb").Select(growing.Add).ToList();
        Assert.Equal(["a", "", "", "", "STOa", "", "", "", "", ""], parts);
        Assert.Equal("", growing.End());
        var unfinished = new GrowingText(tokenizer, ["STOP"]);
        Assert.Equal("aST", string.Concat(tokenizer.Encode("aST").Select(unfinished.Add)) + unfinished.End());
    }

    [Fact]
    public void A_folder_is_written_and_read_back_with_its_tokenizer_and_answers_the_same()
    {
        using var folder = new TemporaryFolder();
        using var tiny = LanguageModelFolder.Tiny(new CharacterTokenizer("0123456789+-=;"), RandomStream.Create(3));
        tiny.Save(folder.Path);
        using var loaded = LanguageModelFolder.Load(folder.Path);
        Assert.Equal(tiny.EndTokens, loaded.EndTokens);
        Assert.Equal(Answer(tiny), Answer(loaded));
        Assert.NotEmpty(Answer(tiny));

        static string Answer(LanguageModelFolder model) => new LocalGenerator(model).Generate(
            [new TextRequest("sum", [new ChatMessage("user", "1+2=")], 1, RandomStream.Create(1))], new SamplingOptions { MaximumNewTokens = 20 }, TestContext.Current.CancellationToken)[0][0].Text;
    }

    [Fact]
    public void What_says_how_a_model_is_used_goes_where_the_model_goes()
    {
        using var folder = new TemporaryFolder();
        var (first, second, third) = (Path.Combine(folder.Path, "1"), Path.Combine(folder.Path, "2"), Path.Combine(folder.Path, "3"));
        using (var tiny = LanguageModelFolder.Tiny(ReferenceTokenizers.Tokenizer("qwen2"), RandomStream.Create(3))) { tiny.Save(first); }
        File.WriteAllText(Path.Combine(first, "tokenizer_config.json"), """{"eos_token": "<|endoftext|>", "chat_template": "<|im_start|>system\nBe brief.<|im_end|>"}""");
        using (var loaded = LanguageModelFolder.Load(first)) { loaded.Save(second); }
        using (var again = LanguageModelFolder.Load(second))
        {
            Assert.Equal("chatml", again.Template.Name);
            Assert.Contains("Be brief.", Written(again), StringComparison.Ordinal);
            Assert.Equal(["<|endoftext|>", "<|im_end|>"], again.EndTokens.Select(token => ((HuggingFaceTokenizer)again.Tokenizer).TextOf(token) ?? ""));
        }
        // A template chosen by name becomes the model's own.
        File.Delete(Path.Combine(first, "tokenizer_config.json"));
        using (var named = LanguageModelFolder.Load(first, "chatml")) { named.Save(third); }
        using (var again = LanguageModelFolder.Load(third)) { Assert.Equal("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", Written(again)); }

        static string Written(LanguageModelFolder model) => model.Tokenizer.Decode(model.Template.Encode([new ChatMessage("user", "Hi")], model.Tokenizer), skipSpecial: false);
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_refused_by_name()
    {
        using var tiny = LanguageModelFolder.Tiny(new CharacterTokenizer("a"), RandomStream.Create(3));
        var request = new TextRequest("question 7", [new ChatMessage("user", new string('a', 5000))], 1, RandomStream.Create(1));
        var message = Assert.Throws<UsageException>(() => new LocalGenerator(tiny).Generate([request], new SamplingOptions(), TestContext.Current.CancellationToken)).Message;
        Assert.Contains("question 7 has 5000 tokens", message, StringComparison.Ordinal);
        Assert.Contains("4096", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_of_another_model_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var tiny = LanguageModelFolder.Tiny(new CharacterTokenizer("ab"), RandomStream.Create(3));
        tiny.Save(folder.Path);
        new CharacterTokenizer("abcdef").Export(folder.Path);
        Assert.Contains("do not belong together", Assert.Throws<UsageException>(() => LanguageModelFolder.Load(folder.Path)).Message, StringComparison.Ordinal);
    }
}
