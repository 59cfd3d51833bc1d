using Bellman.Algorithms;
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
