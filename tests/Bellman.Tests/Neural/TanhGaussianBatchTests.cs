using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Neural;

public class TanhGaussianBatchTests
{
    private const int Rows = 5;
    private const int Size = 3;

    [Theory, InlineData(LogDeviationBound.Clamp), InlineData(LogDeviationBound.Tanh)]
    public void A_batch_scores_its_draws_as_single_rows_are_scored(LogDeviationBound bound)
    {
        var outputs = Outputs(spread: 1.5f);
        var batch = new TanhGaussianBatch(Rows, Size, bound);
        batch.Sample(outputs, RandomStream.Create(7));
        for (var row = 0; row < Rows; row++)
        {
            var (means, logDeviations) = Split(outputs, row, bound);
            var unsquashed = batch.Unsquashed.Slice(row * Size, Size);
            Assert.Equal(TanhGaussian.LogProbability(means, logDeviations, unsquashed), batch.LogProbabilities[row], 2e-5f);
            var actions = new float[Size];
            TanhGaussian.Squash(unsquashed, actions);
            for (var i = 0; i < Size; i++) { Assert.Equal(actions[i], batch.Actions[row * Size + i], 1e-6f); }
        }
    }

    /// <summary>Fails when 1 - a² is computed from the squashed action, which is 1 there.</summary>
    [Fact]
    public void Far_out_log_probabilities_stay_exact()
    {
        var batch = new TanhGaussianBatch(1, 1, LogDeviationBound.Clamp);
        foreach (var mean in (float[])[30, -30])
        {
            batch.Sample([mean, -3], RandomStream.Create(1));
            var expected = TanhGaussian.LogProbability([mean], [-3], batch.Unsquashed);
            Assert.True(float.IsFinite(expected));
            Assert.Equal(expected, batch.LogProbabilities[0], 1e-4f);
        }
    }

    [Theory, InlineData(LogDeviationBound.Clamp), InlineData(LogDeviationBound.Tanh)]
    public void Gradients_through_the_draw_are_the_slopes(LogDeviationBound bound)
    {
        var outputs = Outputs(spread: 0.8f);
        float[] byAction = new float[Rows * Size], gradients = new float[Rows * 2 * Size];
        for (var k = 0; k < byAction.Length; k++) { byAction[k] = 0.3f * (k % 4) - 0.4f; }
        var batch = new TanhGaussianBatch(Rows, Size, bound);
        batch.Sample(outputs, RandomStream.Create(7));
        batch.Gradient(0.7f, byAction, gradients);
        for (var k = 0; k < outputs.Length; k++)
        {
            const double h = 1e-4;
            Assert.Equal((Objective(k, h) - Objective(k, -h)) / (2 * h), gradients[k], 2e-4);
        }

        // The objective in double precision, with the noise of the draw held fixed.
        double Objective(int changed, double by)
        {
            var sum = 0.0;
            for (var row = 0; row < Rows; row++)
            {
                var (means, logDeviations) = Split(outputs, row, bound);
                for (var i = 0; i < Size; i++)
                {
                    var noise = (batch.Unsquashed[row * Size + i] - means[i]) / Math.Exp(logDeviations[i]);
                    var mean = outputs[row * 2 * Size + i] + (changed == row * 2 * Size + i ? by : 0);
                    var raw = outputs[row * 2 * Size + Size + i] + (changed == row * 2 * Size + Size + i ? by : 0);
                    var logDeviation = bound == LogDeviationBound.Clamp ? Math.Clamp(raw, -20, 2) : -5 + 3.5 * (Math.Tanh(raw) + 1);
                    var unsquashed = mean + Math.Exp(logDeviation) * noise;
                    var action = Math.Tanh(unsquashed);
                    sum += 0.7 * (-0.5 * noise * noise - logDeviation - Math.Log(1 - action * action)) + byAction[row * Size + i] * action;
                }
            }
            return sum;
        }
    }

    [Fact]
    public void Deviations_are_bounded_and_a_clamped_one_has_no_gradient()
    {
        Assert.Equal(-20, TanhGaussianBatch.Bounded(LogDeviationBound.Clamp, -100));
        Assert.Equal(2, TanhGaussianBatch.Bounded(LogDeviationBound.Clamp, 100));
        Assert.Equal(-5, TanhGaussianBatch.Bounded(LogDeviationBound.Tanh, -100), 1e-6f);
        Assert.Equal(2, TanhGaussianBatch.Bounded(LogDeviationBound.Tanh, 100), 1e-6f);
        var batch = new TanhGaussianBatch(1, 1, LogDeviationBound.Clamp);
        var gradients = new float[2];
        batch.Sample([0, 5], RandomStream.Create(1));
        batch.Gradient(1, [1], gradients);
        Assert.Equal(0, gradients[1]);
    }

    private static float[] Outputs(float spread)
    {
        var outputs = new float[Rows * 2 * Size];
        RandomStream.Create(3).NextGaussians(outputs);
        for (var k = 0; k < outputs.Length; k++) { outputs[k] *= spread * (k / Size % 2 == 0 ? 1 : 0.4f); }
        return outputs;
    }

    private static (float[] Means, float[] LogDeviations) Split(float[] outputs, int row, LogDeviationBound bound) =>
        (outputs[(row * 2 * Size)..(row * 2 * Size + Size)],
        [.. outputs[(row * 2 * Size + Size)..((row + 1) * 2 * Size)].Select(raw => TanhGaussianBatch.Bounded(bound, raw))]);
}
