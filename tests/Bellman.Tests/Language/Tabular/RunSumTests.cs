using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;
using static TorchSharp.torch;

namespace Bellman.Tests.Language;

/// <summary>The exact testing ground: its published check values, and that table, sampler and enumeration agree.</summary>
public sealed class RunSumTests
{
    private static readonly RunSum Task = new(5);

    [Fact]
    public void Reference_has_the_published_values()
    {
        using var reference = Task.Reference();
        Assert.Equal(400, Task.Shape.Prefixes);
        var exact = ExactDistribution.Of(reference);
        Assert.Equal(1555, exact.Responses.Count);
        Near(0.343592, exact.Expect(Task.Reward), 2e-6);
        Near(3.385901, exact.MeanLength, 2e-6);
        foreach (var (count, expected) in ((int, double)[])[(2, .5691), (4, .8143), (8, .9655), (16, .9988)]) { Near(expected, exact.BestOf(count, Task.Reward), 6e-5); }
        Near(1, exact.Expect((_, _) => 1), 1e-9);
    }

    [Fact]
    public void Greedy_reference_is_always_wrong()
    {
        using var reference = Task.Reference();
        var prompts = Task.Prompts();
        var responses = new TabularSampler(reference).Sample(
            [.. prompts.Select(prompt => new SamplingPrompt(prompt.Tokens, 1, RandomStream.Create(0)))], new SamplingOptions { Temperature = 0 }, TestContext.Current.CancellationToken);
        Assert.All(prompts.Zip(responses), pair => Assert.Equal(0, Task.Reward(pair.First.Tokens, pair.Second[0].Tokens)));
    }

    [Theory]
    [InlineData(new[] { 4, 6 }, 1)]
    [InlineData(new[] { 3, 5, 4, 6 }, 1)]
    [InlineData(new[] { 3, 5, 4, 4 }, 0)]
    [InlineData(new[] { 6 }, 0)]
    [InlineData(new[] { 0, 6 }, 0)]
    public void Right_answers_end_with_the_sum_before_the_end_token(int[] response, double expected) =>
        Assert.Equal(expected, Task.Reward([1, 2, 1], response));

    [Fact]
    public void Loophole_pays_the_proxy_and_not_the_task()
    {
        Assert.Equal(1.2, Task.ProxyReward([1, 2, 1], [0, 6]));
        Assert.Equal(1, Task.ProxyReward([1, 2, 1], [4, 6]));
    }

    [Fact]
    public void Samples_follow_the_enumerated_distribution_and_report_its_log_probabilities()
    {
        using var reference = Task.Reference();
        var exact = ExactDistribution.Of(reference);
        const int draws = 20_000;
        var samples = new TabularSampler(reference).Sample([new SamplingPrompt([1, 2, 1], draws, RandomStream.Create(7))], new SamplingOptions(), TestContext.Current.CancellationToken)[0];
        var prompt = Task.Shape.PromptIndex([1, 2, 1]);
        var likely = Enumerable.Range(0, exact.Responses.Count).OrderByDescending(i => exact.LogProbabilities(prompt)[i]).Take(6);
        foreach (var i in likely)
        {
            var p = Math.Exp(exact.LogProbabilities(prompt)[i]);
            var share = samples.Count(sample => sample.Tokens.SequenceEqual(exact.Responses[i])) / (double)draws;
            Assert.True(Math.Abs(share - p) < 4 * Math.Sqrt(p * (1 - p) / draws), $"{string.Join(' ', exact.Responses[i])}: {share} against {p}");
            var sampled = samples.First(sample => sample.Tokens.SequenceEqual(exact.Responses[i]));
            Near(exact.LogProbabilities(prompt)[i], sampled.LogProbabilities.Sum(value => (double)value), 1e-5);
        }
    }

    [Fact]
    public void Scores_agree_with_the_enumeration_and_their_gradient_reaches_the_table()
    {
        using var reference = Task.Reference();
        var exact = ExactDistribution.Of(reference);
        var batch = TokenExample.Batch([new([1, 2, 1], [3, 5, 4, 6]), new([4, 4, 4], [0, 6])]);
        var scores = reference.Score(batch, 1, ScoreOutputs.Entropies | ScoreOutputs.Logits);
        int Place(int[] response) => Enumerable.Range(0, exact.Responses.Count).First(i => exact.Responses[i].SequenceEqual(response));
        var sums = Values(scores.LogProbabilities.sum(1));
        Near(exact.LogProbabilities(Task.Shape.PromptIndex([1, 2, 1]))[Place([3, 5, 4, 6])], sums[0], 1e-5);
        Near(exact.LogProbabilities(Task.Shape.PromptIndex([4, 4, 4]))[Place([0, 6])], sums[1], 1e-5);
        Assert.Equal([2L, 7L, 7L], (scores.Logits ?? zeros(1)).shape);
        Assert.Equal(0, Value((scores.Entropies ?? zeros(1))[0, 2]));
        Assert.True(Value((scores.Entropies ?? zeros(1))[0, 3]) > .5);
        scores.LogProbabilities.sum().backward();
        Assert.Equal(6 * 7, Values((reference.Trainable[0].Value.grad ?? zeros(1)).ne(0)).Sum());
    }

    [Fact]
    public void Tilted_reference_is_the_optimum_of_reward_minus_divergence()
    {
        using var reference = Task.Reference();
        var exact = ExactDistribution.Of(reference);
        var optimum = exact.Tilted(Task.ProxyReward, .3);
        // The prototype's figures: true J .759, proxy 1.003, KL .767.
        Near(.759, optimum.Expect(Task.Reward), 1e-3);
        Near(1.003, optimum.Expect(Task.ProxyReward), 1e-3);
        Near(.767, optimum.DivergenceFrom(exact), 1e-3);
        double Objective(ExactDistribution policy) => policy.Expect(Task.ProxyReward) - .3 * policy.DivergenceFrom(exact);
        Assert.True(Objective(optimum) > Objective(exact));
        Assert.True(Objective(optimum) > Objective(exact.Tilted(Task.ProxyReward, .25)));
        Assert.True(Objective(optimum) > Objective(exact.Tilted(Task.ProxyReward, .35)));
    }

    [Fact]
    public void Wrong_prompts_and_what_a_table_cannot_do_are_refused()
    {
        using var reference = Task.Reference();
        var sampler = new TabularSampler(reference);
        Assert.Contains("3 tokens", Assert.Throws<UsageException>(() => sampler.Sample([new SamplingPrompt([1, 2], 1, RandomStream.Create(0))], new SamplingOptions(), TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Contains("alphabet", Assert.Throws<UsageException>(() => sampler.Sample([new SamplingPrompt([1, 2, 6], 1, RandomStream.Create(0))], new SamplingOptions(), TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Contains("top-k", Assert.Throws<UsageException>(() => sampler.Sample([new SamplingPrompt([1, 2, 3], 1, RandomStream.Create(0))], new SamplingOptions { TopK = 2 }, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => reference.Score(TokenExample.Batch([new([1, 2, 1], [0, 6])]), 1, ScoreOutputs.Hidden));
    }
}
