using Bellman.Algorithms;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.Offline;

public sealed class OfflineLossTests
{
    [Fact] // F30
    public void Conservative_gap_is_a_log_sum_over_draws_corrected_by_their_densities_minus_the_recorded_value()
    {
        float[] values = [0.5f, 1, 1.2f, 0.8f], densities = [MathF.Log(0.5f), MathF.Log(0.5f), -0.3f, -1], shares = new float[4];
        Assert.Equal(2.058308, OfflineLoss.ConservativeGap(values, densities, 0.9, shares), 1e-6);
        Assert.Equal(1, shares.Sum(), 1e-6);
        for (var i = 0; i < values.Length; i++)
        {
            const float h = 1e-2f;
            var (up, down, scratch) = ((float[])values.Clone(), (float[])values.Clone(), new float[4]);
            (up[i], down[i]) = (up[i] + h, down[i] - h);
            var slope = (OfflineLoss.ConservativeGap(up, densities, 0.9, scratch) - OfflineLoss.ConservativeGap(down, densities, 0.9, scratch)) / (2 * h);
            Assert.Equal(slope, shares[i], 1e-4);
        }
    }

    [Fact] // F29
    public void Conservative_gap_over_all_discrete_actions_needs_no_densities()
    {
        var shares = new float[3];
        Assert.Equal(1.464369, OfflineLoss.ConservativeGap([1, 2, 0.5f], new float[3], 1, shares), 1e-6);
        Assert.Equal([0.231224f, 0.628532f, 0.140244f], shares, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact] // F31
    public void Lagrange_form_weighs_what_the_gap_exceeds_its_target_by()
    {
        Assert.Equal(5.291539, OfflineLoss.Lagrange(1, 5, 2.058308, 1), 2e-6);
        // The multiplier rises above the target and falls below it.
        double After(double gap)
        {
            using var multiplier = new GapMultiplier(5, 1, 0.1);
            using var log = new MetricLog();
            for (var i = 0; i < 3; i++) { multiplier.Update(gap, log); }
            Assert.Equal(5 * multiplier.Multiplier, multiplier.Weight, 1e-12);
            return multiplier.Multiplier;
        }
        Assert.True(After(2.058308) > 1.2 && After(0.5) < 0.8);
        using var fixedWeight = new GapMultiplier(5, null, 0.1);
        fixedWeight.Update(9, new MetricLog());
        Assert.Equal(5, fixedWeight.Weight);
    }

    [Fact] // F32
    public void Expectile_weighs_errors_by_their_sign()
    {
        Assert.Equal(0.295667, new[] { 0.5, -0.2, 1 }.Average(difference => OfflineLoss.Expectile(difference, 0.7).Loss), 1e-6);
        // With respect to V, u = Q - V falls.
        Assert.Equal(-0.7, OfflineLoss.Expectile(0.5, 0.7).Derivative, 1e-12);
        Assert.Equal(0.12, OfflineLoss.Expectile(-0.2, 0.7).Derivative, 1e-12);
    }

    [Theory] // F33
    [InlineData(0.5, 4.481689)]
    [InlineData(-0.2, 0.548812)]
    [InlineData(1, 20.085537)]
    [InlineData(2, 100)]
    public void Advantage_weight_is_an_exponential_with_a_ceiling(double advantage, double expected) =>
        Assert.Equal(expected, OfflineLoss.AdvantageWeight(advantage, 3), 1e-6);

    [Fact] // F34
    public void Value_is_weighed_by_its_own_size_against_imitation()
    {
        float[] values = [2, -4, 6], actions = [0.2f, 0.5f, -0.1f], recorded = [0.1f, 0.7f, 0], gradients = [1, 1, 1];
        var scale = OfflineLoss.ValueScale(values, 2.5);
        Assert.Equal(0.625, scale, 1e-9);
        Assert.Equal(-0.813333, -scale * values.Average() + OfflineLoss.Imitation(actions, recorded, (float)scale, gradients), 1e-6);
        Assert.Equal([0.625f + 0.2f / 3, 0.625f - 0.4f / 3, 0.625f - 0.2f / 3], gradients, (a, b) => Math.Abs(a - b) < 1e-6);
    }
}
