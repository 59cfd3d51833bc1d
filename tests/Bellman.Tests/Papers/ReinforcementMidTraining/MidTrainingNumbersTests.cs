using Bellman.Language;
using Bellman.Language.Tasks.Symbols;
using Bellman.Language.Tokenizers;
using Bellman.Papers.ReinforcementMidTraining;
using Bellman.Tests.Experiments;
using Bellman.Tests.Language;
using Xunit;

namespace Bellman.Tests.Papers.ReinforcementMidTraining;

/// <summary>The numbers of the specification's section 7.3, and what is refused.</summary>
[Collection("torch alone")]
public sealed class MidTrainingNumbersTests
{
    [Fact]
    public void Budget_shrinks_geometrically_and_not_below_the_least()
    {
        var budget = new ShrinkingBudget(800, 1, 0.2, 100);
        Assert.Equal([800, 534, 357, 239, 160], new[] { 0, 25, 50, 75, 100 }.Select(step => budget.At(step)));
        Assert.Equal(6, new ShrinkingBudget(24, 6, 0.2, 120).At(120));
        Assert.Equal(12, NextTokenSource.Budget(new() { Budget = 24, MinimumBudget = 6, Steps = 120, BudgetKind = BudgetKind.Fixed })?.At(7));
        Assert.Null(NextTokenSource.Budget(new() { BudgetKind = BudgetKind.None }));
    }

    [Fact]
    public void Length_pays_most_at_the_budget()
    {
        int[] lengths = [0, 5, 10, 15, 20, 25];
        Assert.Equal([0, 0.5, 1, 0.5, 0, 0], lengths.Select(length => LengthRewards.Triangular(length, 10)));
        Assert.Equal([1, 0.75, 0.5, 0.25, 0, 0], lengths.Select(length => LengthRewards.Linear(length, 10)));
    }

    [Theory]
    [InlineData(20, 0.6, 0.3, 0.1)]
    [InlineData(50, 0.35, 0.3, 0.35)]
    [InlineData(60, 0.225, 0.3, 0.475)]
    [InlineData(70, 0.1, 0.3, 0.6)]
    [InlineData(99, 0.1, 0.3, 0.6)]
    public void Curriculum_moves_from_easy_to_hard(int step, double easy, double medium, double hard)
    {
        var shares = new PiecewiseLinearCurriculum(30, 70, [0.6, 0.3, 0.1], [0.1, 0.3, 0.6]).At(step);
        Assert.Equal([easy, medium, hard], shares.Select(share => Math.Round(share, 9)));
    }

    [Fact]
    public void Reward_mixes_hit_and_length_and_its_advantages()
    {
        const double W = 0.2;
        double Reward(bool hit, int length) => (1 - W) * (hit ? 1 : 0) + W * LengthRewards.Triangular(length, 10);
        Assert.Equal(0.9, Reward(true, 15), 9);
        Assert.Equal(0.1, Reward(false, 15), 9);
        double[] group = [Reward(true, 10), Reward(true, 15), Reward(false, 10), Reward(false, 25)];
        Assert.Equal([1, 0.9, 0.2, 0], group.Select(reward => Math.Round(reward, 9)));
        var credit = new GrpoCredit().Assign(CreditBatch.Of(group, [0, 0, 0, 0], [1, 1, 1, 1]), new Recorded()).Advantages;
        double[] expected = [0.951585, 0.751252, -0.651085, -1.051752];
        for (var i = 0; i < 4; i++) { Assert.Equal(expected[i], credit[i], 5e-6); }
    }

    [Theory]
    [InlineData(new[] { 0.5, 0.25, 0.25 }, 1.039721, Tier.Medium)]
    [InlineData(new[] { 0.25, 0.25, 0.25, 0.25 }, 1.386294, Tier.Medium)]
    [InlineData(new[] { 0.2, 0.2, 0.2, 0.2, 0.2 }, 1.609438, Tier.Hard)]
    [InlineData(new[] { 0.75, 0.25 }, 0.562335, Tier.Easy)]
    public void Entropy_decides_the_tier(double[] probabilities, double entropy, Tier tier)
    {
        Assert.Equal(entropy, TokenDifficulty.Entropy(probabilities), 6);
        Assert.Equal(tier, TokenDifficulty.TierOf(entropy, [0.5, 1, 1.5]));
        Assert.Null(TokenDifficulty.TierOf(0.4999, [0.5, 1, 1.5]));
    }

    [Theory]
    [InlineData(true, 10)]
    [InlineData(false, 9)]
    public void Targets_are_left_out_of_next_token_prediction(bool begins, int predicted)
    {
        var tokens = Enumerable.Range(0, 12).Select(i => i % 6).ToArray();
        var document = new CorpusDocument(begins ? [6] : [], tokens, new bool[12]);
        var example = NextTokenTerm.Example(document, new HashSet<int> { 4, 9 });
        Assert.Equal(predicted, example.ResponseMask!.Count(flag => flag));

        // The mean over exactly the other tokens, whatever is predicted at the targets.
        using var model = Model(3);
        using var scope = TorchSharp.torch.NewDisposeScope();
        int[] row = [.. document.Start, .. tokens];
        var first = document.Start.Length > 0 ? document.Start.Length : 1;
        var all = model.Score(new TokenBatch([row], [[.. row.Select((_, i) => i >= first)]])).LogProbabilities.data<float>().ToArray();
        var kept = Enumerable.Range(first, row.Length - first).Where(i => i - document.Start.Length is not (4 or 9)).ToList();
        Assert.Equal(-kept.Average(i => all[i]), SupervisedTerm.NegativeLogLikelihood(model, [example]).ToDouble(), 5);
    }

    [Fact]
    public void Targets_come_from_the_tiers_that_are_there_and_do_not_repeat()
    {
        TargetToken Of(int document, Tier tier) => new(document, 1, tier);
        var index = new Dictionary<Tier, IReadOnlyList<TargetToken>> { [Tier.Easy] = [.. Enumerable.Range(0, 6).Select(i => Of(i, Tier.Easy))], [Tier.Hard] = [Of(9, Tier.Hard)] };
        var sampler = new TargetSampler(index, new FixedCurriculum(0.5, 0.5, 0));
        var drawn = sampler.Draw(0, 6, RandomStream.Create(1));
        Assert.Equal(6, drawn.Distinct().Count());
        Assert.All(drawn, target => Assert.Equal(Tier.Easy, target.Tier));
        Assert.Equal(9, sampler.Draw(0, 9, RandomStream.Create(1)).Count);
        Assert.Equal(Tier.Hard, new TargetSampler(index, new FixedCurriculum(0, 0, 1)).Draw(0, 1, RandomStream.Create(1))[0].Tier);
        Assert.Contains("difficult enough", Assert.Throws<UsageException>(() => new TargetSampler(new Dictionary<Tier, IReadOnlyList<TargetToken>>(), new FixedCurriculum(1, 0, 0))).Message, StringComparison.Ordinal);
        var many = new TargetSampler(new Dictionary<Tier, IReadOnlyList<TargetToken>> { [Tier.Easy] = [.. Enumerable.Range(0, 5000).Select(i => Of(i, Tier.Easy))], [Tier.Hard] = [.. Enumerable.Range(0, 5000).Select(i => Of(i, Tier.Hard))] }, new FixedCurriculum(0.3, 0, 0.7)).Draw(0, 2000, RandomStream.Create(2));
        Assert.InRange(many.Count(target => target.Tier == Tier.Hard) / 2000.0, 0.66, 0.74);
    }

    [Fact]
    public void Entropies_are_the_models_and_tiers_follow_them()
    {
        using var model = Model(3);
        var documents = new[] { new CorpusDocument([6], [1, 2, 3], [true, true, false]), new CorpusDocument([], [4, 5], [true, true]) };
        var entropies = TokenDifficulty.Entropies(model, documents);
        Assert.Equal([3, 2], entropies.Select(document => document.Length));
        Assert.True(float.IsNaN(entropies[1][0]));
        using var scope = TorchSharp.torch.NewDisposeScope();
        var logits = model.Score(new TokenBatch([[6, 1, 2]], [[false, false, true]]), outputs: ScoreOutputs.Logits).Logits!.data<float>().ToArray()[^8..];
        var powers = logits.Select(logit => Math.Exp(logit - logits.Max())).ToArray();
        Assert.Equal(TokenDifficulty.Entropy([.. powers.Select(power => power / powers.Sum())]), entropies[0][1], 4);
        var two = powers.OrderDescending().Take(2).ToArray();
        Assert.Equal(TokenDifficulty.Entropy([.. two.Select(power => power / two.Sum())]), TokenDifficulty.Entropies(model, documents, likeliest: 2)[0][1], 4);
        float[][] given = [[0.6f, 0.4f, 9], [float.NaN, 1.2f]];
        var index = TokenDifficulty.Index(documents, given, [0.5, 1, 1.5]);
        Assert.Equal([new TargetToken(0, 0, Tier.Easy)], index[Tier.Easy]);
        Assert.Equal([new TargetToken(1, 1, Tier.Medium)], index[Tier.Medium]);
        Assert.False(index.ContainsKey(Tier.Hard));
        Assert.Equal([new TargetToken(1, 1, Tier.Hard)], TokenDifficulty.Index(documents, given, [0, 0.34, 0.67], quantiles: true)[Tier.Hard]);
    }

    [Fact]
    public void Sidecar_keeps_entropies_and_refuses_another_tokenizer()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "entropies.bin");
        EntropySidecar.Write(path, "tokenizer", "model", [[0.5f, 1.25f], [float.NaN, 2]], [0.5, 1, 1.5]);
        var read = EntropySidecar.Read(path, "tokenizer", [2, 2]);
        Assert.Equal([0.5f, 1.25f], read[0]);
        Assert.Equal([float.NaN, 2], read[1]);
        Assert.Contains("another tokenizer", Assert.Throws<UsageException>(() => EntropySidecar.Read(path, "other", [2, 2])).Message, StringComparison.Ordinal);
        Assert.Contains("another corpus", Assert.Throws<UsageException>(() => EntropySidecar.Read(path, "tokenizer", [2, 3])).Message, StringComparison.Ordinal);
        Assert.Contains("another corpus", Assert.Throws<UsageException>(() => EntropySidecar.Read(path, "tokenizer", [2])).Message, StringComparison.Ordinal);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^3]);
        Assert.Contains("cannot be read", Assert.Throws<UsageException>(() => EntropySidecar.Read(path, "tokenizer", [2, 2])).Message, StringComparison.Ordinal);
        Assert.NotEqual(EntropySidecar.HashOf(new CharacterTokenizer("ab")), EntropySidecar.HashOf(new CharacterTokenizer("ac")));
        using var model = Model(3);
        using var other = Model(4);
        Assert.NotEqual(EntropySidecar.HashOf(model), EntropySidecar.HashOf(other));
    }

    [Fact]
    public void Responses_are_taken_apart_by_tokens_and_judged_by_tokens_or_by_text()
    {
        var tokenizer = SmallBase.Tokenizer;
        var form = HopText.Form(30);
        Assert.Equal("B06|a2=<", tokenizer.Decode(form.Prompt(tokenizer.Encode("a2="), 6)));
        Assert.Equal("B30|a2=<", tokenizer.Decode(form.Prompt(tokenizer.Encode("a2="), null)));
        int[] Response(string text, bool ends = true) => [.. tokenizer.Encode(text), .. ends ? tokenizer.EndTokens : []];
        var parsed = form.Parse(Response("d..j>j"));
        Assert.Equal((4, true, "j"), (parsed.ThinkingLength, parsed.Closed, parsed.PredictedText));
        Assert.Equal((4, false, ""), (form.Parse(Response("d..j")).ThinkingLength, form.Parse(Response("d..j")).Closed, form.Parse(Response("d..j")).PredictedText));
        Assert.True(form.IsHit(parsed, tokenizer.Encode("j;b")));
        Assert.True(form.IsHit(form.Parse(Response(">j;")), tokenizer.Encode("j;b")));
        Assert.False(form.IsHit(form.Parse(Response(">jb")), tokenizer.Encode("j;b")));
        Assert.False(form.IsHit(form.Parse(Response(">")), tokenizer.Encode("j;b")));
        Assert.False(form.IsHit(form.Parse(Response("j")), tokenizer.Encode("j;b")));
        Assert.True(ReasoningForm.Direct(tokenizer).IsHit(ReasoningForm.Direct(tokenizer).Parse(Response("j")), tokenizer.Encode("j;b")));
        // Longer than what follows.
        Assert.False(form.IsHit(form.Parse(Response(">j;b")), tokenizer.Encode("j;")));
    }

    [Fact]
    public void Prefix_rule_wants_whole_tokens_and_keeps_spaces()
    {
        var tokenizer = new Words(["<think>", "</think>", " cat", " sat", "down", "c", "at", " "]);
        var form = new ReasoningForm(tokenizer, _ => "", "<think>", "</think>");
        int[] truth = [2, 3, 4];
        Assert.True(form.IsHit(form.Parse([6, 1, 2]), truth));
        Assert.True(form.IsHit(form.Parse([1, 7, 5, 6]), truth));
        Assert.True(form.IsHit(form.Parse([1, 2, 3]), truth));
        Assert.False(form.IsHit(form.Parse([1, 7, 5]), truth));
        Assert.False(form.IsHit(form.Parse([1, 5, 6]), truth));
        Assert.Equal(2, form.Parse([6, 7, 1, 2]).ThinkingLength);
    }

    [Fact]
    public void Base_of_hop_text_thinks_as_it_was_taught()
    {
        var random = RandomStream.Create(5);
        Assert.Equal('d', HopText.Hop('a', 1));
        Assert.Equal('b', HopText.Hop('a', 2));
        var corpus = HopText.Corpus(200, random);
        Assert.All(corpus.Index, tier => Assert.All(tier.Value, target =>
        {
            var text = SmallBase.Tokenizer.Decode(corpus.Documents[target.Document].Tokens);
            var n = text[target.Position - 2] - '0';
            Assert.Equal(target.Tier, (Tier)(n - 2));
            Assert.Equal(HopText.Hop(text[target.Position - 3], n), text[target.Position]);
            Assert.True(corpus.Documents[target.Document].IsCandidate[target.Position]);
        }));
        Assert.Equal(3, corpus.Index.Count);
    }

    [Theory]
    [InlineData("gamma", "1")]
    [InlineData("gamma", "0")]
    [InlineData("minimumBudget", "0")]
    [InlineData("lengthWeight", "1.5")]
    [InlineData("nextTokenWeight", "-1")]
    public void Options_out_of_range_are_refused_by_name(string option, string value) =>
        Assert.Contains(option, Assert.Throws<UsageException>(() => OptionSet.Of<ReinforcementMidTrainingOptions>("method rmt").Create([KeyValuePair.Create(option, value)])).Message, StringComparison.Ordinal);

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        string Message(ReinforcementMidTrainingOptions options) => Assert.Throws<UsageException>(() => OptionSet.Validated(options, "rmt")).Message;
        Assert.Contains("is not before end", Message(new() { Start = 0.7, End = 0.7 }), StringComparison.Ordinal);
        Assert.Contains("sum to 1", Message(new() { Early = [0.5, 0.3, 0.1] }), StringComparison.Ordinal);
        Assert.Contains("sum to 1", Message(new() { Late = [0.5, 0.5] }), StringComparison.Ordinal);
        Assert.Contains("above budget", Message(new() { Budget = 4, MinimumBudget = 5 }), StringComparison.Ordinal);
        Assert.Contains("three rising", Message(new() { Thresholds = [1, 0.5, 2] }), StringComparison.Ordinal);
        Assert.Contains("quantiles", Message(new() { Quantiles = true }), StringComparison.Ordinal);
        Assert.Contains("at least 2 are needed", Assert.Throws<UsageException>(() => NextTokenCorpus.Require([new CorpusDocument([], [1], [true])])).Message, StringComparison.Ordinal);
        Assert.Contains("gamma", Assert.Throws<UsageException>(() => new ShrinkingBudget(5, 1, 1, 10)).Message, StringComparison.Ordinal);
        using var model = Model(1);
        Assert.Contains("tokenizer", Assert.Throws<UsageException>(() => new PostTraining(model).Prompts([new PromptItem("a", [1])]).Grpo().AddReinforcementMidTraining().Build()).Message, StringComparison.Ordinal);
        Assert.Contains("questions with solutions", Assert.Throws<UsageException>(() => new PostTraining(model).Prompts([new PromptItem("a", [1])]).Tokenizer(new CharacterTokenizer("abc;")).Grpo().AddReinforcementMidTraining().Build()).Message, StringComparison.Ordinal);
    }

    private static Transformer Model(ulong seed) => Transformer.Create(
        new TransformerConfiguration { VocabularySize = 8, HiddenSize = 16, IntermediateSize = 32, Layers = 1, Heads = 2, KeyValueHeads = 2, ContextLength = 16, EndTokens = [7], InitialDeviation = 0.3 },
        RandomStream.Create(seed), new TransformerOptions { Threads = 1 });

    /// <summary>A token a word.</summary>
    private sealed class Words(string[] words) : ITokenizer
    {
        public int VocabularySize => words.Length;

        public IReadOnlyList<int> EndTokens => [];

        public int PaddingToken => 0;

        public int[] Encode(string text, bool allowSpecial = false) => [.. words.Select((word, id) => (word, id)).Where(pair => text == pair.word).Select(pair => pair.id)];

        public string Decode(ReadOnlySpan<int> tokens, bool skipSpecial = true) => string.Concat(tokens.ToArray().Select(token => words[token]));
    }
}
