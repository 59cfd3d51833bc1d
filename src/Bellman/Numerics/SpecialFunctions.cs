namespace Bellman;

/// <summary>
/// The gamma function's logarithm and its first two derivatives, for positive arguments: shifted up by the recurrence
/// until Stirling's asymptotic series (Abramowitz and Stegun 6.1.41, 6.3.18, 6.4.12) is exact to double precision.
/// </summary>
public static class SpecialFunctions
{
    private const double HalfLogTwoPi = 0.91893853320467274;

    // From here on the first neglected terms are below 1e-16 relative.
    private const double Large = 12;

    /// <summary>ln Γ(x), x above 0.</summary>
    public static double LogGamma(double x)
    {
        // ln Γ(x) = ln Γ(x + n) - ln (x (x + 1) ... (x + n - 1))
        var product = 1.0;
        for (; x < Large; x++) { product *= x; }
        var inverse = 1 / (x * x);
        var series = (1.0 / 12 - inverse * (1.0 / 360 - inverse * (1.0 / 1260 - inverse * (1.0 / 1680 - inverse * (1.0 / 1188))))) / x;
        return (x - 0.5) * Math.Log(x) - x + HalfLogTwoPi + series - Math.Log(product);
    }

    /// <summary>ψ(x) = d ln Γ(x) / dx, x above 0.</summary>
    public static double Digamma(double x)
    {
        // ψ(x) = ψ(x + 1) - 1/x
        var sum = 0.0;
        for (; x < Large; x++) { sum -= 1 / x; }
        var inverse = 1 / (x * x);
        return sum + Math.Log(x) - 0.5 / x
            - inverse * (1.0 / 12 - inverse * (1.0 / 120 - inverse * (1.0 / 252 - inverse * (1.0 / 240 - inverse * (1.0 / 132)))));
    }

    /// <summary>ψ'(x), x above 0.</summary>
    public static double Trigamma(double x)
    {
        // ψ'(x) = ψ'(x + 1) + 1/x²
        var sum = 0.0;
        for (; x < Large; x++) { sum += 1 / (x * x); }
        var inverse = 1 / (x * x);
        return sum + 1 / x + 0.5 * inverse
            + inverse / x * (1.0 / 6 - inverse * (1.0 / 30 - inverse * (1.0 / 42 - inverse * (1.0 / 30 - inverse * (5.0 / 66)))));
    }
}
