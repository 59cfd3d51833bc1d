using System.Runtime.CompilerServices;

namespace Bellman.Neural;

/// <summary>
/// The product C = initial + A B that every layer is made of, in register-blocked tiles. B and C are row-major with
/// whole vectors per row; A may have any strides, so it also serves as its own transpose. Each number of C is summed over
/// depth in one fixed order whatever tile it falls in: results do not depend on how rows are split between threads.
/// </summary>
internal static unsafe class MatrixKernel<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    // A strip of B this deep and four vectors wide (32 KB) stays in the first-level cache while rows of A pass over it.
    private const int DepthBlock = 128;

    /// <param name="a">A[row, k] at a[row * aRow + k * aStep].</param>
    /// <param name="aRow">Distance between rows of A.</param>
    /// <param name="aStep">Distance along the depth of A.</param>
    /// <param name="b">B[k, column] at b[k * bRow + column].</param>
    /// <param name="bRow">Distance between rows of B.</param>
    /// <param name="c">C[row, column] at c[row * cRow + column].</param>
    /// <param name="cRow">Distance between rows of C.</param>
    /// <param name="rows">Rows of A and C.</param>
    /// <param name="columns">Columns of B and C, a multiple of the vector width.</param>
    /// <param name="depth">Columns of A, rows of B.</param>
    /// <param name="bias">A row added to each row of C; null for none.</param>
    /// <param name="accumulate">Whether the product is added to what C holds, in place of a bias.</param>
    public static void Multiply(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int rows, int columns, int depth, float* bias, bool accumulate = false)
    {
        var wide = TOps.Width == 16 ? 4 * TOps.Width : 2 * TOps.Width;
        for (var start = 0; start < depth; start += DepthBlock)
        {
            var steps = Math.Min(DepthBlock, depth - start);
            var aBlock = a + start * aStep;
            var bBlock = b + start * bRow;
            // The first block starts from the bias, the next ones continue from what C holds.
            var continues = start > 0 || accumulate;
            var initial = continues ? c : bias;
            var initialRow = continues ? cRow : 0;
            var column = 0;
            for (; column + wide <= columns; column += wide)
            {
                var from = initial is null ? null : initial + column;
                if (TOps.Width == 16) { Strip4(aBlock, aRow, aStep, bBlock + column, bRow, c + column, cRow, rows, steps, from, initialRow); }
                else { Strip2(aBlock, aRow, aStep, bBlock + column, bRow, c + column, cRow, rows, steps, from, initialRow); }
            }
            for (; column + 2 * TOps.Width <= columns; column += 2 * TOps.Width)
            {
                Strip2(aBlock, aRow, aStep, bBlock + column, bRow, c + column, cRow, rows, steps, initial is null ? null : initial + column, initialRow);
            }
            for (; column < columns; column += TOps.Width)
            {
                Strip1(aBlock, aRow, aStep, bBlock + column, bRow, c + column, cRow, rows, steps, initial is null ? null : initial + column, initialRow);
            }
        }
    }

    private static void Strip4(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int rows, int depth, float* initial, nint initialRow)
    {
        var row = 0;
        for (; row + 4 <= rows; row += 4) { Tile4x4(a + row * aRow, aRow, aStep, b, bRow, c + row * cRow, cRow, depth, Row(initial, initialRow, row), initialRow); }
        for (; row < rows; row++) { Tile1x4(a + row * aRow, aStep, b, bRow, c + row * cRow, depth, Row(initial, initialRow, row)); }
    }

    private static void Strip2(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int rows, int depth, float* initial, nint initialRow)
    {
        var row = 0;
        for (; row + 4 <= rows; row += 4) { Tile4x2(a + row * aRow, aRow, aStep, b, bRow, c + row * cRow, cRow, depth, Row(initial, initialRow, row), initialRow); }
        for (; row < rows; row++)
        {
            Tile1x1(a + row * aRow, aStep, b, bRow, c + row * cRow, depth, Row(initial, initialRow, row));
            Tile1x1(a + row * aRow, aStep, b + TOps.Width, bRow, c + row * cRow + TOps.Width, depth, Row(initial, initialRow, row, TOps.Width));
        }
    }

    private static void Strip1(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int rows, int depth, float* initial, nint initialRow)
    {
        var row = 0;
        // One vector a row: eight rows, because four sums would wait for each other's latency.
        for (; row + 8 <= rows; row += 8) { Tile8x1(a + row * aRow, aRow, aStep, b, bRow, c + row * cRow, cRow, depth, Row(initial, initialRow, row), initialRow); }
        for (; row + 4 <= rows; row += 4) { Tile4x1(a + row * aRow, aRow, aStep, b, bRow, c + row * cRow, cRow, depth, Row(initial, initialRow, row), initialRow); }
        for (; row < rows; row++) { Tile1x1(a + row * aRow, aStep, b, bRow, c + row * cRow, depth, Row(initial, initialRow, row)); }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Row(float* initial, nint initialRow, int row, int column = 0) => initial is null ? null : initial + row * initialRow + column;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Start(float* initial, nint offset) => initial is null ? default : TOps.Load(initial + offset);

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x4(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int depth, float* initial, nint initialRow)
    {
        nint w = TOps.Width;
        TVector c00 = Start(initial, 0), c01 = Start(initial, w), c02 = Start(initial, 2 * w), c03 = Start(initial, 3 * w);
        TVector c10 = Start(initial, initialRow), c11 = Start(initial, initialRow + w), c12 = Start(initial, initialRow + 2 * w), c13 = Start(initial, initialRow + 3 * w);
        TVector c20 = Start(initial, 2 * initialRow), c21 = Start(initial, 2 * initialRow + w), c22 = Start(initial, 2 * initialRow + 2 * w), c23 = Start(initial, 2 * initialRow + 3 * w);
        TVector c30 = Start(initial, 3 * initialRow), c31 = Start(initial, 3 * initialRow + w), c32 = Start(initial, 3 * initialRow + 2 * w), c33 = Start(initial, 3 * initialRow + 3 * w);
        var a1 = a + aRow;
        var a2 = a1 + aRow;
        var a3 = a2 + aRow;
        nint k = 0;
        for (var step = depth; step > 0; step--)
        {
            TVector b0 = TOps.Load(b), b1 = TOps.Load(b + w), b2 = TOps.Load(b + 2 * w), b3 = TOps.Load(b + 3 * w);
            var x = TOps.Broadcast(a[k]);
            c00 = TOps.MultiplyAdd(x, b0, c00); c01 = TOps.MultiplyAdd(x, b1, c01); c02 = TOps.MultiplyAdd(x, b2, c02); c03 = TOps.MultiplyAdd(x, b3, c03);
            x = TOps.Broadcast(a1[k]);
            c10 = TOps.MultiplyAdd(x, b0, c10); c11 = TOps.MultiplyAdd(x, b1, c11); c12 = TOps.MultiplyAdd(x, b2, c12); c13 = TOps.MultiplyAdd(x, b3, c13);
            x = TOps.Broadcast(a2[k]);
            c20 = TOps.MultiplyAdd(x, b0, c20); c21 = TOps.MultiplyAdd(x, b1, c21); c22 = TOps.MultiplyAdd(x, b2, c22); c23 = TOps.MultiplyAdd(x, b3, c23);
            x = TOps.Broadcast(a3[k]);
            c30 = TOps.MultiplyAdd(x, b0, c30); c31 = TOps.MultiplyAdd(x, b1, c31); c32 = TOps.MultiplyAdd(x, b2, c32); c33 = TOps.MultiplyAdd(x, b3, c33);
            k += aStep;
            b += bRow;
        }
        TOps.Store(c00, c); TOps.Store(c01, c + w); TOps.Store(c02, c + 2 * w); TOps.Store(c03, c + 3 * w);
        c += cRow;
        TOps.Store(c10, c); TOps.Store(c11, c + w); TOps.Store(c12, c + 2 * w); TOps.Store(c13, c + 3 * w);
        c += cRow;
        TOps.Store(c20, c); TOps.Store(c21, c + w); TOps.Store(c22, c + 2 * w); TOps.Store(c23, c + 3 * w);
        c += cRow;
        TOps.Store(c30, c); TOps.Store(c31, c + w); TOps.Store(c32, c + 2 * w); TOps.Store(c33, c + 3 * w);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x2(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int depth, float* initial, nint initialRow)
    {
        nint w = TOps.Width;
        TVector c00 = Start(initial, 0), c01 = Start(initial, w), c10 = Start(initial, initialRow), c11 = Start(initial, initialRow + w);
        TVector c20 = Start(initial, 2 * initialRow), c21 = Start(initial, 2 * initialRow + w), c30 = Start(initial, 3 * initialRow), c31 = Start(initial, 3 * initialRow + w);
        var a1 = a + aRow;
        var a2 = a1 + aRow;
        var a3 = a2 + aRow;
        nint k = 0;
        for (var step = depth; step > 0; step--)
        {
            TVector b0 = TOps.Load(b), b1 = TOps.Load(b + w);
            var x = TOps.Broadcast(a[k]);
            c00 = TOps.MultiplyAdd(x, b0, c00); c01 = TOps.MultiplyAdd(x, b1, c01);
            x = TOps.Broadcast(a1[k]);
            c10 = TOps.MultiplyAdd(x, b0, c10); c11 = TOps.MultiplyAdd(x, b1, c11);
            x = TOps.Broadcast(a2[k]);
            c20 = TOps.MultiplyAdd(x, b0, c20); c21 = TOps.MultiplyAdd(x, b1, c21);
            x = TOps.Broadcast(a3[k]);
            c30 = TOps.MultiplyAdd(x, b0, c30); c31 = TOps.MultiplyAdd(x, b1, c31);
            k += aStep;
            b += bRow;
        }
        TOps.Store(c00, c); TOps.Store(c01, c + w);
        c += cRow;
        TOps.Store(c10, c); TOps.Store(c11, c + w);
        c += cRow;
        TOps.Store(c20, c); TOps.Store(c21, c + w);
        c += cRow;
        TOps.Store(c30, c); TOps.Store(c31, c + w);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Tile8x1(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int depth, float* initial, nint initialRow)
    {
        TVector c0 = Start(initial, 0), c1 = Start(initial, initialRow), c2 = Start(initial, 2 * initialRow), c3 = Start(initial, 3 * initialRow);
        TVector c4 = Start(initial, 4 * initialRow), c5 = Start(initial, 5 * initialRow), c6 = Start(initial, 6 * initialRow), c7 = Start(initial, 7 * initialRow);
        var low = a;
        var high = a + 4 * aRow;
        var third = 3 * aRow;
        for (var step = depth; step > 0; step--)
        {
            var b0 = TOps.Load(b);
            c0 = TOps.MultiplyAdd(TOps.Broadcast(low[0]), b0, c0);
            c1 = TOps.MultiplyAdd(TOps.Broadcast(low[aRow]), b0, c1);
            c2 = TOps.MultiplyAdd(TOps.Broadcast(low[2 * aRow]), b0, c2);
            c3 = TOps.MultiplyAdd(TOps.Broadcast(low[third]), b0, c3);
            c4 = TOps.MultiplyAdd(TOps.Broadcast(high[0]), b0, c4);
            c5 = TOps.MultiplyAdd(TOps.Broadcast(high[aRow]), b0, c5);
            c6 = TOps.MultiplyAdd(TOps.Broadcast(high[2 * aRow]), b0, c6);
            c7 = TOps.MultiplyAdd(TOps.Broadcast(high[third]), b0, c7);
            low += aStep;
            high += aStep;
            b += bRow;
        }
        TOps.Store(c0, c);
        TOps.Store(c1, c + cRow);
        TOps.Store(c2, c + 2 * cRow);
        TOps.Store(c3, c + 3 * cRow);
        c += 4 * cRow;
        TOps.Store(c4, c);
        TOps.Store(c5, c + cRow);
        TOps.Store(c6, c + 2 * cRow);
        TOps.Store(c7, c + 3 * cRow);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x1(float* a, nint aRow, nint aStep, float* b, nint bRow, float* c, nint cRow, int depth, float* initial, nint initialRow)
    {
        TVector c0 = Start(initial, 0), c1 = Start(initial, initialRow), c2 = Start(initial, 2 * initialRow), c3 = Start(initial, 3 * initialRow);
        var a1 = a + aRow;
        var a2 = a1 + aRow;
        var a3 = a2 + aRow;
        nint k = 0;
        for (var step = depth; step > 0; step--)
        {
            var b0 = TOps.Load(b);
            c0 = TOps.MultiplyAdd(TOps.Broadcast(a[k]), b0, c0);
            c1 = TOps.MultiplyAdd(TOps.Broadcast(a1[k]), b0, c1);
            c2 = TOps.MultiplyAdd(TOps.Broadcast(a2[k]), b0, c2);
            c3 = TOps.MultiplyAdd(TOps.Broadcast(a3[k]), b0, c3);
            k += aStep;
            b += bRow;
        }
        TOps.Store(c0, c);
        TOps.Store(c1, c + cRow);
        TOps.Store(c2, c + 2 * cRow);
        TOps.Store(c3, c + 3 * cRow);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x4(float* a, nint aStep, float* b, nint bRow, float* c, int depth, float* initial)
    {
        nint w = TOps.Width;
        TVector c0 = Start(initial, 0), c1 = Start(initial, w), c2 = Start(initial, 2 * w), c3 = Start(initial, 3 * w);
        for (var step = depth; step > 0; step--)
        {
            var x = TOps.Broadcast(*a);
            c0 = TOps.MultiplyAdd(x, TOps.Load(b), c0);
            c1 = TOps.MultiplyAdd(x, TOps.Load(b + w), c1);
            c2 = TOps.MultiplyAdd(x, TOps.Load(b + 2 * w), c2);
            c3 = TOps.MultiplyAdd(x, TOps.Load(b + 3 * w), c3);
            a += aStep;
            b += bRow;
        }
        TOps.Store(c0, c);
        TOps.Store(c1, c + w);
        TOps.Store(c2, c + 2 * w);
        TOps.Store(c3, c + 3 * w);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x1(float* a, nint aStep, float* b, nint bRow, float* c, int depth, float* initial)
    {
        var sum = Start(initial, 0);
        for (var step = depth; step > 0; step--)
        {
            sum = TOps.MultiplyAdd(TOps.Broadcast(*a), TOps.Load(b), sum);
            a += aStep;
            b += bRow;
        }
        TOps.Store(sum, c);
    }
}
