using Bellman.Algorithms;
using Xunit;

namespace Bellman.Tests.Algorithms.WorldModels;

public sealed class LinearProbeTests
{
    [Fact]
    public void Reads_what_is_linear_or_square_in_the_codes_and_nothing_else()
    {
        const int Rows = 400;
        var random = RandomStream.Create(1);
        var (codes, targets) = (new float[Rows * 2], new float[Rows * 4]);
        for (var row = 0; row < Rows; row++)
        {
            float a = (float)random.NextGaussian(), b = (float)random.NextGaussian();
            (codes[2 * row], codes[2 * row + 1]) = (a, b);
            (targets[4 * row], targets[4 * row + 1], targets[4 * row + 2], targets[4 * row + 3]) = (2 * a - b + 1, a * a, a * b, (float)random.NextGaussian());
        }
        var scores = LinearProbe.Score(codes, 2, targets, 4);
        Assert.Equal(1, scores[0], 1e-6);
        Assert.Equal(1, scores[1], 1e-6);
        Assert.InRange(scores[2], -0.2, 0.2);
        Assert.InRange(scores[3], -0.2, 0.1);
    }

    [Fact]
    public void Codes_that_collapsed_explain_nothing()
    {
        var targets = new float[40];
        RandomStream.Create(1).NextGaussians(targets);
        Assert.InRange(LinearProbe.Score(new float[40], 1, targets, 1)[0], -0.5, 0.01);
    }

    [Fact]
    public void Too_few_rows_and_numbers_that_are_not_finite_are_refused()
    {
        Assert.Throws<UsageException>(() => LinearProbe.Score(new float[8], 2, new float[4], 1));
        var codes = new float[60];
        codes[3] = float.NaN;
        Assert.Contains("row 3 is NaN", Assert.Throws<UsageException>(() => LinearProbe.Score(codes, 1, new float[60], 1)).Message, StringComparison.Ordinal);
    }
}
