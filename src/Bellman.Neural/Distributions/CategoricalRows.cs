namespace Bellman.Neural;

/// <summary>What <see cref="Categorical"/> computes of one row, of many rows of equal width side by side.</summary>
public static class CategoricalRows
{
    // Below this log-probability exp is zero in single precision; masked actions lie far below.
    private const float Impossible = -104;

    /// <summary>log π and π of every action, and each row's entropy in nats.</summary>
    /// <param name="logits">[rows, actions].</param>
    /// <param name="logProbabilities">[rows, actions], written.</param>
    /// <param name="probabilities">[rows, actions], written; exactly zero where an action is masked.</param>
    /// <param name="entropies">[rows], written; its length says how many rows there are.</param>
    public static void Distributions(ReadOnlySpan<float> logits, Span<float> logProbabilities, Span<float> probabilities, Span<float> entropies)
    {
        var actions = logits.Length / entropies.Length;
        Require(logits.Length == actions * entropies.Length && logProbabilities.Length == logits.Length && probabilities.Length == logits.Length);
        for (var start = 0; start < logits.Length; start += actions)
        {
            var row = logits.Slice(start, actions);
            var largest = row[0];
            for (var k = 1; k < row.Length; k++) { largest = MathF.Max(largest, row[k]); }
            var shifted = logProbabilities.Slice(start, row.Length);
            for (var k = 0; k < row.Length; k++) { shifted[k] = row[k] - largest; }
        }
        logProbabilities.CopyTo(probabilities);
        VectorKernels.Active.Exp(probabilities);
        for (var row = 0; row < entropies.Length; row++) { entropies[row] = Normalise(logProbabilities.Slice(row * actions, actions), probabilities.Slice(row * actions, actions)); }
    }

    /// <summary>Adds, row by row, the gradient of w₁ log π(action) + w₂ H with respect to the logits.</summary>
    /// <param name="logProbabilities">[rows, actions], as <see cref="Distributions"/> wrote them.</param>
    /// <param name="probabilities">[rows, actions], as <see cref="Distributions"/> wrote them.</param>
    /// <param name="entropies">[rows], as <see cref="Distributions"/> wrote them.</param>
    /// <param name="actions">[rows]: the action taken.</param>
    /// <param name="logProbabilityWeights">[rows]: w₁.</param>
    /// <param name="entropyWeight">w₂.</param>
    /// <param name="logitGradients">[rows, actions], added to.</param>
    public static void AddGradients(ReadOnlySpan<float> logProbabilities, ReadOnlySpan<float> probabilities, ReadOnlySpan<float> entropies,
        ReadOnlySpan<float> actions, ReadOnlySpan<float> logProbabilityWeights, float entropyWeight, Span<float> logitGradients)
    {
        var width = logProbabilities.Length / entropies.Length;
        Require(probabilities.Length == logProbabilities.Length && logitGradients.Length == logProbabilities.Length && actions.Length == entropies.Length && logProbabilityWeights.Length == entropies.Length);
        for (var row = 0; row < entropies.Length; row++)
        {
            var (weight, entropy, chosen) = (logProbabilityWeights[row], entropies[row], (int)actions[row]);
            var logs = logProbabilities.Slice(row * width, width);
            var weights = probabilities.Slice(row * width, width);
            var gradient = logitGradients.Slice(row * width, width);
            for (var k = 0; k < gradient.Length; k++)
            {
                // ∂ log π(a) / ∂l_k = [k = a] - π_k;   ∂H / ∂l_k = -π_k (log π_k + H)
                if (weights[k] > 0) { gradient[k] -= weights[k] * (weight + entropyWeight * (logs[k] + entropy)); }
            }
            if (weights[chosen] > 0) { gradient[chosen] += weight; }
        }
    }

    /// <returns>The entropy.</returns>
    private static float Normalise(Span<float> shifted, Span<float> weights)
    {
        var total = 0f;
        for (var k = 0; k < shifted.Length; k++)
        {
            if (shifted[k] <= Impossible) { weights[k] = 0; }
            total += weights[k];
        }
        var (logTotal, inverse, entropy) = (MathF.Log(total), 1 / total, 0f);
        for (var k = 0; k < shifted.Length; k++)
        {
            shifted[k] -= logTotal;
            weights[k] *= inverse;
            entropy -= weights[k] > 0 ? weights[k] * shifted[k] : 0;
        }
        return entropy;
    }

    private static void Require(bool holds)
    {
        if (!holds) { throw new ArgumentException("Logits, probabilities and gradients are [rows, actions]; entropies, actions and weights are [rows]."); }
    }
}
