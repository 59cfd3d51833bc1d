using System.Numerics;
using System.Runtime.InteropServices;

namespace Bellman.Neural;

/// <summary>Sums over one row, for computations that take a row of weights at a time.</summary>
internal static class VectorRows
{
    /// <summary>Σ x y.</summary>
    public static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var xs = MemoryMarshal.Cast<float, Vector<float>>(x);
        var ys = MemoryMarshal.Cast<float, Vector<float>>(y);
        var sums = Vector<float>.Zero;
        for (var i = 0; i < xs.Length; i++) { sums += xs[i] * ys[i]; }
        var sum = Vector.Sum(sums);
        for (var i = xs.Length * Vector<float>.Count; i < x.Length; i++) { sum += x[i] * y[i]; }
        return sum;
    }

    /// <summary>y += factor x.</summary>
    public static void Add(float factor, ReadOnlySpan<float> x, Span<float> y)
    {
        var xs = MemoryMarshal.Cast<float, Vector<float>>(x);
        var ys = MemoryMarshal.Cast<float, Vector<float>>(y);
        for (var i = 0; i < xs.Length; i++) { ys[i] += factor * xs[i]; }
        for (var i = xs.Length * Vector<float>.Count; i < x.Length; i++) { y[i] += factor * x[i]; }
    }
}
