using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Bellman.Neural;

namespace Bellman.Language;

/// <summary>The passes over a vocabulary that a draw needs, in the widest vectors of this machine.</summary>
internal abstract unsafe class SoftmaxKernels
{
    public static SoftmaxKernels Active { get; } =
        Vector512.IsHardwareAccelerated ? new SoftmaxKernels<Vector512<float>, Operations512>()
        : Vector256.IsHardwareAccelerated ? new SoftmaxKernels<Vector256<float>, Operations256>()
        : Vector128.IsHardwareAccelerated ? new SoftmaxKernels<Vector128<float>, Operations128>()
        : new SoftmaxKernels<float, OperationsScalar>();

    /// <summary>With z = (logit - maximum) scale: writes e^z, and returns the maximum, Σ e^z and Σ z e^z, where what lies further below than single precision reaches adds nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public abstract (float Maximum, double Total, double WeightedSum) Exponentials(ReadOnlySpan<float> logits, float scale, Span<float> exponentials);
}

/// <inheritdoc/>
internal sealed unsafe class SoftmaxKernels<TVector, TOps> : SoftmaxKernels
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    // Singles are summed this far before the total continues in double.
    private const int SumBlock = 2048;

    public override (float Maximum, double Total, double WeightedSum) Exponentials(ReadOnlySpan<float> logits, float scale, Span<float> exponentials)
    {
        fixed (float* x = logits, e = exponentials)
        {
            var maximum = RowKernels<TVector, TOps>.Maximum(x, logits.Length);
            double total = 0, weighted = 0;
            for (var block = 0; block < logits.Length; block += SumBlock)
            {
                var (sum, product) = Block(x + block, Math.Min(SumBlock, logits.Length - block), maximum, scale, e + block);
                total += sum;
                weighted += product;
            }
            return (maximum, total, weighted);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Sum, double Weighted) Block(float* x, int count, float maximum, float scale, float* e)
    {
        var whole = count - count % TOps.Width;
        TVector shift = TOps.Broadcast(maximum), factor = TOps.Broadcast(scale), total = default, weighted = default;
        for (var i = 0; i < whole; i += TOps.Width)
        {
            // A logit of -∞ has no part in the entropy, and not ∞ times 0.
            var z = TOps.Maximum(TOps.Multiply(TOps.Subtract(TOps.Load(x + i), shift), factor), TOps.Broadcast(Elementary<TVector, TOps>.LowestExponent));
            var value = Elementary<TVector, TOps>.Exp(z);
            TOps.Store(value, e + i);
            total = TOps.Add(total, value);
            weighted = TOps.MultiplyAdd(z, value, weighted);
        }
        double sum = TOps.Sum(total), product = TOps.Sum(weighted);
        for (var i = whole; i < count; i++)
        {
            var z = Math.Max((x[i] - maximum) * scale, Elementary<TVector, TOps>.LowestExponent);
            e[i] = Elementary<float, OperationsScalar>.Exp(z);
            sum += e[i];
            product += z * e[i];
        }
        return (sum, product);
    }
}
