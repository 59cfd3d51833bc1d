namespace Bellman;

/// <summary>
/// Mean and population variance of every component of a stream of vectors, merged batch by batch without keeping them
/// (Chan, Golub and LeVeque 1979).
/// </summary>
public sealed class RunningMoments : IStateful
{
    private readonly double[] mean;
    private readonly double[] squares;
    private readonly double[] batchMean;
    private readonly double[] batchSquares;
    private double count;

    /// <summary>No vectors yet, of <paramref name="size"/> components each.</summary>
    public RunningMoments(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        mean = new double[size];
        squares = new double[size];
        batchMean = new double[size];
        batchSquares = new double[size];
    }

    /// <summary>Components of a vector.</summary>
    public int Size => mean.Length;

    /// <summary>Vectors seen.</summary>
    public double Count => count;

    /// <summary>[Size]: the mean of each component; zero before the first vector.</summary>
    public ReadOnlySpan<double> Mean => mean;

    /// <summary>Population variance of component <paramref name="index"/>; zero before the second vector.</summary>
    public double Variance(int index) => count > 0 ? squares[index] / count : 0;

    /// <summary>Population standard deviation of component <paramref name="index"/>.</summary>
    public double Deviation(int index) => Math.Sqrt(Variance(index));

    /// <summary>Takes in <paramref name="rows"/>, any number of vectors side by side, [n, Size].</summary>
    /// <exception cref="ArgumentException">The length is not a multiple of <see cref="Size"/>.</exception>
    public void Update(ReadOnlySpan<float> rows)
    {
        if (rows.Length % Size != 0)
        {
            throw new ArgumentException($"{rows.Length} numbers are not whole vectors of {Size} components.", nameof(rows));
        }
        var n = rows.Length / Size;
        if (n == 0) { return; }
        Array.Clear(batchMean);
        Array.Clear(batchSquares);
        for (var i = 0; i < rows.Length; i++) { batchMean[i % Size] += rows[i]; }
        for (var j = 0; j < Size; j++) { batchMean[j] /= n; }
        for (var i = 0; i < rows.Length; i++)
        {
            var deviation = rows[i] - batchMean[i % Size];
            batchSquares[i % Size] += deviation * deviation;
        }
        Merge(n, batchMean, batchSquares);
    }

    /// <summary>Takes in one number; for moments of <see cref="Size"/> 1.</summary>
    public void Update(double value)
    {
        if (Size != 1) { throw new InvalidOperationException($"These moments are of vectors of {Size} components, not of numbers."); }
        batchMean[0] = value;
        batchSquares[0] = 0;
        Merge(1, batchMean, batchSquares);
    }

    /// <summary>Takes in everything that <paramref name="other"/> has seen.</summary>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public void Merge(RunningMoments other)
    {
        if (other.Size != Size) { throw new ArgumentException($"Moments of {other.Size} components cannot be merged into those of {Size}.", nameof(other)); }
        Merge(other.count, other.mean, other.squares);
    }

    /// <summary>
    /// Writes (value - mean) / sqrt(variance + <paramref name="epsilon"/>), limited to ±<paramref name="clip"/>, for a
    /// vector or several side by side. The two spans may be the same.
    /// </summary>
    public void Normalize(ReadOnlySpan<float> values, Span<float> normalized, double clip = 10, double epsilon = 1e-8)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var j = i % Size;
            normalized[i] = (float)Math.Clamp((values[i] - mean[j]) / Math.Sqrt(Variance(j) + epsilon), -clip, clip);
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(count), ref count);
        state.Array<double>(nameof(mean), mean);
        state.Array<double>(nameof(squares), squares);
    }

    private void Merge(double otherCount, ReadOnlySpan<double> otherMean, ReadOnlySpan<double> otherSquares)
    {
        if (otherCount == 0) { return; }
        var total = count + otherCount;
        for (var j = 0; j < mean.Length; j++)
        {
            // d = mean_B - mean_A;  mean += d n_B / n;  M += M_B + d^2 n_A n_B / n
            var difference = otherMean[j] - mean[j];
            mean[j] += difference * otherCount / total;
            squares[j] += otherSquares[j] + difference * difference * count * otherCount / total;
        }
        count = total;
    }
}
