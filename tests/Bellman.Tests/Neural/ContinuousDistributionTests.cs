using Bellman.Neural;
using Xunit;
using static TorchSharp.torch;

namespace Bellman.Tests.Neural;

/// <summary>The beta, the squashed and the state-dependent distribution: by hand, by torch, by sampling and by differences.</summary>
public class ContinuousDistributionTests
{
    private static readonly float[] Alpha = [2, 1.3f, 40];
    private static readonly float[] Beta = [3, 5.5f, 1.01f];
    private static readonly float[] At = [0.4f, 0.05f, 0.97f];

    [Fact]
    public void Beta_by_hand()
    {
        // Beta(2, 3) has B = 1/12: p(.4) = 12 x .4 x .36
        Assert.Equal(Math.Log(1.728), BetaDistribution.LogProbability([2], [3], [0.4f]), 1e-6);
        Assert.Equal(-0.2349066, BetaDistribution.Entropy([2], [3]), 1e-6);
        Assert.Equal(0, BetaDistribution.Entropy([1], [1]), 1e-6);
    }

    [Fact]
    public void Beta_is_torch_s()
    {
        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        var (a, b) = (tensor(Alpha).to(ScalarType.Float64).requires_grad_(), tensor(Beta).to(ScalarType.Float64).requires_grad_());
        var theirs = distributions.Beta(a, b);
        var (logProbability, entropy) = (theirs.log_prob(tensor(At).to(ScalarType.Float64)).sum(), theirs.entropy().sum());
        Assert.Equal(logProbability.item<double>(), BetaDistribution.LogProbability(Alpha, Beta, At), 1e-4);
        Assert.Equal(entropy.item<double>(), BetaDistribution.Entropy(Alpha, Beta), 1e-5);
        float[] byAlpha = new float[3], byBeta = new float[3];
        BetaDistribution.AddGradient(Alpha, Beta, At, 0.7f, 0.3f, byAlpha, byBeta);
        // The gradient of log p by torch; that of the entropy, which torch has no derivative of trigamma for, by differences.
        (0.7 * logProbability).backward();
        for (var i = 0; i < 3; i++)
        {
            var (index, one) = (i, new float[1]);
            var slopeAlpha = Slope(Alpha[i], x => BetaDistribution.Entropy([(float)x], [Beta[index]]));
            var slopeBeta = Slope(Beta[i], x => BetaDistribution.Entropy([Alpha[index]], [(float)x]));
            Assert.Equal(Grad(a)[i] + 0.3 * slopeAlpha, byAlpha[i], 2e-3);
            Assert.Equal(Grad(b)[i] + 0.3 * slopeBeta, byBeta[i], 2e-3);
        }

        static double[] Grad(Tensor leaf) => leaf.grad is { } gradient ? gradient.data<double>().ToArray() : [];
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(1, 1)]
    [InlineData(0.5f, 0.7f)]
    public void Beta_draws_have_its_mean_and_variance(float alpha, float beta)
    {
        var random = RandomStream.Create(3);
        var x = new float[1];
        double sum = 0, squares = 0;
        const int Draws = 40_000;
        for (var i = 0; i < Draws; i++)
        {
            BetaDistribution.Sample([alpha], [beta], random, x);
            Assert.InRange(x[0], 1e-7f, 1 - 1e-7f);
            sum += x[0];
            squares += x[0] * x[0];
        }
        var mean = sum / Draws;
        BetaDistribution.Mean([alpha], [beta], x);
        Assert.Equal(x[0], mean, 0.01);
        Assert.Equal(alpha * beta / ((alpha + beta) * (alpha + beta) * (alpha + beta + 1)), squares / Draws - mean * mean, 0.004);
    }

    [Fact]
    public void Beta_stays_finite_at_the_edges()
    {
        Assert.True(float.IsFinite(BetaDistribution.LogProbability([3], [5], [0])));
        Assert.True(float.IsFinite(BetaDistribution.LogProbability([3000], [1], [1])));
        float[] byAlpha = new float[1], byBeta = new float[1];
        BetaDistribution.AddGradient([3], [5], [1], 1, 1, byAlpha, byBeta);
        Assert.True(float.IsFinite(byAlpha[0]) && float.IsFinite(byBeta[0]));
    }

    [Theory]
    [InlineData(0.3f, -1, 0.01)]
    [InlineData(-1.5f, 0, 0.02)]
    [InlineData(0, 1, 0.1)]
    public void Entropy_of_the_squashed_gaussian_is_the_mean_of_its_surprise(float mean, float logStandardDeviation, double tolerance)
    {
        var random = RandomStream.Create(8);
        float[] u = new float[1], a = new float[1];
        var sum = 0.0;
        const int Draws = 100_000;
        for (var i = 0; i < Draws; i++)
        {
            TanhGaussian.Sample([mean], [logStandardDeviation], random, u, a);
            sum -= TanhGaussian.LogProbability([mean], [logStandardDeviation], u);
        }
        Assert.Equal(sum / Draws, TanhGaussian.Entropy([mean], [logStandardDeviation]), tolerance + 0.01);
    }

    [Fact]
    public void Gradient_of_the_squashed_entropy_is_its_slope()
    {
        float[] byMean = new float[1], byLogStandardDeviation = new float[1];
        TanhGaussian.AddEntropyGradient([0.7f], [-0.4f], 1, byMean, byLogStandardDeviation);
        Assert.Equal(Slope(0.7, x => TanhGaussian.Entropy([(float)x], [-0.4f])), byMean[0], 2e-3);
        Assert.Equal(Slope(-0.4, x => TanhGaussian.Entropy([0.7f], [(float)x])), byLogStandardDeviation[0], 2e-3);
    }

    [Fact]
    public void State_dependent_noise_has_the_variance_of_features_and_deviations()
    {
        // v = .5² e^(2 x -1) + 2² e^(2 x -2) = .25 e^-2 + 4 e^-4
        float[] features = [0.5f, 2], variances = [MathF.Exp(-2), MathF.Exp(-4)], mean = [0.1f], noise = new float[2], action = new float[1];
        var variance = 0.25 * Math.Exp(-2) + 4 * Math.Exp(-4);
        Assert.Equal(-0.5 * (0.3 * 0.3 / variance + Math.Log(2 * Math.PI * variance)), StateDependentGaussian.LogProbability(mean, features, variances, [0.4f]), 1e-4);
        Assert.Equal(0.5 * Math.Log(2 * Math.PI * Math.E * variance), StateDependentGaussian.Entropy(features, variances), 1e-4);
        var random = RandomStream.Create(4);
        double explored = 0, drawn = 0;
        for (var i = 0; i < 40_000; i++)
        {
            StateDependentGaussian.SampleNoise(variances, random, noise);
            StateDependentGaussian.Explore(mean, features, noise, action);
            explored += (action[0] - 0.1) * (action[0] - 0.1) / 40_000;
            StateDependentGaussian.Sample(mean, features, variances, random, action);
            drawn += (action[0] - 0.1) * (action[0] - 0.1) / 40_000;
        }
        Assert.Equal(variance, explored, 0.004);
        Assert.Equal(variance, drawn, 0.004);
    }

    [Fact]
    public void The_same_state_gets_the_same_noise_until_it_is_drawn_anew()
    {
        float[] features = [0.3f, -0.8f], noise = new float[4], first = new float[2], second = new float[2];
        StateDependentGaussian.SampleNoise([1, 1, 1, 1], RandomStream.Create(1), noise);
        StateDependentGaussian.Explore([0, 0], features, noise, first);
        StateDependentGaussian.Explore([0, 0], features, noise, second);
        Assert.Equal(first, second);
        Assert.NotEqual(first[0], first[1]);
    }

    [Fact]
    public void State_dependent_gradients_are_slopes()
    {
        float[] mean = [0.1f, -0.3f], features = [0.5f, 2], logDeviation = [-1, -0.5f, -2, 0.2f], action = [0.4f, 0.6f], byMean = new float[2], byLogDeviation = new float[4];
        StateDependentGaussian.AddGradient(mean, features, Variances(), action, 0.7f, 0.3f, byMean, byLogDeviation);
        for (var i = 0; i < 2; i++) { Assert.Equal(Slope(mean, i), byMean[i], 3e-3 * (1 + Math.Abs(byMean[i]))); }
        for (var i = 0; i < 4; i++) { Assert.Equal(Slope(logDeviation, i), byLogDeviation[i], 3e-3); }

        float[] Variances()
        {
            var variances = new float[4];
            StateDependentGaussian.Variances(logDeviation, variances);
            return variances;
        }

        double Slope(float[] values, int i)
        {
            var at = values[i];
            return ContinuousDistributionTests.Slope(at, x =>
            {
                values[i] = (float)x;
                var value = 0.7 * StateDependentGaussian.LogProbability(mean, features, Variances(), action) + 0.3 * StateDependentGaussian.Entropy(features, Variances());
                values[i] = at;
                return value;
            });
        }
    }

    private static double Slope(double at, Func<double, double> f) => (f(at + 1e-2) - f(at - 1e-2)) / (2 * (double)1e-2f);
}
