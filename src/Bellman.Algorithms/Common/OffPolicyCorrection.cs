namespace Bellman.Algorithms;

/// <summary>
/// Targets for one segment that another policy collected: what was sampled too often or too rarely counts less or more
/// (foundations 3.1). Discounts are per step, gamma or 0 where the task ended.
/// </summary>
public static class OffPolicyCorrection
{
    /// <summary>
    /// V-trace (Espeholt et al. 2018, eq. 1) with trace decay: v_t = V_t + rho_t delta_t + gamma_t c_t (v_{t+1} - V_{t+1}), with
    /// rho_t = min(clip, ratio), c_t = lambda min(1, ratio), delta_t = r_t + gamma_t V_{t+1} - V_t.
    /// </summary>
    /// <param name="rewards">[time].</param>
    /// <param name="values">[time + 1].</param>
    /// <param name="ratios">[time]: pi(a|s) / mu(a|s).</param>
    /// <param name="discounts">[time].</param>
    /// <param name="lambda">Trace decay, 0 to 1.</param>
    /// <param name="clip">Bound on the ratio of a target's own step; above 0.</param>
    /// <param name="policyClip">Bound on the ratio of the policy gradient.</param>
    /// <param name="targets">[time], written: v_t.</param>
    /// <param name="advantages">[time], written: min(policyClip, ratio) (r_t + gamma_t (lambda v_{t+1} + (1 - lambda) V_{t+1}) - V_t).</param>
    public static void VTrace(ReadOnlySpan<double> rewards, ReadOnlySpan<double> values, ReadOnlySpan<double> ratios, ReadOnlySpan<double> discounts,
        double lambda, double clip, double policyClip, Span<double> targets, Span<double> advantages)
    {
        // What follows the segment is its bootstrap value, which is not corrected.
        var following = values[rewards.Length];
        for (var t = rewards.Length - 1; t >= 0; t--)
        {
            var bootstrap = t == rewards.Length - 1 ? following : lambda * following + (1 - lambda) * values[t + 1];
            advantages[t] = Math.Min(policyClip, ratios[t]) * (rewards[t] + discounts[t] * bootstrap - values[t]);
            var delta = rewards[t] + discounts[t] * values[t + 1] - values[t];
            following = targets[t] = values[t] + Math.Min(clip, ratios[t]) * delta + discounts[t] * lambda * Math.Min(1, ratios[t]) * (following - values[t + 1]);
        }
    }

    /// <summary>
    /// Retrace and its relatives (Munos et al. 2016): G_t = r_t + gamma_t [E Q(s_{t+1}, .) - c_{t+1} Q(s_{t+1}, a_{t+1}) + c_{t+1} G_{t+1}];
    /// the last step takes the expectation alone.
    /// </summary>
    /// <param name="rewards">[time].</param>
    /// <param name="expectedValues">[time]: sum over a of pi(a|s_{t+1}) Q(s_{t+1}, a).</param>
    /// <param name="actionValues">[time - 1]: Q(s_{t+1}, a_{t+1}).</param>
    /// <param name="traces">[time - 1]: c_{t+1}; see <see cref="RetraceCoefficient"/>, or pi(a_{t+1}|s_{t+1}) for the tree backup.</param>
    /// <param name="discounts">[time].</param>
    /// <param name="returns">[time], written.</param>
    public static void Retrace(ReadOnlySpan<double> rewards, ReadOnlySpan<double> expectedValues, ReadOnlySpan<double> actionValues, ReadOnlySpan<double> traces,
        ReadOnlySpan<double> discounts, Span<double> returns)
    {
        for (var t = rewards.Length - 1; t >= 0; t--)
        {
            var following = expectedValues[t];
            if (t < rewards.Length - 1) { following += traces[t] * (returns[t + 1] - actionValues[t]); }
            returns[t] = rewards[t] + discounts[t] * following;
        }
    }

    /// <summary>c = lambda min(1, pi / mu), which keeps Retrace safe whatever the behaviour was.</summary>
    public static double RetraceCoefficient(double probability, double behaviourProbability, double lambda) => lambda * Math.Min(1, probability / behaviourProbability);
}
