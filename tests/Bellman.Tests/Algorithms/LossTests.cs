using Bellman.Algorithms;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Algorithms;

public sealed class LossTests
{
    [Theory]
    [InlineData(-0.1, -0.2, 1, -1.105171)]
    [InlineData(-0.8, -0.5, -2, 1.6)]
    [InlineData(-0.3, -0.3, 0.5, -0.5)]
    public void Policy_loss_is_the_pessimistic_clipped_surrogate(double logProbability, double oldLogProbability, double advantage, double expected) =>
        Assert.Equal(expected, PpoLoss.Policy(logProbability, oldLogProbability, advantage, 0.2).Loss, 1e-6);

    [Fact]
    public void Clipped_value_loss_takes_the_larger_error()
    {
        double[] values = [0.9, 0.5, 0.7], old = [0.5, 0.6, 0.7], advantages = [0.441975, 0.3705, 0.29];
        var mean = values.Select((value, i) => PpoLoss.Value(value, old[i], advantages[i] + old[i], 0.2).Loss).Average();
        Assert.Equal(0.060670, mean, 1e-6);
    }

    [Fact] // F22
    public void Total_is_the_weighted_sum_of_its_terms() => Assert.Equal(-0.062, PpoLoss.Total(-0.2, 0.3, 1.2, 0.5, 0.01), 1e-12);

    [Fact] // F23
    public void Approximate_kl_matches_its_definition()
    {
        double[] logRatios = [0.1, -0.2, 0.05];
        Assert.Equal(0.008391, logRatios.Average(ratio => PpoLoss.ApproximateKl(ratio, 0)), 1e-6);
    }

    [Fact]
    public void Derivatives_agree_with_central_differences() =>
        Gen.Select(Gen.Double[-2, 0], Gen.Double[-2, 0], Gen.Double[-3, 3], Gen.Double[-2, 2]).Sample((logProbability, old, advantage, target) =>
        {
            const double h = 1e-5;
            var ratio = Math.Exp(logProbability - old);
            if (Math.Abs(ratio - 0.8) > 1e-3 && Math.Abs(ratio - 1.2) > 1e-3)
            {
                var slope = (PpoLoss.Policy(logProbability + h, old, advantage, 0.2).Loss - PpoLoss.Policy(logProbability - h, old, advantage, 0.2).Loss) / (2 * h);
                Assert.Equal(slope, PpoLoss.Policy(logProbability, old, advantage, 0.2).Derivative, 1e-4 * (1 + Math.Abs(slope)));
            }
            var unclipped = (PpoLoss.Value(logProbability + h, old, target, null).Loss - PpoLoss.Value(logProbability - h, old, target, null).Loss) / (2 * h);
            Assert.Equal(unclipped, PpoLoss.Value(logProbability, old, target, null).Derivative, 1e-6);
            Assert.Equal(Math.Clamp(logProbability, -1, 1), TemporalDifference.Huber(logProbability).Derivative, 1e-12);
        });

    [Fact]
    public void Advantages_are_normalised_with_the_sample_deviation_and_a_single_one_is_left_alone()
    {
        float[] advantages = [1, 2, 3];
        PpoLoss.Normalize(advantages);
        Assert.Equal([-1, 0, 1], advantages, (a, b) => Math.Abs(a - b) < 1e-6);
        float[] single = [5];
        PpoLoss.Normalize(single);
        Assert.Equal(5, single[0]);
    }

    [Fact]
    public void Double_targets_use_the_online_choice_and_the_target_value()
    {
        float[] online = [1, 2, 1.5f], target = [1.2f, 0.8f, 1.4f];
        Assert.Equal(2.386, TemporalDifference.Target(1, 0.99, target), 1e-6);
        Assert.Equal(1.792, TemporalDifference.DoubleTarget(1, 0.99, online, target), 1e-6);
        Assert.Equal(1, TemporalDifference.Target(1, 0, target));
        Assert.Equal(0, TemporalDifference.ArgMax([1, 1, 1]));
    }

    [Fact]
    public void Huber_is_quadratic_near_zero_and_linear_beyond()
    {
        Assert.Equal(0.125, TemporalDifference.Huber(0.5).Loss, 1e-12);
        Assert.Equal(1.5, TemporalDifference.Huber(2).Loss, 1e-12);
    }
}
