using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Scoring;
using Bellman.Language.Tasks;
using Xunit;

namespace Bellman.Tests.Language.Scoring;

/// <summary>What several samples say, by numbers that can be worked out by hand.</summary>
public sealed class ScoringTests
{
    [Theory]
    [InlineData(10, 3, 2, 0.533333)]
    [InlineData(10, 3, 1, 0.3)]
    [InlineData(4, 0, 2, 0)]
    [InlineData(4, 3, 2, 1)]
    [InlineData(5, 1, 5, 1)]
    public void Pass_at_k_is_the_chance_that_one_of_k_is_right(int samples, int right, int k, double expected) =>
        Assert.Equal(expected, PassAtK.Estimate(samples, right, k), 6);

    [Fact]
    public void Pass_at_k_agrees_with_counting_all_choices_and_does_not_overflow()
    {
        for (var right = 0; right <= 8; right++)
        {
            var subsets = Enumerable.Range(0, 1 << 8).Where(set => System.Numerics.BitOperations.PopCount((uint)set) == 3).ToList();
            var passed = subsets.Count(set => (set & ((1 << right) - 1)) != 0);
            Assert.Equal((double)passed / subsets.Count, PassAtK.Estimate(8, right, 3), 12);
        }
        Assert.InRange(PassAtK.Estimate(100_000, 10, 50_000), 0.999, 0.9991);
    }

    [Fact]
    public void The_most_frequent_answer_wins_however_it_is_written_and_silence_does_not_vote()
    {
        TaskScore[] scores = [Wrong("7"), Right("1,000"), Right("1000"), Silent, Silent, Silent];
        Assert.Equal(1, MajorityVote.Estimate(scores, 6));
        Assert.Equal(0, MajorityVote.Estimate([Wrong("7"), Right("1000")], 2));
        Assert.Equal(0, MajorityVote.Estimate([Silent, Silent], 2));
        // Two groups of two, then two that are left over.
        Assert.Equal(0.5, MajorityVote.Estimate([Right("1"), Right("1"), Wrong("2"), Wrong("2"), Right("1")], 2));
    }

    [Theory]
    [InlineData(8, 10, 0.490162, 0.943318)]
    [InlineData(0, 10, 0, 0.277533)]
    [InlineData(10, 10, 0.722467, 1)]
    public void Wilsons_interval_holds_at_the_ends(int successes, int trials, double low, double high)
    {
        var interval = Statistics.WilsonInterval(successes, trials);
        Assert.Equal(low, interval.Low, 6);
        Assert.Equal(high, interval.High, 6);
    }

    [Fact]
    public void A_generator_that_is_right_every_other_time_scores_one_half()
    {
        var task = TaskRegistry.Create("arithmetic");
        var items = Enumerable.Range(0, 40).Select(index => task.Item(TaskSplit.HeldOut, 1, index)).ToList();
        var summary = new ScoreSummary(2, [1, 2]);
        foreach (var answered in new Scorer(new Alternating(items), new SamplingOptions(), 1).Score(items, 2, 7, TestContext.Current.CancellationToken)) { summary.Add(answered); }
        var metrics = summary.Metrics().ToDictionary(metric => metric.Name);
        Assert.Equal((0.5, 1.0, 40), (metrics["pass@1"].Value, metrics["pass@2"].Value, summary.Questions));
        Assert.Equal((3.0, 0.5), (summary.MeanTokens, summary.ShareCut));
        Assert.Equal(0.5, metrics["format"].Value);
        Assert.True(metrics["pass@1"].Interval is { Low: 0.5, High: 0.5 });
    }

    private static TaskScore Silent => new(0, 0, null, "no answer");

    private static TaskScore Right(string answer) => new(1, 1, answer, "right");

    private static TaskScore Wrong(string answer) => new(1, 0, answer, "wrong");

    private sealed class Alternating(IReadOnlyList<TextItem> items) : ITextGenerator
    {
        public IReadOnlyList<IReadOnlyList<TextResponse>> Generate(IReadOnlyList<TextRequest> requests, SamplingOptions options, CancellationToken cancellation = default) =>
            [.. requests.Select(request => (IReadOnlyList<TextResponse>)[
                new TextResponse(items.Single(item => item.Id == request.Name).Answer, 2, FinishReason.EndToken), new TextResponse("?", 4, FinishReason.Length)])];
    }
}
