using System.Runtime.CompilerServices;

namespace Bellman.Neural;

/// <summary>Elementary functions on vectors, within a few units in the last place.</summary>
internal static unsafe class Elementary<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    /// <summary>tanh x = x P(x²) / Q(x²) on |x| ≤ 9.1, beyond which it rounds to ±1.</summary>
    /// <remarks>The coefficients are the minimax fit of degrees 4 and 4 (Remez exchange), relative error 2.3e-8.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh(TVector x)
    {
        // The bound comes first: a NaN in x passes through.
        x = TOps.Minimum(TOps.Broadcast(9.1f), TOps.Maximum(TOps.Broadcast(-9.1f), x));
        var s = TOps.Multiply(x, x);
        var p = TOps.Broadcast(1.31774858022e-8f);
        p = TOps.MultiplyAdd(p, s, TOps.Broadcast(2.0481156853e-5f));
        p = TOps.MultiplyAdd(p, s, TOps.Broadcast(0.00348780907312f));
        p = TOps.MultiplyAdd(p, s, TOps.Broadcast(0.133744734649f));
        p = TOps.MultiplyAdd(p, s, TOps.Broadcast(0.999999977186f));
        var q = TOps.Broadcast(7.7040301422e-7f);
        q = TOps.MultiplyAdd(q, s, TOps.Broadcast(0.000327291707317f));
        q = TOps.MultiplyAdd(q, s, TOps.Broadcast(0.0258473808824f));
        q = TOps.MultiplyAdd(q, s, TOps.Broadcast(0.467077872408f));
        q = TOps.MultiplyAdd(q, s, TOps.Broadcast(1));
        var y = TOps.QuickDivide(TOps.Multiply(x, p), q);
        // Rounding may step past 1, and 1 - y² must not turn negative.
        return TOps.Minimum(TOps.Broadcast(1), TOps.Maximum(TOps.Broadcast(-1), y));
    }

    /// <summary>The least of which <see cref="Exp"/> is taken: e^-87 still has a single's full precision.</summary>
    public const float LowestExponent = -87;

    /// <summary>exp x = 2^n exp r with n = round(x / ln 2), |r| ≤ ln 2 / 2; x is clamped to [-87, 88].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        // Adding 1.5 * 2^23 rounds to an integer and leaves it, plus the exponent's bias 127, in the lowest bits.
        const float Rounder = 12582912 + 127;
        x = TOps.Minimum(TOps.Broadcast(88), TOps.Maximum(TOps.Broadcast(LowestExponent), x));
        var shifted = TOps.MultiplyAdd(x, TOps.Broadcast(1.44269504f), TOps.Broadcast(Rounder));
        var n = TOps.Subtract(shifted, TOps.Broadcast(Rounder));
        // ln 2 in two parts: the first has trailing zero bits, so n times it is exact.
        var r = TOps.MultiplyAdd(n, TOps.Broadcast(-0.693359375f), x);
        r = TOps.MultiplyAdd(n, TOps.Broadcast(2.12194440e-4f), r);
        var y = TOps.Broadcast(1 / 5040f);
        y = TOps.MultiplyAdd(y, r, TOps.Broadcast(1 / 720f));
        y = TOps.MultiplyAdd(y, r, TOps.Broadcast(1 / 120f));
        y = TOps.MultiplyAdd(y, r, TOps.Broadcast(1 / 24f));
        y = TOps.MultiplyAdd(y, r, TOps.Broadcast(1 / 6f));
        y = TOps.MultiplyAdd(y, r, TOps.Broadcast(0.5f));
        y = TOps.MultiplyAdd(y, r, TOps.Broadcast(1));
        y = TOps.MultiplyAdd(y, r, TOps.Broadcast(1));
        return TOps.Multiply(y, TOps.ExponentFromLowBits(shifted));
    }

    /// <summary>σ(x) = 1 / (1 + exp(-x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid(TVector x)
    {
        var one = TOps.Broadcast(1);
        return TOps.Divide(one, TOps.Add(one, Exp(TOps.Subtract(default, x))));
    }
}
