using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Bellman.Neural;

/// <summary>Copies a matrix into its transpose, in 4 by 4 blocks held in registers where the machine can.</summary>
internal static unsafe class Transposition
{
    // A cache line of either side: what is fetched is used whole before it is evicted.
    private const int Tile = 16;

    public static void Copy(float* source, nint sourceStride, float* destination, nint destinationStride, int rows, int columns)
    {
        var wholeRows = Sse.IsSupported ? rows & ~3 : 0;
        var wholeColumns = columns & ~3;
        for (var top = 0; top < wholeRows; top += Tile)
        {
            for (var left = 0; left < wholeColumns; left += Tile)
            {
                Copy(source, sourceStride, destination, destinationStride, top, Math.Min(top + Tile, wholeRows), left, Math.Min(left + Tile, wholeColumns));
            }
        }
        Rest(source, sourceStride, destination, destinationStride, 0, wholeRows, wholeColumns, columns);
        Rest(source, sourceStride, destination, destinationStride, wholeRows, rows, 0, columns);
    }

    private static void Copy(float* source, nint sourceStride, float* destination, nint destinationStride, int row, int endRow, int left, int endColumn)
    {
        for (; row < endRow; row += 4)
        {
            for (var column = left; column < endColumn; column += 4)
            {
                Block(source + row * sourceStride + column, sourceStride, destination + column * destinationStride + row, destinationStride);
            }
        }
    }

    private static void Block(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        var a = Vector128.Load(source);
        var b = Vector128.Load(source + sourceStride);
        var c = Vector128.Load(source + 2 * sourceStride);
        var d = Vector128.Load(source + 3 * sourceStride);
        Vector128<float> lowAb = Sse.UnpackLow(a, b), highAb = Sse.UnpackHigh(a, b), lowCd = Sse.UnpackLow(c, d), highCd = Sse.UnpackHigh(c, d);
        Sse.MoveLowToHigh(lowAb, lowCd).Store(destination);
        Sse.MoveHighToLow(lowCd, lowAb).Store(destination + destinationStride);
        Sse.MoveLowToHigh(highAb, highCd).Store(destination + 2 * destinationStride);
        Sse.MoveHighToLow(highCd, highAb).Store(destination + 3 * destinationStride);
    }

    private static void Rest(float* source, nint sourceStride, float* destination, nint destinationStride, int row, int endRow, int column, int endColumn)
    {
        for (; row < endRow; row++)
        {
            for (var i = column; i < endColumn; i++) { destination[i * destinationStride + row] = source[row * sourceStride + i]; }
        }
    }
}
