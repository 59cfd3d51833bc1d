using Bellman.Algorithms;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Algorithms.Values;

public sealed class ReturnModelTests
{
    private static readonly float[] Mass = [0.1f, 0.2f, 0.4f, 0.2f, 0.1f];

    [Fact]
    public void Categorical_mass_moves_to_the_neighbouring_atoms()
    {
        var categorical = new CategoricalReturn(-1, 1, 5);
        Assert.Equal([0.02f, 0.14f, 0.30f, 0.34f, 0.20f], Projected(categorical, 0.3, 0.9), Near);
        Assert.Equal([0, 0, 0.4f, 0.6f, 0], Projected(categorical, 0.3, 0), Near);
    }

    /// <summary>The usual formula with floor and ceiling loses the mass of whole positions.</summary>
    [Fact]
    public void Categorical_mass_at_a_whole_position_stays_whole()
    {
        var categorical = new CategoricalReturn(-1, 1, 5);
        Assert.Equal(Mass, Projected(categorical, 0, 1), Near);
        Assert.Equal([0, 0, 0, 1, 0], Projected(categorical, 0.5, 0), Near);
        Assert.Equal([0, 0, 0, 0, 1], Projected(categorical, 7, 0.9), Near);
        Assert.Equal([1, 0, 0, 0, 0], Projected(categorical, -7, 0.9), Near);
    }

    [Fact]
    public void Categorical_mass_is_kept_and_so_is_the_mean_where_nothing_is_clipped() =>
        Gen.Select(Gen.Double[-3, 3], Gen.Double[0, 1], Gen.Int[2, 60]).Sample((reward, discount, atoms) =>
        {
            var categorical = new CategoricalReturn(-10, 10, atoms);
            var mass = Enumerable.Repeat(1f / atoms, atoms).ToArray();
            var projected = new float[atoms];
            categorical.Project(reward, discount * 0.5, mass, projected);
            Assert.Equal(1, projected.Sum(), 1e-4);
            var mean = projected.Select((p, i) => p * (-10 + 20.0 * i / (atoms - 1))).Sum();
            Assert.Equal(reward, mean, 1e-3);
        });

    [Fact]
    public void Categorical_loss_is_the_cross_entropy_of_the_projected_target()
    {
        var categorical = new CategoricalReturn(-1, 1, 5);
        var next = Mass.Select(p => MathF.Log(p)).ToArray();
        var gradient = new float[5];
        var (loss, error) = categorical.Learn([0, 0, 1, 1, 0], 0.3, 0.9, next, gradient);
        Assert.Equal(1.492575, loss, 1e-5);
        // The divergence is the cross-entropy less the target's entropy.
        double[] target = [0.02, 0.14, 0.30, 0.34, 0.20];
        Assert.Equal(1.492575 + target.Sum(m => m * Math.Log(m)), error, 1e-5);
        Assert.Equal(0, gradient.Sum(), 1e-6);
    }

    [Fact]
    public void Quantile_loss_weighs_errors_by_the_side_they_are_on()
    {
        var gradient = new float[2];
        Assert.Equal(0.40625, new QuantileReturn(2, 1).Loss([0, 1], [0.5f, 2], gradient), 1e-6);
        Assert.Equal(0.75, new QuantileReturn(2, 0).Loss([0, 1], [0.5f, 2], gradient), 1e-6);
        Assert.Equal(0.75, new QuantileReturn(2, 1e-6).Loss([0, 1], [0.5f, 2], gradient), 1e-5);
    }

    [Fact]
    public void Means_are_expectations()
    {
        Assert.Equal(1.5f, new QuantileReturn(2).Mean([1, 2]));
        Assert.Equal(0.25f, new CategoricalReturn(0, 1, 2).Mean([MathF.Log(3), 0]), 1e-6f);
        var means = new float[2];
        new QuantileReturn(2).Means([1, 2, -1, 0], means);
        Assert.Equal([1.5f, -0.5f], means);
    }

    /// <summary>Inputs lie apart from the kinks, where a difference has no derivative to agree with.</summary>
    [Theory]
    [InlineData(ReturnKind.Mean)]
    [InlineData(ReturnKind.Categorical)]
    [InlineData(ReturnKind.Quantile)]
    public void Gradients_agree_with_central_differences_and_the_target_has_none(ReturnKind kind)
    {
        var model = ReturnModel.For(new DqnOptions { Returns = kind, Atoms = 5, Quantiles = 4, MinimumReturn = -2, MaximumReturn = 2 });
        var random = RandomStream.Create(3);
        for (var round = 0; round < 20; round++)
        {
            var (predicted, next, gradient) = (new float[model.Width], new float[model.Width], new float[model.Width]);
            random.NextGaussians(predicted);
            random.NextGaussians(next);
            var (loss, _) = model.Learn(predicted, 0.3, 0.9, next, gradient);
            Assert.True(loss >= 0);
            for (var i = 0; i < model.Width; i++)
            {
                const float Step = 1e-3f;
                var centre = predicted[i];
                var scratch = new float[model.Width];
                predicted[i] = centre + Step;
                var above = model.Learn(predicted, 0.3, 0.9, next, scratch).Loss;
                predicted[i] = centre - Step;
                var below = model.Learn(predicted, 0.3, 0.9, next, scratch).Loss;
                predicted[i] = centre;
                Assert.Equal((above - below) / (2 * Step), gradient[i], 2e-3);
            }
        }
    }

    [Fact]
    public void Impossible_returns_are_refused()
    {
        Assert.Throws<UsageException>(() => new CategoricalReturn(1, 1, 5));
        Assert.Throws<UsageException>(() => new CategoricalReturn(0, 1, 1));
        Assert.Throws<UsageException>(() => new QuantileReturn(0));
        Assert.Throws<UsageException>(() => new QuantileReturn(2, -1));
        var message = Assert.Throws<UsageException>(() => OptionSet.Validated(new C51Options { MinimumReturn = 3, MaximumReturn = 2 }, "algorithm c51")).Message;
        Assert.Contains("minimumReturn 3 is not below maximumReturn 2", message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => OptionSet.Validated(new DqnOptions { HuberThreshold = 0 }, "algorithm dqn"));
    }

    private static float[] Projected(CategoricalReturn categorical, double reward, double discount)
    {
        var projected = new float[5];
        categorical.Project(reward, discount, Mass, projected);
        return projected;
    }

    private static bool Near(float a, float b) => Math.Abs(a - b) < 1e-6;
}
