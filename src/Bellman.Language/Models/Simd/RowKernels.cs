using System.Runtime.CompilerServices;
using Bellman.Neural;

namespace Bellman.Language;

/// <summary>What happens to each token's row by itself: norm, rotation, SwiGLU, and their derivatives.</summary>
internal static unsafe class RowKernels<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    /// <summary>y = x r g with r = 1 / sqrt(mean x² + ε), kept in <paramref name="inverse"/> unless it is null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Norm(float* x, nint xRow, float* gain, float* y, nint yRow, float* inverse, int rows, int width, float epsilon)
    {
        for (var row = 0; row < rows; row++, x += xRow, y += yRow)
        {
            TVector even = default, odd = default;
            nint i = 0;
            for (; i + TOps.Width < width; i += 2 * TOps.Width)
            {
                TVector a = TOps.Load(x + i), b = TOps.Load(x + i + TOps.Width);
                even = TOps.MultiplyAdd(a, a, even);
                odd = TOps.MultiplyAdd(b, b, odd);
            }
            for (; i < width; i += TOps.Width)
            {
                var a = TOps.Load(x + i);
                even = TOps.MultiplyAdd(a, a, even);
            }
            var r = 1 / MathF.Sqrt(TOps.Sum(TOps.Add(even, odd)) / width + epsilon);
            if (inverse is not null) { inverse[row] = r; }
            var scale = TOps.Broadcast(r);
            for (i = 0; i < width; i += TOps.Width) { TOps.Store(TOps.Multiply(TOps.Multiply(TOps.Load(x + i), scale), TOps.Load(gain + i)), y + i); }
        }
    }

    /// <summary>With n = x r: dx += r (g dy - n mean(g dy n)), or = where <paramref name="replace"/>, and dg += Σ dy n.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NormBackward(
        float* x, nint xRow, float* gain, float* inverse, float* dy, nint dyRow, float* dx, nint dxRow, float* dGain, int rows, int width, bool replace = false)
    {
        for (var row = 0; row < rows; row++, x += xRow, dy += dyRow, dx += dxRow)
        {
            var r = TOps.Broadcast(inverse[row]);
            TVector products = default;
            for (nint i = 0; i < width; i += TOps.Width)
            {
                TVector n = TOps.Multiply(TOps.Load(x + i), r), d = TOps.Load(dy + i);
                var share = TOps.Multiply(d, n);
                products = TOps.MultiplyAdd(share, TOps.Load(gain + i), products);
                if (dGain is not null) { TOps.Store(TOps.Add(TOps.Load(dGain + i), share), dGain + i); }
            }
            var mean = TOps.Broadcast(-TOps.Sum(products) / width);
            for (nint i = 0; i < width; i += TOps.Width)
            {
                var n = TOps.Multiply(TOps.Load(x + i), r);
                var inner = TOps.MultiplyAdd(n, mean, TOps.Multiply(TOps.Load(dy + i), TOps.Load(gain + i)));
                TOps.Store(replace ? TOps.Multiply(inner, r) : TOps.MultiplyAdd(inner, r, TOps.Load(dx + i)), dx + i);
            }
        }
    }

    /// <summary>Turns every head of a row by the row's position: (a c - b s, b c + a s), or back by the transpose.</summary>
    /// <param name="x">Heads side by side.</param>
    /// <param name="heads">How many.</param>
    /// <param name="half">Pairs of a head.</param>
    /// <param name="rotation">The position's cosines, then its sines.</param>
    /// <param name="sign">1 forward, -1 for the transpose.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(float* x, int heads, int half, float* rotation, float sign)
    {
        for (var head = 0; head < heads; head++, x += 2 * half)
        {
            if (half % TOps.Width == 0) { RotatePairs<TVector, TOps>(x, half, rotation, sign); }
            else { RotatePairs<float, OperationsScalar>(x, half, rotation, sign); }
        }
    }

    /// <summary>y = silu(gate) up, of gate and up side by side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SwiGlu(float* gateUp, nint gateUpRow, float* y, nint yRow, int rows, int inner)
    {
        for (var row = 0; row < rows; row++, gateUp += gateUpRow, y += yRow)
        {
            for (nint i = 0; i < inner; i += TOps.Width)
            {
                var gate = TOps.Load(gateUp + i);
                TOps.Store(TOps.Multiply(TOps.Multiply(gate, Sigmoid(gate)), TOps.Load(gateUp + inner + i)), y + i);
            }
        }
    }

    /// <summary>From dy: d gate = dy up σ (1 + gate (1 - σ)) and d up = dy gate σ, side by side; and y itself again, in place of dy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SwiGluBackward(float* gateUp, nint gateUpRow, float* dyThenY, nint yRow, float* dGateUp, nint dGateUpRow, int rows, int inner)
    {
        var one = TOps.Broadcast(1);
        for (var row = 0; row < rows; row++, gateUp += gateUpRow, dyThenY += yRow, dGateUp += dGateUpRow)
        {
            for (nint i = 0; i < inner; i += TOps.Width)
            {
                TVector gate = TOps.Load(gateUp + i), up = TOps.Load(gateUp + inner + i), dy = TOps.Load(dyThenY + i);
                var sigmoid = Sigmoid(gate);
                var silu = TOps.Multiply(gate, sigmoid);
                var slope = TOps.Multiply(sigmoid, TOps.MultiplyAdd(gate, TOps.Subtract(one, sigmoid), one));
                TOps.Store(TOps.Multiply(TOps.Multiply(dy, up), slope), dGateUp + i);
                TOps.Store(TOps.Multiply(dy, silu), dGateUp + inner + i);
                TOps.Store(TOps.Multiply(silu, up), dyThenY + i);
            }
        }
    }

    /// <summary>In place: x becomes e^(x scale - shift), summed over the first <paramref name="count"/>; zero from there to <paramref name="padded"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Exponentials(float* x, int count, int padded, float scale, float shift)
    {
        var end = (count + TOps.Width - 1) / TOps.Width * TOps.Width;
        // Far below what Exp distinguishes from zero, so that whole vectors can be taken.
        for (var i = count; i < end; i++) { x[i] = -1e30f; }
        TVector factor = TOps.Broadcast(scale), offset = TOps.Broadcast(-shift), total = default;
        for (var i = 0; i < end; i += TOps.Width)
        {
            var value = Elementary<TVector, TOps>.Exp(TOps.MultiplyAdd(TOps.Load(x + i), factor, offset));
            TOps.Store(value, x + i);
            total = TOps.Add(total, value);
        }
        new Span<float>(x + count, padded - count).Clear();
        return TOps.Sum(total);
    }

    /// <summary>The largest of the first <paramref name="count"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Maximum(float* x, int count)
    {
        var whole = count - count % TOps.Width;
        var best = float.NegativeInfinity;
        if (whole > 0)
        {
            var lanes = stackalloc float[TOps.Width];
            var most = TOps.Load(x);
            for (var i = TOps.Width; i < whole; i += TOps.Width) { most = TOps.Maximum(most, TOps.Load(x + i)); }
            TOps.Store(most, lanes);
            for (var i = 0; i < TOps.Width; i++) { best = Math.Max(best, lanes[i]); }
        }
        for (var i = whole; i < count; i++) { best = Math.Max(best, x[i]); }
        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int count)
    {
        TVector sum = default;
        for (nint i = 0; i < count; i += TOps.Width) { sum = TOps.MultiplyAdd(TOps.Load(a + i), TOps.Load(b + i), sum); }
        return TOps.Sum(sum);
    }

    /// <summary>y += x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* x, float* y, nint count)
    {
        for (nint i = 0; i < count; i += TOps.Width) { TOps.Store(TOps.Add(TOps.Load(x + i), TOps.Load(y + i)), y + i); }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sigmoid(TVector x)
    {
        var one = TOps.Broadcast(1);
        return TOps.QuickDivide(one, TOps.Add(one, Elementary<TVector, TOps>.Exp(TOps.Subtract(default, x))));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RotatePairs<V, O>(float* x, int half, float* rotation, float sign)
        where V : unmanaged
        where O : IVectorOperations<V>
    {
        var direction = O.Broadcast(sign);
        for (nint i = 0; i < half; i += O.Width)
        {
            V a = O.Load(x + i), b = O.Load(x + half + i), cosine = O.Load(rotation + i), sine = O.Multiply(direction, O.Load(rotation + half + i));
            O.Store(O.Subtract(O.Multiply(a, cosine), O.Multiply(b, sine)), x + i);
            O.Store(O.MultiplyAdd(a, sine, O.Multiply(b, cosine)), x + half + i);
        }
    }
}
