using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>Sine and cosine of many angles at once, within one unit in the last place of a double.</summary>
/// <remarks>The polynomials and the parts of pi / 2 are those of fdlibm (Sun Microsystems 1993, k_sin.c, k_cos.c, e_rem_pio2.c).</remarks>
internal static unsafe class Trigonometry<TLanes> where TLanes : unmanaged, ILanes<TLanes>
{
    // Up to here the products of Reduce are exact; tasks never come near it, restored states may.
    private const double Largest = 1e6;

    // pi / 2 in parts of 33 bits, so that a whole number of 20 bits times one of them is exact.
    private const double HalfPi1 = 1.57079632673412561417e+00;
    private const double HalfPi2 = 6.07710050630396597660e-11;
    private const double HalfPi3 = 2.02226624871116645580e-21;

    /// <summary>Of angles of at most pi / 4 either way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TLanes Sin, TLanes Cos) SinCosSmall(TLanes x)
    {
        TLanes one = 1.0, half = 0.5;
        var z = x * x;
        // sin x = x + x^3 (S1 + S2 x^2 + ... + S6 x^10)
        TLanes s = 1.58969099521155010221e-10;
        s = s * z + -2.50507602534068634195e-08;
        s = s * z + 2.75573137070700676789e-06;
        s = s * z + -1.98412698298579493134e-04;
        s = s * z + 8.33333333332248946124e-03;
        s = s * z + -1.66666666666666324348e-01;
        var sin = x + x * z * s;
        // cos x = 1 - x^2 / 2 + x^4 (C1 + C2 x^2 + ... + C6 x^10), the rounding of 1 - x^2 / 2 put back
        TLanes c = -1.13596475577881948265e-11;
        c = c * z + 2.08757232129817482790e-09;
        c = c * z + -2.75573143513906633035e-07;
        c = c * z + 2.48015872894767294178e-05;
        c = c * z + -1.38888888888741095749e-03;
        c = c * z + 4.16666666666666019037e-02;
        var halfSquare = half * z;
        var coarse = one - halfSquare;
        var cos = coarse + (one - coarse - halfSquare + z * z * c);
        return (sin, cos);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TLanes Sin, TLanes Cos) SinCos(TLanes x)
    {
        if (!AllModerate(x)) { return SinCosOneByOne(x); }
        // x = n pi / 2 + r, |r| <= pi / 4
        var n = TLanes.Floor(x * (2 / Math.PI) + 0.5);
        var r = x - n * HalfPi1 - n * HalfPi2 - n * HalfPi3;
        var (sin, cos) = SinCosSmall(r);
        // The quadrant swaps the two and chooses their signs.
        var odd = Odd(n);
        var swappedSin = TLanes.Select(odd, cos, sin);
        var swappedCos = TLanes.Select(odd, sin, cos);
        return (TLanes.Select(Odd(TLanes.Floor(n * 0.5)), -swappedSin, swappedSin), TLanes.Select(Odd(TLanes.Floor((n + 1.0) * 0.5)), -swappedCos, swappedCos));
    }

    /// <summary>((x + pi) mod 2 pi) - pi, to the last bit of the exact remainder.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes WrapAngle(TLanes x)
    {
        if (!AllModerate(x)) { return WrapOneByOne(x); }
        TLanes turn = 2 * Math.PI, zero = 0.0, one = 1.0;
        var shifted = x + Math.PI;
        // The quotient may be rounded up to the next whole number, or down to the one before; its remainder tells.
        var turns = TLanes.Floor(shifted / turn);
        var remainder = TLanes.FusedMultiplyAdd(-turns, turn, shifted);
        turns += TLanes.Select(TLanes.Greater(zero, remainder), -one, TLanes.Select(TLanes.GreaterOrEqual(remainder, turn), one, zero));
        return TLanes.FusedMultiplyAdd(-turns, turn, shifted) - Math.PI;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Odd(TLanes whole)
    {
        var half = whole * 0.5;
        return TLanes.Greater(half, TLanes.Floor(half));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AllModerate(TLanes x) => TLanes.Bits(TLanes.GreaterOrEqual(Largest, TLanes.Abs(x))) == (1u << TLanes.Count) - 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TLanes WrapOneByOne(TLanes x)
    {
        var angles = stackalloc double[TLanes.Count];
        TLanes.Store(x, angles);
        for (var lane = 0; lane < TLanes.Count; lane++) { Lane.Store(Lane.WrapAngle(angles[lane]), angles + lane); }
        return TLanes.Load(angles);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (TLanes Sin, TLanes Cos) SinCosOneByOne(TLanes x)
    {
        double* sines = stackalloc double[TLanes.Count], cosines = stackalloc double[TLanes.Count];
        TLanes.Store(x, sines);
        // Each lane by its own size: what a lane gets must not depend on its neighbours.
        for (var lane = 0; lane < TLanes.Count; lane++)
        {
            var angle = sines[lane];
            if (Math.Abs(angle) <= Largest)
            {
                var (sin, cos) = Trigonometry<Lane>.SinCos(angle);
                (sines[lane], cosines[lane]) = (sin.Value, cos.Value);
            }
            else { (sines[lane], cosines[lane]) = Math.SinCos(angle); }
        }
        return (TLanes.Load(sines), TLanes.Load(cosines));
    }
}
