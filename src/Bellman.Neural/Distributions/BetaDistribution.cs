namespace Bellman.Neural;

/// <summary>
/// Independent beta distributions on (0, 1), one a dimension: p(x) = x^(α-1) (1-x)^(β-1) / B(α, β) (for bounded actions:
/// Chou et al. 2017). No probability is lost outside the bounds, as a clipped Gaussian loses it.
/// </summary>
public static class BetaDistribution
{
    // Single precision has numbers this near 0 and 1; beyond it ln x and ln(1 - x) would be infinite.
    private const double Edge = 1e-6;

    /// <summary>Draws x, kept 1e-6 from 0 and 1.</summary>
    public static void Sample(ReadOnlySpan<float> alpha, ReadOnlySpan<float> beta, RandomStream random, Span<float> x)
    {
        for (var i = 0; i < x.Length; i++)
        {
            // X / (X + Y) with X ~ Gamma(α), Y ~ Gamma(β)
            var (first, second) = (random.NextGamma(alpha[i]), random.NextGamma(beta[i]));
            x[i] = (float)Math.Clamp(first / (first + second), Edge, 1 - Edge);
        }
    }

    /// <summary>Writes the means α / (α + β).</summary>
    public static void Mean(ReadOnlySpan<float> alpha, ReadOnlySpan<float> beta, Span<float> x)
    {
        for (var i = 0; i < x.Length; i++) { x[i] = alpha[i] / (alpha[i] + beta[i]); }
    }

    /// <summary>log p(x) = Σ (α-1) ln x + (β-1) ln(1-x) - ln B(α, β).</summary>
    public static float LogProbability(ReadOnlySpan<float> alpha, ReadOnlySpan<float> beta, ReadOnlySpan<float> x)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++)
        {
            var at = Inside(x[i]);
            sum += (alpha[i] - 1.0) * Math.Log(at) + (beta[i] - 1.0) * Math.Log(1 - at) - LogBeta(alpha[i], beta[i]);
        }
        return (float)sum;
    }

    /// <summary>H = Σ ln B(α, β) - (α-1) ψ(α) - (β-1) ψ(β) + (α+β-2) ψ(α+β).</summary>
    public static float Entropy(ReadOnlySpan<float> alpha, ReadOnlySpan<float> beta)
    {
        var sum = 0.0;
        for (var i = 0; i < alpha.Length; i++)
        {
            double a = alpha[i], b = beta[i];
            sum += LogBeta(a, b) - (a - 1) * SpecialFunctions.Digamma(a) - (b - 1) * SpecialFunctions.Digamma(b) + (a + b - 2) * SpecialFunctions.Digamma(a + b);
        }
        return (float)sum;
    }

    /// <summary>Adds the gradients of w₁ log p(x) + w₂ H with respect to α and β.</summary>
    /// <param name="alpha">α, above 0.</param>
    /// <param name="beta">β, above 0.</param>
    /// <param name="x">x, in (0, 1).</param>
    /// <param name="logProbabilityWeight">w₁.</param>
    /// <param name="entropyWeight">w₂.</param>
    /// <param name="alphaGradient">Added to.</param>
    /// <param name="betaGradient">Added to.</param>
    public static void AddGradient(ReadOnlySpan<float> alpha, ReadOnlySpan<float> beta, ReadOnlySpan<float> x,
        float logProbabilityWeight, float entropyWeight, Span<float> alphaGradient, Span<float> betaGradient)
    {
        for (var i = 0; i < x.Length; i++)
        {
            double a = alpha[i], b = beta[i], at = Inside(x[i]);
            // ∂ log p / ∂α = ln x - ψ(α) + ψ(α+β)
            var together = SpecialFunctions.Digamma(a + b);
            var byAlpha = logProbabilityWeight * (Math.Log(at) - SpecialFunctions.Digamma(a) + together);
            var byBeta = logProbabilityWeight * (Math.Log(1 - at) - SpecialFunctions.Digamma(b) + together);
            if (entropyWeight != 0)
            {
                // ∂H / ∂α = (α+β-2) ψ'(α+β) - (α-1) ψ'(α)
                var shared = (a + b - 2) * SpecialFunctions.Trigamma(a + b);
                byAlpha += entropyWeight * (shared - (a - 1) * SpecialFunctions.Trigamma(a));
                byBeta += entropyWeight * (shared - (b - 1) * SpecialFunctions.Trigamma(b));
            }
            alphaGradient[i] += (float)byAlpha;
            betaGradient[i] += (float)byBeta;
        }
    }

    private static double Inside(float x) => Math.Clamp(x, Edge, 1 - Edge);

    private static double LogBeta(double a, double b) => SpecialFunctions.LogGamma(a) + SpecialFunctions.LogGamma(b) - SpecialFunctions.LogGamma(a + b);
}
