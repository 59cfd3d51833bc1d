namespace Bellman.Neural;

/// <summary>
/// Generalised state-dependent exploration (Raffin, Kober and Stulp 2022, "Smooth exploration for robotic reinforcement
/// learning"): a = μ(s) + φ(s) E with one noise matrix E_kj ~ N(0, σ_kj²), kept for several steps. The same state then gets the
/// same noise; over E the action is normal with variance v_j = Σ_k φ_k² σ_kj².
/// </summary>
/// <remarks>The features φ are taken as given: exploration does not train them, as in the authors' code.</remarks>
public static class StateDependentGaussian
{
    // Keeps the density finite where all features vanish.
    private const float SmallestVariance = 1e-6f;

    /// <summary>σ² of every entry, which the other functions read: one row of a batch after another needs them.</summary>
    /// <param name="logStandardDeviation">[features, actions]: ln σ.</param>
    /// <param name="variances">[features, actions], written.</param>
    public static void Variances(ReadOnlySpan<float> logStandardDeviation, Span<float> variances)
    {
        for (var i = 0; i < variances.Length; i++) { variances[i] = MathF.Exp(2 * logStandardDeviation[i]); }
    }

    /// <summary>Draws a noise matrix.</summary>
    /// <param name="variances">[features, actions]: σ².</param>
    /// <param name="random">Where it is drawn from.</param>
    /// <param name="noise">[features, actions], written.</param>
    public static void SampleNoise(ReadOnlySpan<float> variances, RandomStream random, Span<float> noise)
    {
        for (var i = 0; i < noise.Length; i++) { noise[i] = MathF.Sqrt(variances[i]) * (float)random.NextGaussian(); }
    }

    /// <summary>a = μ + φ E.</summary>
    public static void Explore(ReadOnlySpan<float> mean, ReadOnlySpan<float> features, ReadOnlySpan<float> noise, Span<float> action)
    {
        mean.CopyTo(action);
        for (var k = 0; k < features.Length; k++)
        {
            for (var j = 0; j < action.Length; j++) { action[j] += features[k] * noise[k * action.Length + j]; }
        }
    }

    /// <summary>Draws an action with noise of its own: the distribution that <see cref="LogProbability"/> scores.</summary>
    public static void Sample(ReadOnlySpan<float> mean, ReadOnlySpan<float> features, ReadOnlySpan<float> variances, RandomStream random, Span<float> action)
    {
        for (var j = 0; j < action.Length; j++)
        {
            action[j] = mean[j] + MathF.Sqrt(Variance(features, variances, action.Length, j)) * (float)random.NextGaussian();
        }
    }

    /// <summary>log p(a) = -Σ_j [(a_j - μ_j)² / 2v_j + ½ ln 2πv_j].</summary>
    public static float LogProbability(ReadOnlySpan<float> mean, ReadOnlySpan<float> features, ReadOnlySpan<float> variances, ReadOnlySpan<float> action)
    {
        var sum = 0f;
        for (var j = 0; j < action.Length; j++)
        {
            var variance = Variance(features, variances, action.Length, j);
            var difference = action[j] - mean[j];
            sum -= 0.5f * (difference * difference / variance + MathF.Log(variance)) + DiagonalGaussian.HalfLogTwoPi;
        }
        return sum;
    }

    /// <summary>H = Σ_j ½ ln 2πe v_j.</summary>
    public static float Entropy(ReadOnlySpan<float> features, ReadOnlySpan<float> variances)
    {
        var actions = variances.Length / features.Length;
        var sum = 0f;
        for (var j = 0; j < actions; j++) { sum += 0.5f + DiagonalGaussian.HalfLogTwoPi + 0.5f * MathF.Log(Variance(features, variances, actions, j)); }
        return sum;
    }

    /// <summary>Adds the gradients of w₁ log p(a) + w₂ H with respect to μ and ln σ.</summary>
    /// <param name="mean">μ.</param>
    /// <param name="features">φ.</param>
    /// <param name="variances">[features, actions]: σ².</param>
    /// <param name="action">a.</param>
    /// <param name="logProbabilityWeight">w₁.</param>
    /// <param name="entropyWeight">w₂.</param>
    /// <param name="meanGradient">Added to.</param>
    /// <param name="logStandardDeviationGradient">Added to.</param>
    public static void AddGradient(
        ReadOnlySpan<float> mean, ReadOnlySpan<float> features, ReadOnlySpan<float> variances, ReadOnlySpan<float> action,
        float logProbabilityWeight, float entropyWeight, Span<float> meanGradient, Span<float> logStandardDeviationGradient)
    {
        var actions = action.Length;
        for (var j = 0; j < actions; j++)
        {
            var variance = Variance(features, variances, actions, j);
            var difference = action[j] - mean[j];
            // ∂/∂μ = (a - μ)/v,  ∂/∂v = ((a - μ)²/v - 1) / 2v,  ∂H/∂v = 1/2v,  ∂v/∂ln σ_k = 2 φ_k² σ_k²
            meanGradient[j] += logProbabilityWeight * difference / variance;
            var byVariance = (logProbabilityWeight * (difference * difference / variance - 1) + entropyWeight) / (2 * variance);
            for (var k = 0; k < features.Length; k++)
            {
                var index = k * actions + j;
                logStandardDeviationGradient[index] += 2 * byVariance * features[k] * features[k] * variances[index];
            }
        }
    }

    private static float Variance(ReadOnlySpan<float> features, ReadOnlySpan<float> variances, int actions, int j)
    {
        var variance = SmallestVariance;
        for (var k = 0; k < features.Length; k++) { variance += features[k] * features[k] * variances[k * actions + j]; }
        return variance;
    }
}
