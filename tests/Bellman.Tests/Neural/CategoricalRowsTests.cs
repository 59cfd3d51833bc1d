using Bellman.Neural;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Neural;

public class CategoricalRowsTests
{
    private static readonly Gen<(int Rows, int Actions, ulong Seed)> Shapes = Gen.Select(Gen.Int[1, 70], Gen.Int[1, 40], Gen.ULong);

    [Fact]
    public void Log_probabilities_entropies_and_gradients_of_many_rows_are_those_of_the_definition() => Shapes.Sample(
        shape =>
        {
            var random = RandomStream.Create(shape.Seed);
            var (rows, width) = (shape.Rows, shape.Actions);
            var logits = NeuralTestData.Gaussian(random, rows * width);
            for (var i = 0; i < logits.Length; i++) { logits[i] *= 5; }
            for (var row = 0; row < rows; row++)
            {
                for (var k = 1; k < width; k++) { if (random.NextBoolean(0.2)) { logits[row * width + k] = Categorical.MaskedLogit; } }
            }
            float[] logs = new float[logits.Length], probabilities = new float[logits.Length], entropies = new float[rows], gradients = new float[logits.Length];
            float[] actions = [.. Enumerable.Range(0, rows).Select(row => (float)Categorical.Sample(logits.AsSpan(row * width, width), random))];
            var weights = NeuralTestData.Gaussian(random, rows);
            CategoricalRows.Distributions(logits, logs, probabilities, entropies);
            CategoricalRows.AddGradients(logs, probabilities, entropies, actions, weights, -0.3f, gradients);

            for (var row = 0; row < rows; row++)
            {
                // In double precision: rows alone, in single, lose digits of a small entropy themselves.
                var own = logits.AsSpan(row * width, width).ToArray();
                var total = own.Sum(logit => Math.Exp(logit - own.Max()));
                var logPi = own.Select(logit => logit - own.Max() - Math.Log(total)).ToArray();
                var entropy = -logPi.Sum(log => log < -1e9 ? 0 : Math.Exp(log) * log);
                Near(entropy, entropies[row]);
                for (var k = 0; k < width; k++)
                {
                    var masked = own[k] == Categorical.MaskedLogit;
                    Assert.Equal(masked, probabilities[row * width + k] == 0);
                    var pi = Math.Exp(logPi[k]);
                    Near(pi, probabilities[row * width + k]);
                    if (!masked) { Near(logPi[k], logs[row * width + k]); }
                    Near(masked ? 0 : weights[row] * ((k == (int)actions[row] ? 1 : 0) - pi) + 0.3 * pi * (logPi[k] + entropy), gradients[row * width + k]);
                }
            }
        },
        iter: 100, threads: 1);

    private static void Near(double expected, float actual) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-5 * Math.Max(1, Math.Abs(expected)), $"expected {expected:R}, was {actual:R}");

    [Fact]
    public void A_draw_with_its_log_probability_is_the_same_draw()
    {
        foreach (var width in (int[])[2, 16, 17])
        {
            var logits = NeuralTestData.Gaussian(RandomStream.Create(4), width);
            logits[1] = Categorical.MaskedLogit;
            var (one, other) = (RandomStream.Create(5), RandomStream.Create(5));
            for (var i = 0; i < 200; i++)
            {
                var action = Categorical.Sample(logits, one, out var logProbability);
                Assert.Equal(Categorical.Sample(logits, other), action);
                Assert.Equal(Categorical.LogProbability(logits, action), logProbability, 1e-6f);
            }
        }
    }

    [Fact]
    public void Blocks_that_do_not_fit_each_other_are_refused() =>
        Assert.Throws<ArgumentException>(() => CategoricalRows.Distributions(new float[6], new float[6], new float[5], new float[2]));
}
