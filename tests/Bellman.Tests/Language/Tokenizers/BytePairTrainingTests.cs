using System.Text.Json.Nodes;
using Bellman.Language.Tokenizers;
using Xunit;

namespace Bellman.Tests.Language.Tokenizers;

public sealed class BytePairTrainingTests
{
    private static readonly JsonNode Reference = ReferenceTokenizers.Load("training");
    private static readonly string Corpus = Reference["corpus"]?.GetValue<string>() ?? "";

    [Fact]
    public void The_joins_are_those_of_the_reference_trainer_in_its_order()
    {
        var expected = (Reference["merges"] as JsonArray ?? []).Select(pair => $"{pair?[0]} {pair?[1]}").ToList();
        var tokenizer = Train(Lines(), new BytePairTrainingOptions { VocabularySize = 100_000, MinimumCount = 1 });
        var merges = JsonNode.Parse(tokenizer.Json.Span)?["model"]?["merges"] as JsonArray ?? [];
        Assert.Equal(expected, merges.Select(pair => $"{pair?[0]} {pair?[1]}"));
    }

    [Fact]
    public void The_order_of_the_texts_does_not_change_the_file() =>
        Assert.Equal(Train(Lines()).Json.ToArray(), Train(Lines().Reverse()).Json.ToArray());

    [Fact]
    public void What_is_learned_makes_texts_shorter_and_any_text_comes_back()
    {
        var tokenizer = Train(Lines());
        Assert.Equal(700, tokenizer.VocabularySize);
        Assert.True(tokenizer.Encode(Corpus).Length * 2 < System.Text.Encoding.UTF8.GetByteCount(Corpus));
        Assert.Equal(UnicodeComposition.Compose(Corpus), tokenizer.Decode(tokenizer.Encode(Corpus)));
        Assert.Equal([tokenizer.Find("<|endoftext|>") ?? -1], tokenizer.EndTokens);
    }

    [Theory]
    [InlineData(256, "vocabularySize", "from 257")]
    [InlineData(257, "", "special tokens")]
    public void A_size_that_does_not_hold_the_bytes_is_refused(int size, string first, string second)
    {
        var message = Assert.Throws<UsageException>(() => Train(["a"], new BytePairTrainingOptions { VocabularySize = size, SpecialTokens = ["<a>", "<b>"] })).Message;
        Assert.Contains(first, message, StringComparison.Ordinal);
        Assert.Contains(second, message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_corpus_and_a_broken_pattern_are_refused()
    {
        Assert.Contains("empty", Assert.Throws<UsageException>(() => Train([])).Message, StringComparison.Ordinal);
        Assert.Contains("regular expression", Assert.Throws<UsageException>(() => Train(["a"], new BytePairTrainingOptions { Pattern = "(" })).Message, StringComparison.Ordinal);
    }

    private static HuggingFaceTokenizer Train(IEnumerable<string> texts, BytePairTrainingOptions? options = null) =>
        BytePairTrainer.Train(texts, options ?? new BytePairTrainingOptions { VocabularySize = 700, MinimumCount = 1 }, TestContext.Current.CancellationToken);

    private static IEnumerable<string> Lines() => Corpus.Split('\n').SkipLast(1).Select(line => line + "\n");
}
