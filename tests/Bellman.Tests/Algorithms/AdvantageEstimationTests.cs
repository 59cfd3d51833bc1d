using Bellman.Algorithms;
using Xunit;

namespace Bellman.Tests.Algorithms;

/// <summary>The common fixture: r = (1, 0, 2), V = (.5, .4, .3, .6), gamma = .9.</summary>
public sealed class AdvantageEstimationTests
{
    private static readonly double[] Rewards = [1, 0, 2];
    private static readonly double[] Values = [0.5, 0.4, 0.3, 0.6];

    [Fact] // F1
    public void Discounted_returns_bootstrap_from_the_last_value_unless_terminated()
    {
        Assert.Equal([3.0574, 2.286, 2.54], Discounted(terminatedAtEnd: false), Near);
        Assert.Equal([2.62, 1.8, 2.0], Discounted(terminatedAtEnd: true), Near);

        static double[] Discounted(bool terminatedAtEnd)
        {
            var returns = new double[3];
            AdvantageEstimation.Discounted(Rewards, [false, false, terminatedAtEnd], 0.6, 0.9, returns);
            return returns;
        }
    }

    [Fact] // F2, F3
    public void Multi_step_returns_shorten_at_the_end_of_the_segment()
    {
        var returns = new double[3];
        AdvantageEstimation.MultiStep(Rewards, Values, 2, 0.9, returns);
        Assert.Equal([1.243, 2.286, 2.54], returns, Near);

        var flushed = new double[4];
        AdvantageEstimation.MultiStep([1, 2, 3, 4], new double[5], 3, 0.5, flushed);
        Assert.Equal([2.75, 4.5, 5.0, 4.0], flushed, Near);
    }

    [Fact] // F4
    public void Lambda_returns_match_the_definition()
    {
        var returns = new double[3];
        AdvantageEstimation.Lambda(Rewards, Values, 0.9, 0.8, returns);
        Assert.Equal([2.427616, 1.8828, 2.54], returns, Near);
    }

    [Fact] // F5
    public void Generalized_advantages_are_lambda_returns_less_values() =>
        Assert.Equal([1.927616f, 1.4828f, 2.24f], Generalized([0.4f, 0.3f, 0.6f], [false, false, false], [false, false, false]), NearSingle);

    [Fact] // F5
    public void Terminated_episode_does_not_bootstrap() =>
        Assert.Equal([0.572f, -0.4f, 2.24f], Generalized([0.4f, 0.3f, 0.6f], [false, true, false], [false, true, false]), NearSingle);

    [Fact] // F5
    public void Truncated_episode_bootstraps_from_its_final_observation() =>
        Assert.Equal([1.1552f, 0.41f, 2.24f], Generalized([0.4f, 0.9f, 0.6f], [false, false, false], [false, true, false]), NearSingle);

    [Fact]
    public void Copies_do_not_leak_into_each_other()
    {
        // Two copies interleaved [time, copies]: the fixture beside zeros.
        var advantages = new float[6];
        AdvantageEstimation.Generalized([1, 0, 0, 0, 2, 0], [0.5f, 0, 0.4f, 0, 0.3f, 0], [0.4f, 0, 0.3f, 0, 0.6f, 0],
            new bool[6], new bool[6], copies: 2, 0.9, 0.8, advantages);
        Assert.Equal([1.927616f, 0, 1.4828f, 0, 2.24f, 0], advantages, NearSingle);
    }

    [Fact] // F24
    public void Explained_variance_is_one_for_a_perfect_critic_and_undefined_without_variance()
    {
        Assert.Equal(0.976667, AdvantageEstimation.ExplainedVariance([1, 2, 3], [1.1f, 1.9f, 3.2f]), 1e-5);
        Assert.Equal(1, AdvantageEstimation.ExplainedVariance([1, 2, 3], [1, 2, 3]), 1e-12);
        Assert.True(double.IsNaN(AdvantageEstimation.ExplainedVariance([2, 2], [1, 3])));
    }

    private static float[] Generalized(float[] nextValues, bool[] terminated, bool[] done)
    {
        var advantages = new float[3];
        AdvantageEstimation.Generalized([1, 0, 2], [0.5f, 0.4f, 0.3f], nextValues, terminated, done, copies: 1, 0.9, 0.8, advantages);
        return advantages;
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-6;

    private static bool NearSingle(float a, float b) => Math.Abs(a - b) < 1e-5;
}
