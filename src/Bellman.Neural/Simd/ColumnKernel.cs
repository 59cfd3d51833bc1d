namespace Bellman.Neural;

/// <summary>Sums down the columns of a padded matrix, added to a gradient that has no padding.</summary>
internal static unsafe class ColumnKernel<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    /// <summary>destination += source.</summary>
    public static void Add(float* source, nint sourceStride, float* destination, nint destinationStride, int rows, int columns)
    {
        var whole = columns - columns % TOps.Width;
        for (var row = 0; row < rows; row++)
        {
            for (nint i = 0; i < whole; i += TOps.Width) { TOps.Store(TOps.Add(TOps.Load(source + i), TOps.Load(destination + i)), destination + i); }
            for (nint i = whole; i < columns; i++) { destination[i] += source[i]; }
            source += sourceStride;
            destination += destinationStride;
        }
    }

    /// <summary>destination[column, row] += source[row, column].</summary>
    public static void AddTransposed(float* source, nint sourceStride, float* destination, nint destinationStride, int rows, int columns)
    {
        for (nint column = 0; column < columns; column++)
        {
            for (nint row = 0; row < rows; row++) { destination[column * destinationStride + row] += source[row * sourceStride + column]; }
        }
    }

    /// <summary>destination[column] += Σ over rows of a[row, column], times b[row, column] when given.</summary>
    public static void AddSums(float* a, float* b, nint stride, int rows, int columns, float* destination)
    {
        var lanes = stackalloc float[TOps.Width];
        for (var column = 0; column < columns; column += TOps.Width)
        {
            var sum = default(TVector);
            for (var row = 0; row < rows; row++)
            {
                var value = TOps.Load(a + row * stride + column);
                sum = b is null ? TOps.Add(sum, value) : TOps.MultiplyAdd(value, TOps.Load(b + row * stride + column), sum);
            }
            TOps.Store(sum, lanes);
            var live = Math.Min(TOps.Width, columns - column);
            for (var lane = 0; lane < live; lane++) { destination[column + lane] += lanes[lane]; }
        }
    }
}
