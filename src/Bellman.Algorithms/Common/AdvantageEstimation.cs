namespace Bellman.Algorithms;

/// <summary>
/// Returns and advantages over segments [time, copies] (foundations 3.1). <c>nextValues[t]</c> is the value of the
/// observation that truly followed step t: the final one where the episode was truncated, never the one after a reset.
/// </summary>
public static class AdvantageEstimation
{
    /// <summary>
    /// Generalised advantage estimation (Schulman et al. 2016, eq. 16).
    /// </summary>
    /// <param name="rewards">[time, copies].</param>
    /// <param name="values">[time, copies], V(s_t).</param>
    /// <param name="nextValues">[time, copies], V of what followed step t.</param>
    /// <param name="terminated">[time, copies]: no bootstrap.</param>
    /// <param name="done">[time, copies]: terminated or truncated, the trace ends.</param>
    /// <param name="copies">Rows that run in parallel.</param>
    /// <param name="gamma">Discount.</param>
    /// <param name="lambda">Trace decay: 0 is one-step, 1 Monte Carlo.</param>
    /// <param name="advantages">[time, copies], written; the returns are advantages + values.</param>
    public static void Generalized(ReadOnlySpan<float> rewards, ReadOnlySpan<float> values, ReadOnlySpan<float> nextValues,
        ReadOnlySpan<bool> terminated, ReadOnlySpan<bool> done, int copies, double gamma, double lambda, Span<float> advantages)
    {
        for (var i = rewards.Length - 1; i >= 0; i--)
        {
            // delta_t = r_t + gamma (1 - terminated_t) V_{t+1} - V_t
            var delta = rewards[i] + (terminated[i] ? 0 : gamma * nextValues[i]) - values[i];
            // A_t = delta_t + gamma lambda (1 - done_t) A_{t+1}
            var following = done[i] || i + copies >= rewards.Length ? 0 : advantages[i + copies];
            advantages[i] = (float)(delta + gamma * lambda * following);
        }
    }

    /// <summary>Discounted returns of one segment: G_t = r_t + gamma (1 - terminated_t) G_{t+1}, G_T = <paramref name="bootstrap"/>.</summary>
    public static void Discounted(ReadOnlySpan<double> rewards, ReadOnlySpan<bool> terminated, double bootstrap, double gamma, Span<double> returns)
    {
        var following = bootstrap;
        for (var t = rewards.Length - 1; t >= 0; t--)
        {
            following = rewards[t] + (terminated[t] ? 0 : gamma * following);
            returns[t] = following;
        }
    }

    /// <summary>
    /// n-step returns of one segment, windows cut at its end: sum_{k&lt;m} gamma^k r_{t+k} + gamma^m V(s_{t+m}), m = min(n, T - t).
    /// </summary>
    /// <param name="rewards">[time].</param>
    /// <param name="values">[time + 1]; the last is the bootstrap, 0 after a terminal step.</param>
    /// <param name="steps">n, at least 1.</param>
    /// <param name="gamma">Discount.</param>
    /// <param name="returns">[time], written.</param>
    public static void MultiStep(ReadOnlySpan<double> rewards, ReadOnlySpan<double> values, int steps, double gamma, Span<double> returns)
    {
        for (var t = 0; t < rewards.Length; t++)
        {
            var end = Math.Min(t + steps, rewards.Length);
            var sum = values[end];
            for (var k = end - 1; k >= t; k--) { sum = rewards[k] + gamma * sum; }
            returns[t] = sum;
        }
    }

    /// <summary>lambda-returns of one segment: G_t = r_t + gamma [(1 - lambda) V_{t+1} + lambda G_{t+1}], last G = V(s_T).</summary>
    public static void Lambda(ReadOnlySpan<double> rewards, ReadOnlySpan<double> values, double gamma, double lambda, Span<double> returns)
    {
        var following = values[rewards.Length];
        for (var t = rewards.Length - 1; t >= 0; t--)
        {
            following = rewards[t] + gamma * ((1 - lambda) * values[t + 1] + lambda * following);
            returns[t] = following;
        }
    }

    /// <summary>Explained variance 1 - Var(y - prediction)/Var(y); NaN if y does not vary.</summary>
    public static double ExplainedVariance(ReadOnlySpan<float> targets, ReadOnlySpan<float> predictions)
    {
        double meanTarget = 0, meanError = 0;
        for (var i = 0; i < targets.Length; i++)
        {
            meanTarget += targets[i];
            meanError += targets[i] - predictions[i];
        }
        meanTarget /= targets.Length;
        meanError /= targets.Length;
        double targetVariance = 0, errorVariance = 0;
        for (var i = 0; i < targets.Length; i++)
        {
            var target = targets[i] - meanTarget;
            var error = targets[i] - predictions[i] - meanError;
            targetVariance += target * target;
            errorVariance += error * error;
        }
        return targetVariance == 0 ? double.NaN : 1 - errorVariance / targetVariance;
    }
}
