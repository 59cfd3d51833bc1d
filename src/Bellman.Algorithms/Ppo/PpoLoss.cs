namespace Bellman.Algorithms;

/// <summary>The terms of PPO's objective for one sample, with their derivatives (Schulman et al. 2017, eq. 7 and 9).</summary>
public static class PpoLoss
{
    /// <summary>
    /// The clipped surrogate, as a loss, and its derivative with respect to log pi(a|s).
    /// </summary>
    public static (double Loss, double Derivative) Policy(double logProbability, double oldLogProbability, double advantage, double clip) =>
        PolicyAt(Math.Exp(logProbability - oldLogProbability), advantage, clip);

    /// <summary>As <see cref="Policy"/> for the ratio pi(a|s) / pi_old(a|s).</summary>
    internal static (double Loss, double Derivative) PolicyAt(double ratio, double advantage, double clip)
    {
        // L = -min(ratio A, clip(ratio, 1 - eps, 1 + eps) A)
        var unclipped = ratio * advantage;
        var clipped = Math.Clamp(ratio, 1 - clip, 1 + clip) * advantage;
        return unclipped <= clipped ? (-unclipped, -unclipped) : (-clipped, 0);
    }

    /// <summary>
    /// The squared value error, half of it, and its derivative with respect to the value; with
    /// <paramref name="clip"/>, the larger of the error and that of the value kept within the range of the old one.
    /// </summary>
    public static (double Loss, double Derivative) Value(double value, double oldValue, double target, double? clip)
    {
        var error = value - target;
        if (clip is { } range)
        {
            // L = 1/2 max((V - R)^2, (V_old + clip(V - V_old, -eps, eps) - R)^2)
            var clippedError = oldValue + Math.Clamp(value - oldValue, -range, range) - target;
            if (clippedError * clippedError > error * error)
            {
                return (0.5 * clippedError * clippedError, Math.Abs(value - oldValue) < range ? clippedError : 0);
            }
        }
        return (0.5 * error * error, error);
    }

    /// <summary>The whole: policy + c_v value - c_e entropy (eq. 9 with its signs turned, to be minimised).</summary>
    public static double Total(double policy, double value, double entropy, double valueCoefficient, double entropyCoefficient) =>
        policy + valueCoefficient * value - entropyCoefficient * entropy;

    /// <summary>One sample of the approximate KL divergence: e^lr - 1 - lr, lr = log pi - log pi_old (Schulman's k3).</summary>
    public static double ApproximateKl(double logProbability, double oldLogProbability)
    {
        var logRatio = logProbability - oldLogProbability;
        return Math.Exp(logRatio) - 1 - logRatio;
    }

    /// <summary>Subtracts the mean and divides by the sample standard deviation + 1e-8, in place; one value is left as it is.</summary>
    public static void Normalize(Span<float> advantages)
    {
        if (advantages.Length < 2) { return; }
        double mean = 0, squares = 0;
        foreach (var advantage in advantages) { mean += advantage; }
        mean /= advantages.Length;
        foreach (var advantage in advantages) { squares += (advantage - mean) * (advantage - mean); }
        var deviation = Math.Sqrt(squares / (advantages.Length - 1)) + 1e-8;
        for (var i = 0; i < advantages.Length; i++) { advantages[i] = (float)((advantages[i] - mean) / deviation); }
    }
}
