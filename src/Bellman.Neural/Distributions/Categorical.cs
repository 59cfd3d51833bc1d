namespace Bellman.Neural;

/// <summary>
/// The categorical distribution over one row of logits: π(a) = exp(l_a) / Σ exp(l_k). A masked logit is
/// <see cref="MaskedLogit"/>; its probability is zero and it adds nothing to entropy or gradients.
/// </summary>
public static class Categorical
{
    /// <summary>The logit of an unavailable action.</summary>
    public const float MaskedLogit = -1e10f;

    // Below this log-probability exp is zero in single precision; masked actions lie far below.
    private const float Impossible = -104;

    // Up to this many logits a scalar loop beats filling vectors.
    private const int Narrow = 16;

    /// <summary>Draws an action.</summary>
    public static int Sample(ReadOnlySpan<float> logits, RandomStream random)
    {
        var largest = Largest(logits);
        var total = 0f;
        foreach (var logit in logits) { total += MathF.Exp(logit - largest); }
        // Inverse of the cumulative distribution at a uniform point.
        var point = random.NextSingle() * total;
        var last = 0;
        for (var action = 0; action < logits.Length; action++)
        {
            var weight = MathF.Exp(logits[action] - largest);
            if (weight <= 0) { continue; }
            last = action;
            point -= weight;
            if (point < 0) { return action; }
        }
        return last;
    }

    /// <summary>Draws an action as <see cref="Sample(ReadOnlySpan{float}, RandomStream)"/> does, and tells its log-probability.</summary>
    public static int Sample(ReadOnlySpan<float> logits, RandomStream random, out float logProbability)
    {
        if (logits.Length > Narrow)
        {
            var drawn = Sample(logits, random);
            logProbability = LogProbability(logits, drawn);
            return drawn;
        }
        Span<float> weights = stackalloc float[Narrow];
        var largest = Largest(logits);
        var total = 0f;
        for (var action = 0; action < logits.Length; action++) { total += weights[action] = MathF.Exp(logits[action] - largest); }
        var point = random.NextSingle() * total;
        var last = 0;
        for (var action = 0; action < logits.Length; action++)
        {
            if (weights[action] <= 0) { continue; }
            last = action;
            point -= weights[action];
            if (point < 0) { break; }
        }
        logProbability = logits[last] - (largest + MathF.Log(total));
        return last;
    }

    /// <summary>The most probable action; the lowest index on ties.</summary>
    public static int Mode(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var action = 1; action < logits.Length; action++)
        {
            if (logits[action] > logits[best]) { best = action; }
        }
        return best;
    }

    /// <summary>log π(action).</summary>
    public static float LogProbability(ReadOnlySpan<float> logits, int action) => logits[action] - LogSumExp(logits);

    /// <summary>H = -Σ π log π, over available actions.</summary>
    public static float Entropy(ReadOnlySpan<float> logits)
    {
        var normaliser = LogSumExp(logits);
        var entropy = 0f;
        foreach (var logit in logits)
        {
            var logProbability = logit - normaliser;
            if (logProbability > Impossible) { entropy -= MathF.Exp(logProbability) * logProbability; }
        }
        return entropy;
    }

    /// <summary>log π of every action.</summary>
    public static void LogSoftmax(ReadOnlySpan<float> logits, Span<float> logProbabilities)
    {
        var normaliser = LogSumExp(logits);
        for (var action = 0; action < logits.Length; action++) { logProbabilities[action] = logits[action] - normaliser; }
    }

    /// <summary>π of every action.</summary>
    public static void Softmax(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        var largest = Largest(logits);
        probabilities = probabilities[..logits.Length];
        for (var action = 0; action < logits.Length; action++) { probabilities[action] = logits[action] - largest; }
        VectorKernels.Active.Exp(probabilities);
        var total = 0f;
        foreach (var weight in probabilities) { total += weight; }
        VectorKernels.Active.Scale(probabilities, 1 / total);
    }

    /// <summary>
    /// Adds the gradient of w₁ log π(action) + w₂ H with respect to the logits.
    /// </summary>
    /// <param name="logProbabilities">The row's <see cref="LogSoftmax"/>.</param>
    /// <param name="action">The action taken.</param>
    /// <param name="logProbabilityWeight">w₁.</param>
    /// <param name="entropyWeight">w₂.</param>
    /// <param name="logitGradient">Added to.</param>
    public static void AddGradient(ReadOnlySpan<float> logProbabilities, int action, float logProbabilityWeight, float entropyWeight, Span<float> logitGradient)
    {
        var entropy = 0f;
        if (entropyWeight != 0)
        {
            foreach (var logProbability in logProbabilities)
            {
                if (logProbability > Impossible) { entropy -= MathF.Exp(logProbability) * logProbability; }
            }
        }
        for (var k = 0; k < logProbabilities.Length; k++)
        {
            var logProbability = logProbabilities[k];
            if (logProbability <= Impossible) { continue; }
            // ∂ log π(a) / ∂l_k = [k = a] - π_k;   ∂H / ∂l_k = -π_k (log π_k + H)
            logitGradient[k] -= MathF.Exp(logProbability) * (logProbabilityWeight + entropyWeight * (logProbability + entropy));
        }
        if (logProbabilities[action] > Impossible) { logitGradient[action] += logProbabilityWeight; }
    }

    /// <summary>Makes actions unavailable before anything is computed from the logits.</summary>
    /// <exception cref="ArgumentException">No action is available, or the lengths differ.</exception>
    public static void Mask(Span<float> logits, ReadOnlySpan<bool> available)
    {
        if (available.Length != logits.Length)
        {
            throw new ArgumentException($"The mask has {available.Length} actions and the policy {logits.Length}; they must be equal.", nameof(available));
        }
        if (!available.Contains(true))
        {
            throw new ArgumentException("The mask leaves no action available; an environment must offer at least one in every state.", nameof(available));
        }
        for (var action = 0; action < logits.Length; action++)
        {
            if (!available[action]) { logits[action] = MaskedLogit; }
        }
    }

    /// <summary>KL(p ‖ q) = Σ p (log p - log q), from two rows of log-probabilities.</summary>
    public static double KlDivergence(ReadOnlySpan<float> logProbabilities, ReadOnlySpan<float> otherLogProbabilities)
    {
        var divergence = 0.0;
        for (var action = 0; action < logProbabilities.Length; action++)
        {
            double p = logProbabilities[action], q = otherLogProbabilities[action];
            if (p > Impossible) { divergence += Math.Exp(p) * (p - q); }
        }
        return divergence;
    }

    /// <summary>log Σ exp(l), safe for large logits.</summary>
    public static float LogSumExp(ReadOnlySpan<float> logits)
    {
        var largest = Largest(logits);
        var total = 0f;
        if (logits.Length <= Narrow)
        {
            foreach (var logit in logits) { total += MathF.Exp(logit - largest); }
        }
        else
        {
            Span<float> chunk = stackalloc float[256];
            for (var start = 0; start < logits.Length; start += chunk.Length)
            {
                var part = chunk[..Math.Min(chunk.Length, logits.Length - start)];
                for (var i = 0; i < part.Length; i++) { part[i] = logits[start + i] - largest; }
                VectorKernels.Active.Exp(part);
                var sum = 0f;
                foreach (var weight in part) { sum += weight; }
                total += sum;
            }
        }
        return largest + MathF.Log(total);
    }

    private static float Largest(ReadOnlySpan<float> logits)
    {
        var largest = logits[0];
        for (var action = 1; action < logits.Length; action++) { largest = MathF.Max(largest, logits[action]); }
        return largest;
    }
}
