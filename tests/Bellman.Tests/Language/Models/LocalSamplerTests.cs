using Bellman.Language;
using Xunit;

namespace Bellman.Tests.Language.Models;

/// <summary>Sampling agrees with scoring, and a response depends on nothing but its prompt, its stream and the model.</summary>
public sealed class LocalSamplerTests
{
    private static readonly SamplingOptions Sixteen = new() { MaximumNewTokens = 16 };

    public static TheoryData<TransformerEngine, TransformerFamily> Engines()
    {
        var data = new TheoryData<TransformerEngine, TransformerFamily>();
        foreach (var engine in new[] { TransformerEngine.Torch, TransformerEngine.Simd })
        {
            foreach (var family in Enum.GetValues<TransformerFamily>()) { data.Add(engine, family); }
        }
        return data;
    }

    // Guards against positions counted from the longest prompt of the batch, and a cache row left from the last sequence of a slot.
    [Theory]
    [MemberData(nameof(Engines))]
    public void Log_probabilities_and_entropies_are_those_of_the_trainer(TransformerEngine engine, TransformerFamily family)
    {
        using var model = Model(engine, family);
        var prompts = Prompts(5);
        foreach (var temperature in new[] { 1.0, 0.7 })
        {
            var completions = Sample(model, prompts, Sixteen with { Temperature = temperature });
            using var scope = TorchSharp.torch.NewDisposeScope();
            var rows = prompts.SelectMany((prompt, p) => completions[p].Select(completion => (prompt.Tokens, completion))).ToList();
            var batch = new TokenBatch([.. rows.Select(row => (int[])[.. row.Tokens, .. row.completion.Tokens])],
                [.. rows.Select(row => Enumerable.Range(0, row.Tokens.Length + row.completion.Tokens.Length).Select(t => t >= row.Tokens.Length).ToArray())]);
            var scores = model.Score(batch, temperature, ScoreOutputs.Entropies);
            float[] logProbabilities = Scores.Array(scores.LogProbabilities), entropies = Scores.Array(scores.Entropies);
            for (var row = 0; row < rows.Count; row++)
            {
                var start = row * batch.Length + rows[row].Tokens.Length;
                var length = rows[row].completion.Tokens.Length;
                Scores.Close(rows[row].completion.LogProbabilities, logProbabilities[start..(start + length)], 1e-4, "log-probability");
                Scores.Close(rows[row].completion.Entropies, entropies[start..(start + length)], 1e-4, "entropy");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Tokens_do_not_depend_on_the_batch_the_threads_or_the_cache(TransformerEngine engine, TransformerFamily family)
    {
        using var model = Model(engine, family);
        var prompts = Prompts(7);
        var together = Sample(model, prompts, Sixteen);
        for (var p = 0; p < prompts.Count; p++)
        {
            var alone = Sample(model, [prompts[p]], Sixteen)[0];
            Assert.Equal(together[p].Select(completion => completion.Tokens), alone.Select(completion => completion.Tokens));
        }
        using var threaded = Model(engine, family, threads: 2);
        Assert.Equal(Flat(together), Flat(Sample(threaded, prompts, Sixteen)));
        Assert.Equal(together[2][1].Tokens.Length, together[2][1].LogProbabilities.Length);
        Assert.Equal(WithoutCache(model, prompts[2]), together[2][0].Tokens);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Tokens_are_told_as_they_are_drawn(TransformerEngine engine, TransformerFamily family)
    {
        using var model = Model(engine, family);
        var prompt = Prompts(1)[0];
        var expected = Sample(model, [prompt], Sixteen)[0][0];
        var streamed = new List<SampledToken>();
        new LocalSampler(model).Sample([prompt], Sixteen, streamed.Add, TestContext.Current.CancellationToken);
        Assert.Equal(expected.Tokens, streamed.Where(token => token.Sample == 0).Select(token => token.Token));
        Assert.Equal(expected.LogProbabilities, streamed.Where(token => token.Sample == 0).Select(token => token.LogProbability));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.7)]
    [InlineData(0.0)]
    public void Drawing_where_the_model_computes_gives_the_same_tokens(double temperature)
    {
        using var model = Model(TransformerEngine.Torch, TransformerFamily.Qwen2);
        IReadOnlyList<IReadOnlyList<Completion>> Drawn(bool onDevice) => new LocalSampler(model) { DrawsOnDevice = onDevice }
            .Sample(Prompts(6), Sixteen with { Temperature = temperature }, TestContext.Current.CancellationToken);
        IReadOnlyList<IReadOnlyList<Completion>> host = Drawn(onDevice: false), device = Drawn(onDevice: true);
        Assert.Equal(Flat(host), Flat(device));
        foreach (var (expected, actual) in host.SelectMany(samples => samples).Zip(device.SelectMany(samples => samples)))
        {
            Scores.Close(expected.LogProbabilities, actual.LogProbabilities, 1e-5, "log-probability");
            Scores.Close(expected.Entropies, actual.Entropies, 1e-5, "entropy");
        }
    }

    // A full set of slots is read in place, and only when it is in order.
    [Theory]
    [InlineData(TransformerEngine.Torch)]
    [InlineData(TransformerEngine.Simd)]
    public void Slots_in_any_order_continue_their_own_prompts(TransformerEngine engine)
    {
        using var model = Model(engine, TransformerFamily.Llama);
        float[] Next(int[] slots)
        {
            using var decoder = model.Engine.CreateDecoders(4, 8, 4)[0];
            List<IPromptCache> prompts = [.. Enumerable.Range(0, 4).Select(i => decoder.Prefill(TinyModels.Tokens(2 + i, (ulong)i)))];
            for (var i = 0; i < 4; i++) { decoder.Attach(slots[i], prompts[i]); }
            var logits = new float[4 * model.VocabularySize];
            decoder.Step(slots, [5, 6, 7, 8], logits);
            decoder.Step(slots, [9, 10, 11, 12], logits);
            prompts.ForEach(prompt => prompt.Dispose());
            return logits;
        }
        Scores.Close(Next([0, 1, 2, 3]), Next([1, 2, 0, 3]), 1e-5);
    }

    [Fact]
    public void Temperature_zero_takes_the_likeliest_token()
    {
        using var model = Model(TransformerEngine.Torch, TransformerFamily.Llama);
        var prompt = Prompts(1)[0];
        var greedy = Sample(model, [prompt], Sixteen with { Temperature = 0, StopTokens = [60] })[0][0];
        var tokens = prompt.Tokens.ToList();
        foreach (var token in greedy.Tokens)
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            var logits = Scores.Array(model.Score(TinyModels.Batch([.. tokens, 0]), outputs: ScoreOutputs.Logits).Logits)[(tokens.Count * 61)..];
            Assert.Equal(Array.IndexOf(logits, logits.Max()), token);
            tokens.Add(token);
        }
    }

    [Fact]
    public void Context_and_limit_end_a_response_and_end_tokens_do_so_first()
    {
        using var model = Model(TransformerEngine.Torch, TransformerFamily.Llama);
        var longPrompt = new SamplingPrompt(TinyModels.Tokens(60, 9), 1, RandomStream.Create(1));
        var full = Sample(model, [longPrompt], new SamplingOptions { MaximumNewTokens = 100, StopTokens = [60] })[0][0];
        Assert.Equal((4, FinishReason.Length), (full.Tokens.Length, full.Finish));
        var all = Sample(model, [longPrompt], new SamplingOptions { StopTokens = [.. Enumerable.Range(0, 61)] })[0][0];
        Assert.Equal((1, FinishReason.EndToken), (all.Tokens.Length, all.Finish));
    }

    [Fact]
    public void Prompt_that_does_not_fit_is_refused()
    {
        using var model = Model(TransformerEngine.Torch, TransformerFamily.Llama);
        string Refused(int[] tokens) => Assert.Throws<UsageException>(() => Sample(model, [new SamplingPrompt(tokens, 1, RandomStream.Create(1))], Sixteen)).Message;
        Assert.Contains("64 tokens, and the model's context of 64", Refused(TinyModels.Tokens(64, 1)), StringComparison.Ordinal);
        Assert.Contains("no tokens", Refused([]), StringComparison.Ordinal);
        Assert.Contains("token 61, outside", Refused([3, 61]), StringComparison.Ordinal);
        Assert.Contains("'topP'", Assert.Throws<UsageException>(() => Sample(model, [new SamplingPrompt([1], 1, RandomStream.Create(1))], Sixteen with { TopP = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer", Assert.Throws<UsageException>(() => Sample(model, [new SamplingPrompt([1], 1, RandomStream.Create(1))], Sixteen with { StopTexts = ["."] })).Message, StringComparison.Ordinal);
    }

    internal static Transformer Model(TransformerEngine engine, TransformerFamily family, int threads = 1) =>
        Transformer.Create(TinyModels.Shape(family), RandomStream.Create(11), new TransformerOptions { Engine = engine, Threads = threads });

    private static IReadOnlyList<IReadOnlyList<Completion>> Sample(Transformer model, IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options) =>
        new LocalSampler(model).Sample(prompts, options, TestContext.Current.CancellationToken);

    private static List<SamplingPrompt> Prompts(int count) =>
        [.. Enumerable.Range(0, count).Select(p => new SamplingPrompt(TinyModels.Tokens(1 + p * 5 % 23, (ulong)p), 2, RandomStream.Create(3).Child("prompt", p)))];

    private static IEnumerable<int> Flat(IReadOnlyList<IReadOnlyList<Completion>> completions) => completions.SelectMany(samples => samples).SelectMany(completion => completion.Tokens.Append(-1));

    /// <summary>The response drawn by computing the whole sequence anew for each token.</summary>
    private static int[] WithoutCache(Transformer model, SamplingPrompt prompt)
    {
        var random = prompt.Random.Child("sample", 0);
        var draw = new TokenDraw(Sixteen, model.VocabularySize);
        var tokens = prompt.Tokens.ToList();
        do
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            var logits = Scores.Array(model.Score(TinyModels.Batch([.. tokens, 0]), outputs: ScoreOutputs.Logits).Logits);
            tokens.Add(draw.Draw(logits.AsSpan(tokens.Count * model.VocabularySize), null, random).Token);
        }
        while (tokens.Count < prompt.Tokens.Length + Sixteen.MaximumNewTokens && tokens[^1] != 1);
        return [.. tokens.Skip(prompt.Tokens.Length)];
    }
}
