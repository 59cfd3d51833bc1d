using Xunit;

namespace Bellman.Tests.Neural;

internal static class NeuralTestData
{
    public static float[] Gaussian(RandomStream random, int count)
    {
        var values = new float[count];
        foreach (ref var value in values.AsSpan()) { value = (float)random.NextGaussian(); }
        return values;
    }

    /// <summary>
    /// Each difference is below the tolerance relative to the largest expected value of the array, or to a thousandth where all are smaller: inputs
    /// are of order one, and what cancels nearly (a gradient through the norm of a layer of two) keeps the rounding of its terms.
    /// </summary>
    public static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = 1e-3;
        foreach (var value in expected) { largest = Math.Max(largest, Math.Abs(value)); }
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * largest, $"[{i}] expected {expected[i]:R}, was {actual[i]:R}; the largest is {largest}");
        }
    }
}
