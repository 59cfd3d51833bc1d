using System.Runtime.InteropServices;

namespace Bellman.Neural;

/// <summary>
/// The first layer's products over inputs that are mostly zero, such as one-hot cells: the zeros are skipped. A skipped
/// term would have added nothing, and the others are summed in the same order, so outputs are those of
/// <see cref="MatrixKernel{TVector, TOps}"/> bit for bit.
/// </summary>
internal static unsafe class SparseKernel<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    // A term costs here about three times what it costs in a register-blocked tile, and looking for it costs as well.
    private const int Rarity = 8;

    // Narrower inputs fit a few vectors: there is nothing to save.
    private const int Narrowest = 48;

    /// <summary>Whether at most one number in eight differs from zero; dense inputs are found out after an eighth of them.</summary>
    public static bool Suits(ReadOnlySpan<float> inputs, int width)
    {
        if (width < Narrowest) { return false; }
        var bits = MemoryMarshal.Cast<float, int>(inputs);
        var budget = inputs.Length / Rarity;
        while (budget-- >= 0)
        {
            var found = bits.IndexOfAnyExcept(0);
            if (found < 0) { return true; }
            bits = bits[(found + 1)..];
        }
        return false;
    }

    /// <summary>y = b + x Wᵀ.</summary>
    /// <param name="x">Row r at x[r * xStride].</param>
    /// <param name="xStride">Distance between rows of x.</param>
    /// <param name="inputs">Columns of x.</param>
    /// <param name="transposed">Wᵀ, [inputs, stride].</param>
    /// <param name="y">[rows, stride].</param>
    /// <param name="stride">Distance between rows of y and of Wᵀ.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns of y, a multiple of the vector width.</param>
    /// <param name="bias">[columns].</param>
    public static void Multiply(float* x, nint xStride, int inputs, float* transposed, nint stride, float* y, int rows, int columns, float* bias)
    {
        for (var row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(bias, columns).CopyTo(new Span<float>(y, columns));
            for (var k = Next(x, 0, inputs); k < inputs; k = Next(x, k + 1, inputs))
            {
                var factor = TOps.Broadcast(x[k]);
                var weights = transposed + k * stride;
                for (nint i = 0; i < columns; i += TOps.Width) { TOps.Store(TOps.MultiplyAdd(factor, TOps.Load(weights + i), TOps.Load(y + i)), y + i); }
            }
            x += xStride;
            y += stride;
        }
    }

    /// <summary>gradient[output, input] += Σ over rows of delta[row, output] x[row, input].</summary>
    public static void AddProduct(float* x, nint xStride, int inputs, float* delta, nint stride, int rows, int outputs, float* gradient)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var k = Next(x, 0, inputs); k < inputs; k = Next(x, k + 1, inputs))
            {
                var factor = x[k];
                var column = gradient + k;
                for (nint output = 0; output < outputs; output++) { column[output * inputs] += factor * delta[output]; }
            }
            x += xStride;
            delta += stride;
        }
    }

    /// <summary>The first index from <paramref name="start"/> whose number is not zero, or <paramref name="count"/>.</summary>
    private static int Next(float* x, int start, int count)
    {
        var found = new ReadOnlySpan<int>((int*)(x + start), count - start).IndexOfAnyExcept(0);
        return found < 0 ? count : start + found;
    }
}
