using Bellman.Neural;
using Xunit;

namespace Bellman.Tests.Neural;

public class ElementaryTests
{
    private static readonly float[] Points = [.. Enumerable.Range(-40000, 80001).Select(i => i * 2.5e-4f), 1e-8f, -1e-20f, 0, 50, -50, 1e30f, -1e30f];

    [Fact]
    public void Tanh_is_within_3e_7_relative_and_never_beyond_one()
    {
        foreach (var kernels in VectorKernels.Available)
        {
            float[] results = [.. Points];
            kernels.Tanh(results);
            for (var i = 0; i < Points.Length; i++)
            {
                var expected = Math.Tanh(Points[i]);
                Assert.True(Math.Abs(results[i] - expected) <= 3e-7 * Math.Abs(expected), $"tanh {Points[i]:R} is {expected}, was {results[i]:R} with width {kernels.Width}");
                Assert.InRange(results[i], -1, 1);
            }
        }
    }

    [Fact]
    public void Exp_is_within_3e_7_relative()
    {
        foreach (var kernels in VectorKernels.Available)
        {
            float[] points = [.. Enumerable.Range(-8600, 17200).Select(i => i * 0.01f)];
            float[] results = [.. points];
            kernels.Exp(results);
            for (var i = 0; i < points.Length; i++)
            {
                var expected = Math.Exp(points[i]);
                Assert.True(Math.Abs(results[i] - expected) <= 3e-7 * expected, $"exp {points[i]:R} is {expected}, was {results[i]:R} with width {kernels.Width}");
            }
        }
    }
}
