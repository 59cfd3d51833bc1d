namespace Bellman.Neural;

/// <summary>Layer norm of rows (Ba et al. 2016): n = (x - mean) / sqrt(variance + ε), y = g n + b.</summary>
internal static unsafe class LayerNormKernel<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    /// <summary>Overwrites x with y; keeps n in <paramref name="normalised"/> and 1 / deviation, when given.</summary>
    public static void Forward(float* x, int width, float* gain, float* bias, float* normalised, float* inverseDeviation)
    {
        var whole = width - width % TOps.Width;
        var sum = default(TVector);
        for (var i = 0; i < whole; i += TOps.Width) { sum = TOps.Add(sum, TOps.Load(x + i)); }
        var total = TOps.Sum(sum);
        for (var i = whole; i < width; i++) { total += x[i]; }
        var mean = total / width;

        var squares = default(TVector);
        var shift = TOps.Broadcast(mean);
        for (var i = 0; i < whole; i += TOps.Width)
        {
            var centred = TOps.Subtract(TOps.Load(x + i), shift);
            squares = TOps.MultiplyAdd(centred, centred, squares);
        }
        var totalSquares = TOps.Sum(squares);
        for (var i = whole; i < width; i++) { totalSquares += (x[i] - mean) * (x[i] - mean); }
        var inverse = 1 / MathF.Sqrt(totalSquares / width + MlpLayout.NormEpsilon);
        if (inverseDeviation is not null) { *inverseDeviation = inverse; }

        var scale = TOps.Broadcast(inverse);
        for (var i = 0; i < whole; i += TOps.Width)
        {
            var n = TOps.Multiply(TOps.Subtract(TOps.Load(x + i), shift), scale);
            if (normalised is not null) { TOps.Store(n, normalised + i); }
            TOps.Store(TOps.MultiplyAdd(n, TOps.Load(gain + i), TOps.Load(bias + i)), x + i);
        }
        for (var i = whole; i < width; i++)
        {
            var n = (x[i] - mean) * inverse;
            if (normalised is not null) { normalised[i] = n; }
            x[i] = n * gain[i] + bias[i];
        }
    }

    /// <summary>dx = (dn - mean dn - n mean(dn n)) / deviation, with dn = g dy.</summary>
    public static void Backward(float* dy, int width, float* gain, float* normalised, float inverseDeviation, float* dx)
    {
        var whole = width - width % TOps.Width;
        TVector sum = default, products = default;
        for (var i = 0; i < whole; i += TOps.Width)
        {
            var dn = TOps.Multiply(TOps.Load(dy + i), TOps.Load(gain + i));
            sum = TOps.Add(sum, dn);
            products = TOps.MultiplyAdd(dn, TOps.Load(normalised + i), products);
        }
        float mean = TOps.Sum(sum), meanProduct = TOps.Sum(products);
        for (var i = whole; i < width; i++)
        {
            var dn = dy[i] * gain[i];
            mean += dn;
            meanProduct += dn * normalised[i];
        }
        mean /= width;
        meanProduct /= width;
        for (var i = 0; i < width; i++) { dx[i] = inverseDeviation * (dy[i] * gain[i] - mean - normalised[i] * meanProduct); }
    }
}
