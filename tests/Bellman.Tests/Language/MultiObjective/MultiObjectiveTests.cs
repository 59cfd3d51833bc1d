using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;

namespace Bellman.Tests.Language;

/// <summary>The survey's numbers of several objectives (C71 to C75).</summary>
public sealed class MultiObjectiveTests
{
    private static readonly double[] First = [1, 0, 1, 0];
    private static readonly double[] Second = [.2, .8, .4, .6];

    [Fact]
    public void C71_order_of_sum_and_normalisation()
    {
        var sums = First.Select((reward, i) => RewardScalarization.Weighted([reward, Second[i]], [.7, .3])).ToArray();
        Near([.772086, -.772086, .950259, -.950259], RewardScalarization.Normalize(sums));
        Near([.569950, -.569950, 1.083741, -1.083741], RewardScalarization.Decoupled([First, Second], [.7, .3], [0, 0, 0, 0]));
    }

    [Fact]
    public void C72_soup() => Near([2.4, -.8], RewardedSoup.Mix([[1, 2], [3, -2]], [.3, .7]));

    [Fact]
    public void C73_tchebycheff() => Near(-.24, RewardScalarization.Tchebycheff([1, .2], [.7, .3], [1, 1]));

    [Fact]
    public void C74_rewards_in_context()
    {
        Assert.Equal("0.8", RewardsInContext.Write(.83));
        Assert.Equal("<helpful 0.8><safe 1.0> Q", RewardsInContext.Prepend("Q", [new("helpful", .83), new("safe", 1)]));
        Assert.Contains("NaN", Assert.Throws<UsageException>(() => RewardsInContext.Write(double.NaN)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void C75_reward_under_a_bound_on_cost()
    {
        Near(0, new LagrangeMultiplier(.5).Combine(1, 2));
        var multiplier = new LagrangeMultiplier(1, .1, limit: .3);
        multiplier.Update(.5);
        Near(1.020201, multiplier.Value);
    }
}
