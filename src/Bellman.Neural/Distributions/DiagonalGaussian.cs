namespace Bellman.Neural;

/// <summary>Independent normal distributions, one a dimension, given by mean and log standard deviation.</summary>
public static class DiagonalGaussian
{
    internal const float HalfLogTwoPi = 0.918938533f;

    /// <summary>Draws a = μ + σ ε with ε standard normal.</summary>
    public static void Sample(ReadOnlySpan<float> mean, ReadOnlySpan<float> logStandardDeviation, RandomStream random, Span<float> action)
    {
        for (var i = 0; i < mean.Length; i++)
        {
            action[i] = mean[i] + MathF.Exp(logStandardDeviation[i]) * (float)random.NextGaussian();
        }
    }

    /// <summary>log N(a; μ, σ) = -Σ [½ ((a - μ)/σ)² + ln σ + ½ ln 2π].</summary>
    public static float LogProbability(ReadOnlySpan<float> mean, ReadOnlySpan<float> logStandardDeviation, ReadOnlySpan<float> action)
    {
        var sum = 0f;
        for (var i = 0; i < mean.Length; i++)
        {
            var z = (action[i] - mean[i]) * MathF.Exp(-logStandardDeviation[i]);
            sum -= 0.5f * z * z + logStandardDeviation[i] + HalfLogTwoPi;
        }
        return sum;
    }

    /// <summary>H = Σ (½ ln 2πe + ln σ).</summary>
    public static float Entropy(ReadOnlySpan<float> logStandardDeviation)
    {
        var sum = 0f;
        foreach (var value in logStandardDeviation) { sum += 0.5f + HalfLogTwoPi + value; }
        return sum;
    }

    /// <summary>Adds the gradients of w₁ log N(a; μ, σ) + w₂ H with respect to μ and ln σ.</summary>
    /// <param name="mean">μ.</param>
    /// <param name="logStandardDeviation">ln σ.</param>
    /// <param name="action">a.</param>
    /// <param name="logProbabilityWeight">w₁.</param>
    /// <param name="entropyWeight">w₂.</param>
    /// <param name="meanGradient">Added to.</param>
    /// <param name="logStandardDeviationGradient">Added to.</param>
    public static void AddGradient(
        ReadOnlySpan<float> mean, ReadOnlySpan<float> logStandardDeviation, ReadOnlySpan<float> action,
        float logProbabilityWeight, float entropyWeight, Span<float> meanGradient, Span<float> logStandardDeviationGradient)
    {
        for (var i = 0; i < mean.Length; i++)
        {
            // ∂/∂μ = z/σ,  ∂/∂ln σ = z² - 1,  ∂H/∂ln σ = 1,  with z = (a - μ)/σ
            var inverse = MathF.Exp(-logStandardDeviation[i]);
            var z = (action[i] - mean[i]) * inverse;
            meanGradient[i] += logProbabilityWeight * z * inverse;
            logStandardDeviationGradient[i] += logProbabilityWeight * (z * z - 1) + entropyWeight;
        }
    }

    /// <summary>KL(N₁ ‖ N₂) = Σ [ln(σ₂/σ₁) + (σ₁² + (μ₁ - μ₂)²) / (2σ₂²) - ½].</summary>
    public static double KlDivergence(
        ReadOnlySpan<float> mean, ReadOnlySpan<float> logStandardDeviation, ReadOnlySpan<float> otherMean, ReadOnlySpan<float> otherLogStandardDeviation)
    {
        var divergence = 0.0;
        for (var i = 0; i < mean.Length; i++)
        {
            double difference = mean[i] - otherMean[i];
            double logSigma = logStandardDeviation[i], otherLogSigma = otherLogStandardDeviation[i];
            divergence += otherLogSigma - logSigma
                + (Math.Exp(2 * logSigma) + difference * difference) / (2 * Math.Exp(2 * otherLogSigma)) - 0.5;
        }
        return divergence;
    }
}
