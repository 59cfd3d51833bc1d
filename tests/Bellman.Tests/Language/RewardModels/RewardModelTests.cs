using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;

namespace Bellman.Tests.Language;

/// <summary>The survey's numbers of reward models (C1 to C8, C15).</summary>
public sealed class RewardModelTests
{
    [Fact]
    public void C1_and_C2_bradley_terry()
    {
        var (chosen, rejected) = (Row(1.2, .3), Row(.4, .5));
        Near([.371101, .798139], BradleyTerry.Losses(chosen, rejected));
        Near([.554355, .798139], BradleyTerry.Losses(chosen, rejected, Row(.5, 0)));
        Near(.600620, Value(BradleyTerry.Losses(chosen, rejected).mean() + BradleyTerry.Centring(chosen, rejected)));
        Near(.644620, Value(BradleyTerry.Losses(chosen, rejected, strengths: Row(.8, .8)).mean()));
    }

    [Fact]
    public void C3_rankings()
    {
        Near(.917481, Value(PlackettLuce.Loss(Row(1.2, .4, -.3))));
        Near(.325233, Value(BradleyTerry.AllPairs(Row(1.2, .4, -.3))));
    }

    [Fact]
    public void C4_ensemble()
    {
        double[] rewards = [1.2, .8, -.2];
        Near(.6, RewardEnsemble.Combine(rewards, EnsembleRule.Mean));
        Near(-.2, RewardEnsemble.Combine(rewards, EnsembleRule.Minimum));
        Near(.426667, RewardEnsemble.Combine(rewards, EnsembleRule.MeanMinusVariance, .5));
    }

    [Fact]
    public void C5_and_C6_steps()
    {
        Near([.126928, .474077, .313262], StepRewards.CrossEntropy(Row(2, .5, -1), Row(1, 1, 0)));
        var probabilities = Values(Row(2, .5, -1).sigmoid());
        Near(.268941, StepRewards.Aggregate(probabilities, StepAggregate.Minimum));
        Near(.147450, StepRewards.Aggregate(probabilities, StepAggregate.Product));
        Near(.268941, StepRewards.Aggregate(probabilities, StepAggregate.Last));
    }

    [Fact]
    public void C7_implicit_process_rewards()
    {
        double[] policy = [-.2, -.5, -.3];
        var rewards = ImplicitProcessReward.TokenRewards(Table(policy), Table([-.4, -.6, -.5]), Mask(policy));
        Near([.01, .005, .01], rewards);
        Near([.680725], ImplicitProcessReward.Losses(rewards, Row(1)));
        Near([.705725], ImplicitProcessReward.Losses(rewards, Row(0)));
    }

    [Fact]
    public void C8_expected_score()
    {
        var score = GenerativeReward.ExpectedScore([0, 1, 2, 1, 0], [1, 2, 3, 4, 5]);
        Near(3, score);
        Near(0, GenerativeReward.Rescale(score, 1, 5));
        Near(-1, GenerativeReward.Rescale(1, 1, 5));
    }

    [Fact]
    public void C15_judge_is_asked_in_both_orders() =>
        Near(.664873, GenerativeReward.PreferenceProbability((1, 0), (.2, .6)));

    [Fact]
    public void Monte_Carlo_labels_are_a_share_or_whether_any_succeeds()
    {
        Near(.25, StepRewards.MonteCarloLabel([false, true, false, false], hard: false));
        Near(1, StepRewards.MonteCarloLabel([false, true, false, false], hard: true));
        Near(0, StepRewards.MonteCarloLabel([false, false], hard: true));
    }

    [Theory]
    [InlineData(new[] { 3, 2 })]
    [InlineData(new[] { 1, 1 })]
    [InlineData(new[] { 0, 9 })]
    public void Step_ends_that_do_not_rise_are_refused(int[] ends) =>
        Assert.Contains("rise", Assert.Throws<UsageException>(() => StepRewards.RequireRising(ends, 8)).Message, StringComparison.Ordinal);
}
