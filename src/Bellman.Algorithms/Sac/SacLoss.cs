namespace Bellman.Algorithms;

/// <summary>The terms of soft actor-critic for one sample (Haarnoja et al. 2018, "Soft actor-critic algorithms and applications").</summary>
public static class SacLoss
{
    /// <summary>V(s') = min Q⁻(s', a') - α log π(a'|s'), a' ~ π (eq. 3).</summary>
    public static double SoftValue(double minimum, double temperature, double logProbability) => minimum - temperature * logProbability;

    /// <summary>The actor's loss α log π(a|s) - min Q(s, a), a ~ π (eq. 7).</summary>
    public static double Actor(double minimum, double temperature, double logProbability) => temperature * logProbability - minimum;

    /// <summary>The temperature's loss -log α (log π + H̄) and its derivative with respect to log α (eq. 18 in log form).</summary>
    public static (double Loss, double Derivative) Temperature(double logTemperature, double logProbability, double targetEntropy) =>
        (-logTemperature * (logProbability + targetEntropy), -(logProbability + targetEntropy));

    /// <summary>H̄ = -dim A.</summary>
    public static double DefaultTargetEntropy(int actionSize) => -actionSize;

    /// <summary>V = Σ π (Q - α log π), exactly over discrete actions (Christodoulou 2019, eq. 10).</summary>
    public static double DiscreteValue(ReadOnlySpan<float> logProbabilities, ReadOnlySpan<float> values, double temperature)
    {
        var value = 0.0;
        for (var a = 0; a < values.Length; a++)
        {
            var probability = Math.Exp(logProbabilities[a]);
            if (probability > 0) { value += probability * (values[a] - temperature * logProbabilities[a]); }
        }
        return value;
    }

    /// <summary>
    /// The discrete actor's loss Σ π (α log π - Q) = -V (Christodoulou 2019, eq. 12), and w times its gradient with
    /// respect to the logits.
    /// </summary>
    public static double DiscreteActor(ReadOnlySpan<float> logProbabilities, ReadOnlySpan<float> values, double temperature, double weight, Span<float> logitGradients)
    {
        var loss = -DiscreteValue(logProbabilities, values, temperature);
        for (var a = 0; a < values.Length; a++)
        {
            // ∂L/∂l_a = π_a (α log π_a - Q_a - L); the terms of ∂ log π sum to zero.
            var probability = Math.Exp(logProbabilities[a]);
            logitGradients[a] = probability > 0 ? (float)(weight * probability * (temperature * logProbabilities[a] - values[a] - loss)) : 0;
        }
        return loss;
    }

    /// <summary>H̄ = 0.98 ln |A|: nearly uniform (Christodoulou 2019).</summary>
    public static double DefaultDiscreteTargetEntropy(int actions) => 0.98 * Math.Log(actions);
}
