using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Neural;

public class GaussianTests
{
    private static readonly float[] Mean = [0.3f, -0.5f];
    private static readonly float[] LogStd = [-0.5f, 0.2f];
    private static readonly float[] Draw = [0.4f, -1];

    [Fact]
    public void F25_Entropy_of_independent_normals()
    {
        Assert.Equal(2.837877f, DiagonalGaussian.Entropy([MathF.Log(0.5f), MathF.Log(2)]), 1e-6f);
    }

    [Fact]
    public void F60_Divergence_between_normals()
    {
        Assert.Equal(0.349397, DiagonalGaussian.KlDivergence([0.5f], [0], [0], [MathF.Log(2)]), 1e-6);
    }

    [Fact]
    public void F16_Squashed_log_probability_in_its_exact_form()
    {
        var action = new float[2];
        TanhGaussian.Squash(Draw, action);
        Assert.Equal(0.379949f, action[0], 1e-6f);
        Assert.Equal(-0.761594f, action[1], 1e-6f);
        var gaussian = DiagonalGaussian.LogProbability(Mean, LogStd, Draw);
        var squashed = TanhGaussian.LogProbability(Mean, LogStd, Draw);
        Assert.Equal(-1.635258f, gaussian, 2e-6f);
        Assert.Equal(-1.023469f, gaussian - squashed, 2e-6f);
        Assert.Equal(-0.611790f, squashed, 2e-6f);
        Assert.Equal(-1.998084f, squashed - 2 * MathF.Log(2), 2e-6f);
    }

    [Fact]
    public void Squashed_log_probability_stays_finite_far_out()
    {
        Assert.True(float.IsFinite(TanhGaussian.LogProbability([40], [0], [41])));
        Assert.True(float.IsFinite(TanhGaussian.LogProbability([-40], [0], [-41])));
    }

    [Fact]
    public void Draws_have_the_mean_and_deviation()
    {
        var random = RandomStream.Create(1);
        double sum = 0, squares = 0;
        var action = new float[1];
        for (var i = 0; i < 40_000; i++)
        {
            DiagonalGaussian.Sample([1], [MathF.Log(2)], random, action);
            sum += action[0];
            squares += action[0] * action[0];
        }
        var mean = sum / 40_000;
        Assert.Equal(1, mean, 0.04);
        Assert.Equal(2, Math.Sqrt(squares / 40_000 - mean * mean), 0.04);
    }

    [Fact]
    public void Gaussian_gradients_are_the_slopes_of_the_objective()
    {
        float[] byMean = new float[2], byLogStd = new float[2];
        DiagonalGaussian.AddGradient(Mean, LogStd, Draw, 0.7f, 0.3f, byMean, byLogStd);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(Slope(Mean[i], x => Objective(x, LogStd[i], Draw[i])), byMean[i], 1e-5);
            Assert.Equal(Slope(LogStd[i], x => Objective(Mean[i], x, Draw[i])), byLogStd[i], 1e-5);
        }

        static double Objective(double mean, double logStd, double action) => 0.7 * LogNormal(mean, logStd, action) + 0.3 * logStd;
    }

    [Fact]
    public void Reparametrised_gradients_are_the_slopes_along_the_draw()
    {
        float[] byAction = [0.4f, -0.6f], byMean = new float[2], byLogStd = new float[2];
        TanhGaussian.AddReparametrisedGradient(Mean, LogStd, Draw, 0.7f, byAction, byMean, byLogStd);
        for (var i = 0; i < 2; i++)
        {
            var noise = (Draw[i] - Mean[i]) / Math.Exp(LogStd[i]);
            Assert.Equal(Slope(Mean[i], x => Objective(x, LogStd[i], noise, byAction[i])), byMean[i], 1e-5);
            Assert.Equal(Slope(LogStd[i], x => Objective(Mean[i], x, noise, byAction[i])), byLogStd[i], 1e-5);
        }

        static double Objective(double mean, double logStd, double noise, double byAction)
        {
            var unsquashed = mean + Math.Exp(logStd) * noise;
            var action = Math.Tanh(unsquashed);
            return 0.7 * (LogNormal(mean, logStd, unsquashed) - Math.Log(1 - action * action)) + byAction * action;
        }
    }

    private static double LogNormal(double mean, double logStd, double x) =>
        -0.5 * Math.Pow((x - mean) / Math.Exp(logStd), 2) - logStd - 0.5 * Math.Log(2 * Math.PI);

    private static double Slope(double at, Func<double, double> f) => (f(at + 1e-5) - f(at - 1e-5)) / 2e-5;
}
