using Bellman.Neural;
using Xunit;
using static TorchSharp.torch;

namespace Bellman.Tests.Language;

/// <summary>Small tensors for checks by number, in float64 unless a test asks for less.</summary>
internal static class Numbers
{
    public static Tensor Table(params double[][] rows) => Table(ScalarType.Float64, rows);

    /// <summary>Rows of different lengths, padded with NaN: what leaks from the padding is seen at once.</summary>
    public static Tensor Table(ScalarType type, double[][] rows)
    {
        TorchRuntime.EnsureLoaded();
        var width = rows.Max(row => row.Length);
        var flat = rows.SelectMany(row => row.Concat(Enumerable.Repeat(double.NaN, width - row.Length))).ToArray();
        return tensor(flat, [rows.Length, width]).to(type);
    }

    public static Tensor Mask(params double[][] rows)
    {
        TorchRuntime.EnsureLoaded();
        var width = rows.Max(row => row.Length);
        return tensor(rows.SelectMany(row => Enumerable.Range(0, width).Select(i => i < row.Length)).ToArray(), [rows.Length, width]);
    }

    public static Tensor Row(params double[] values)
    {
        TorchRuntime.EnsureLoaded();
        return tensor(values, ScalarType.Float64);
    }

    public static void Near(double expected, double actual, double tolerance = 1e-6) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"expected {expected}, got {actual}");

    public static void Near(double[] expected, Tensor actual, double tolerance = 1e-6) => Near(expected, Values(actual), tolerance);

    public static void Near(double[] expected, double[] actual, double tolerance = 1e-6)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"entry {i}: expected {expected[i]}, got {actual[i]} in ({string.Join(", ", actual)})");
        }
    }

    public static double[] Values(Tensor values) => values.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray();

    public static double Value(Tensor scalar) => scalar.detach().to(ScalarType.Float64).item<double>();
}

/// <summary>Keeps the last value of each measurement.</summary>
internal sealed class Recorded : IMetricSink
{
    public Dictionary<string, double> Last { get; } = [];

    public void Add(string name, double value) => Last[name] = value;

    public void Episode(double episodeReturn, int length) { }
}
