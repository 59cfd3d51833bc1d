using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;

namespace Bellman.Tests.Language.Models;

/// <summary>Reads tensors into arrays and compares them.</summary>
internal static class Scores
{
    public static float[] Array(torch.Tensor? tensor)
    {
        Assert.NotNull(tensor);
        using var scope = torch.NewDisposeScope();
        return MemoryMarshal.Cast<byte, float>(tensor.detach().to(torch.ScalarType.Float32).cpu().contiguous().bytes).ToArray();
    }

    public static void Close(IReadOnlyList<float> expected, IReadOnlyList<float> actual, double tolerance, string what = "")
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"{what} {i}: {actual[i]} instead of {expected[i]}");
        }
    }
}
