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

    /// <summary>Each difference is below the tolerance relative to the largest expected value of the array, or to <paramref name="smallest"/> where all are below it.</summary>
    public static void AssertClose(ReadOnlySpan<double> expected, ReadOnlySpan<float> actual, double tolerance, double smallest = 1e-6)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = smallest;
        foreach (var value in expected) { largest = Math.Max(largest, Math.Abs(value)); }
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * largest, $"[{i}] expected {expected[i]:R}, was {actual[i]:R}; the largest is {largest}");
        }
    }
}
