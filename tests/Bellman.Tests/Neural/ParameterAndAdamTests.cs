using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Neural;

public class ParameterAndAdamTests
{
    [Fact]
    public void F20_Polyak_moves_the_share_tau_of_the_way()
    {
        var target = Buffer(0.5f);
        target.MoveTowards(Buffer(1), 0.005f);
        Assert.Equal(0.5025f, target.Values[0], 1e-6f);
    }

    [Fact]
    public void F56_AdamW_decays_first_and_keeps_epsilon_outside_the_root()
    {
        var parameters = Buffer(1);
        var adam = new Adam(parameters, new AdamOptions { LearningRate = 0.1, WeightDecay = 0.01 });
        parameters.Gradients[0] = 0.5f;
        adam.Step(0.1);
        Assert.Equal(0.899000f, parameters.Values[0], 1e-6f);
        parameters.Gradients[0] = -0.3f;
        adam.Step();
        Assert.Equal(0.878951f, parameters.Values[0], 2e-6f);
    }

    [Fact]
    public void F56_Clipping_scales_to_the_norm_and_returns_the_norm_before()
    {
        var parameters = Buffer(0, 0);
        parameters.Gradients[0] = 3;
        parameters.Gradients[1] = 4;
        Assert.Equal(5, parameters.ClipGradients(1), 1e-12);
        Assert.Equal(0.6f, parameters.Gradients[0], 1e-6f);
        Assert.Equal(0.8f, parameters.Gradients[1], 1e-6f);
        Assert.Equal(1, parameters.ClipGradients(2), 1e-6);
        Assert.Equal(0.6f, parameters.Gradients[0], 1e-6f);
    }

    [Fact]
    public void A_gradient_that_is_not_finite_shows_in_the_norm_and_scales_nothing()
    {
        var parameters = Buffer(0, 0);
        parameters.Gradients[0] = float.PositiveInfinity;
        parameters.Gradients[1] = 4;
        Assert.False(double.IsFinite(parameters.ClipGradients(1)));
        Assert.Equal(4, parameters.Gradients[1]);
    }

    [Fact]
    public void Every_vector_width_steps_norms_and_moves_alike()
    {
        foreach (var length in (int[])[1, 15, 16, 17, 33, 1000, 2053])
        {
            var random = RandomStream.Create(5);
            float[] values = NeuralTestData.Gaussian(random, length), gradients = NeuralTestData.Gaussian(random, length);
            var expectedNorm = gradients.Sum(value => (double)value * value);
            var step = new AdamStep(0.99f, 0.9f, 0.999f, 0.1f, 31.6f, 1e-8f);
            foreach (var kernels in VectorKernels.Available)
            {
                Assert.Equal(expectedNorm, kernels.SumOfSquares(gradients), 1e-5 * expectedNorm);
                float[] p = [.. values], m = new float[length], v = new float[length];
                kernels.AdamStep(p, gradients, m, v, step);
                for (var i = 0; i < length; i++)
                {
                    var expected = 0.99 * values[i] - 0.1 * (0.1 * gradients[i]) / (31.6 * Math.Sqrt(0.001 * gradients[i] * gradients[i]) + 1e-8);
                    Assert.Equal(expected, p[i], 1e-5);
                }
                kernels.MoveTowards(p, values, 1);
                Assert.Equal(values, p);
                kernels.Scale(p, 2);
                Assert.Equal(values.Select(value => 2 * value), p);
            }
        }
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        var parameters = Buffer(0);
        foreach (var (options, name) in new[]
        {
            (new AdamOptions { LearningRate = 0 }, "LearningRate"), (new AdamOptions { Beta1 = 1 }, "Beta1"), (new AdamOptions { Beta2 = -0.1 }, "Beta2"),
            (new AdamOptions { Epsilon = 0 }, "Epsilon"), (new AdamOptions { WeightDecay = double.NaN }, "WeightDecay"),
        })
        {
            Assert.Contains(name, Assert.Throws<UsageException>(() => new Adam(parameters, options)).Message, StringComparison.Ordinal);
        }
    }

    private static ParameterBuffer Buffer(params float[] values)
    {
        var buffer = new ParameterBuffer([new ParameterInfo("p", 0, [values.Length])]);
        values.CopyTo(buffer.Values, 0);
        return buffer;
    }
}
