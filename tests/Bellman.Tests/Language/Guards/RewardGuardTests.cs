using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;

namespace Bellman.Tests.Language;

public sealed class RewardGuardTests
{
    [Fact]
    public void Rewards_are_penalised_for_length_and_missing_end_then_clipped_and_whitened()
    {
        double[] rewards = [1, 0, double.NaN, 9];
        Near([.8, -.9, 2], [.. RewardGuards.Apply(rewards, [2, 4, 1, 1], [true, false, true, true], new RewardGuardOptions { Clip = 2, LengthPenalty = .1, MissingEndPenalty = .5 }).Where(value => !double.IsNaN(value))]);
        var whitened = RewardGuards.Apply([1, 2, 3, double.NaN], [1, 1, 1, 1], [true, true, true, true], new RewardGuardOptions { Whiten = true });
        Near([-1, 0, 1], [.. whitened.Take(3)]);
        Assert.True(double.IsNaN(whitened[3]));
        Assert.All(RewardGuards.Apply([.1, .1, .1], [1, 1, 1], [true, true, true], new RewardGuardOptions { Whiten = true }), value => Near(0, value));
    }

    [Fact]
    public void Proxy_that_rises_while_gold_falls_is_noticed()
    {
        var monitor = new OverOptimizationMonitor();
        var metrics = new Recorded();
        foreach (var (proxy, gold) in ((double, double)[])[(.3, .3), (.6, .55), (.8, .6)]) { monitor.Add(proxy, gold, metrics); }
        Assert.False(monitor.IsOverOptimized);
        monitor.Add(1.1, .4, metrics);
        Assert.True(monitor.IsOverOptimized);
        Assert.Equal(1, metrics.Last["guard/over_optimized"]);
    }
}
