using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;

namespace Bellman.Tests.Language;

/// <summary>The survey's numbers of credit assignment (C10, C16 to C23, C28) and its edge cases.</summary>
public sealed class CreditTests
{
    private static readonly double[] Rewards = [1, 0, 0, .5];

    /// <summary>One token a response, so that the table of advantages is the list of them.</summary>
    private static double[] Of(ICreditAssigner credit, double[] rewards, int[]? groups = null, Recorded? metrics = null) =>
        credit.Assign(CreditBatch.Of(rewards, groups ?? new int[rewards.Length], [.. rewards.Select(_ => 1)]), metrics ?? new Recorded()).Advantages;

    [Fact]
    public void C10_rewards_with_penalty_advantages_and_whitening()
    {
        double[] k1 = [.2, .1, .2];
        var penalty = Array.ConvertAll(k1, value => -.05 * value);
        Near([-.01, -.005, .99], [penalty[0], penalty[1], penalty[2] + 1]);
        var batch = CreditBatch.Of([1], [0], [3], penalty);
        batch = new CreditBatch { Rows = 1, Tokens = 3, Mask = batch.Mask, Rewards = [1], Groups = [0], TokenRewards = penalty, Values = [.5, .6, .7] };
        var credit = new GaeCredit { Whiten = false }.Assign(batch, new Recorded());
        Near([.441975, .370500, .290000], credit.Advantages);
        Near([.941975, .970500, .990000], credit.Returns ?? []);
        Near([.979629, .039567, -1.019195], new GaeCredit().Assign(batch, new Recorded()).Advantages, 2e-6);
    }

    [Fact]
    public void Tool_tokens_pass_value_and_trace_through_unchanged()
    {
        var plain = new CreditBatch { Rows = 1, Tokens = 3, Mask = [true, true, true], Rewards = [1], Groups = [0], Values = [.5, .6, .7] };
        var tools = new CreditBatch { Rows = 1, Tokens = 6, Mask = [true, false, true, false, true, false], Rewards = [1], Groups = [0], Values = [.5, 9, .6, -4, .7, 3] };
        var expected = new GaeCredit { Whiten = false }.Assign(plain, new Recorded()).Advantages;
        var actual = new GaeCredit { Whiten = false }.Assign(tools, new Recorded()).Advantages;
        Near([expected[0], 0, expected[1], 0, expected[2], 0], actual, 0);
    }

    [Fact]
    public void C16_grpo() => Near([1.305580, -.783348, -.783348, .261116], Of(new GrpoCredit(), Rewards));

    [Fact]
    public void C17_drgrpo() => Near([.625, -.375, -.375, .125], Of(new DrGrpoCredit(), Rewards));

    [Fact]
    public void C18_rloo() => Near([.833333, -.5, -.5, .166667], Of(new RlooCredit(), Rewards));

    [Fact]
    public void C19_opo()
    {
        Near(.3, OpoCredit.Baseline(Rewards, [2, 4, 6, 8]));
        var credit = new OpoCredit().Assign(CreditBatch.Of(Rewards, new int[4], [2, 4, 6, 8]), new Recorded()).Advantages;
        Near([.7, -.3, -.3, .2], [credit[0], credit[8], credit[16], credit[24]]);
    }

    [Fact]
    public void C20_gpg() => Near([1.25, -.75, -.75, .25], Of(new GpgCredit(), Rewards));

    [Fact]
    public void C21_passk() => Near([1.044464, 0, 0, 0], Of(new PassAtKCredit(), Rewards));

    [Fact]
    public void C22_remax()
    {
        var batch = CreditBatch.Of(Rewards, new int[4], [1, 1, 1, 1]);
        batch = new CreditBatch { Rows = 4, Tokens = 1, Mask = batch.Mask, Rewards = Rewards, Groups = batch.Groups, GreedyRewards = [.25, .25, .25, .25] };
        Near([.75, -.25, -.25, .25], new RemaxCredit().Assign(batch, new Recorded()).Advantages);
    }

    [Fact]
    public void C23_reinforcepp_whitens_token_returns_over_the_batch()
    {
        var credit = new ReinforcePlusPlusCredit().Assign(CreditBatch.Of([1, 0], [0, 1], [2, 3]), new Recorded()).Advantages;
        Near([1.095445, 1.095445, 0, -.730297, -.730297, -.730297], credit);
        var baseline = new ReinforcePlusPlusCredit { GroupBaseline = true }.Assign(CreditBatch.Of([1, 0, 1, 1], [0, 0, 1, 1], [1, 2, 1, 1]), new Recorded()).Advantages;
        Near([1.434274, 0, -.956183, -.956183, .239046, 0, .239046, 0], baseline);
    }

    [Fact]
    public void C28_vapo_actor_trace_grows_with_the_response()
    {
        Near(.8, new VapoCredit().ActorLambda(100));
        Near(.98, new VapoCredit().ActorLambda(1000));
        var batch = new CreditBatch { Rows = 1, Tokens = 3, Mask = [true, true, true], Rewards = [1], Groups = [0], Values = [.5, .6, .7] };
        Near([1, 1, 1], new VapoCredit().Assign(batch, new Recorded()).Returns ?? []);
    }

    public static TheoryData<string> Assigners => [.. ComponentRegistry.Keys<ICreditAssigner>()];

    public static TheoryData<string> Groups => [.. ComponentRegistry.Keys<ICreditAssigner>().Where(key => key.StartsWith("adv.group.", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Groups))]
    public void Equal_rewards_give_no_signal_and_are_counted(string key)
    {
        var credit = ComponentRegistry.Create<ICreditAssigner>(key);
        var metrics = new Recorded();
        // .1 summed and divided is not .1: a group of equal rewards must still be exactly without signal.
        Assert.All(Of(credit, [.1, .1, .1], metrics: metrics), advantage => Assert.Equal(0, advantage));
        Assert.Equal(1, metrics.Last["group/zero_std"]);
        Of(credit, [1, 0, .5, .5], [0, 0, 1, 1], metrics);
        Assert.Equal(.5, metrics.Last["group/zero_std"]);
    }

    [Theory]
    [MemberData(nameof(Groups))]
    public void Unscorable_responses_get_nothing_and_leave_their_group(string key)
    {
        var credit = ComponentRegistry.Create<ICreditAssigner>(key);
        var with = Of(credit, [1, double.NaN, 0, 0, .5]);
        Assert.Equal(0, with[1]);
        Near(Of(credit, Rewards), [with[0], with[2], with[3], with[4]], 0);
    }

    [Theory]
    [MemberData(nameof(Assigners))]
    public void Every_assigner_gives_finite_credit_inside_the_mask_alone(string key)
    {
        var credit = ComponentRegistry.Create<ICreditAssigner>(key);
        // These read the rollouts themselves, and have tests of their own.
        if (key is "moo.gdpo" or "value.archer") { return; }
        var batch = new CreditBatch
        {
            Rows = 4,
            Tokens = 3,
            Mask = [true, true, true, true, false, false, true, false, true, false, false, false],
            Rewards = [1, 0, double.NaN, .5],
            Groups = [0, 0, 0, 0],
            TokenRewards = [.1, 0, .2, 0, double.NaN, double.NaN, .3, double.NaN, .1, double.NaN, double.NaN, double.NaN],
            Values = [.5, .6, .7, .2, double.NaN, double.NaN, .1, double.NaN, .4, double.NaN, double.NaN, double.NaN],
            GreedyRewards = [.2, .2, .2, .2],
        };
        var advantages = credit.Assign(batch, new Recorded()).Advantages;
        Assert.All(advantages, value => Assert.True(double.IsFinite(value)));
        for (var index = 0; index < advantages.Length; index++) { if (!batch.Mask[index]) { Assert.Equal(0, advantages[index]); } }
        Assert.Equal(0, advantages[6]);
    }
}
