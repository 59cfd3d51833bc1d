namespace Bellman.Algorithms;

/// <summary>Losses of learning from a fixed data set (foundations 3.5).</summary>
public static class OfflineLoss
{
    /// <summary>Expectile regression, |τ - 1(u &lt; 0)| u² of u = Q - V, and its derivative with respect to V (Kostrikov et al. 2021, eq. 5).</summary>
    /// <param name="difference">u.</param>
    /// <param name="expectile">τ in (0, 1): above a half, V leans towards the best actions of the data.</param>
    public static (double Loss, double Derivative) Expectile(double difference, double expectile)
    {
        var weight = Math.Abs(expectile - (difference < 0 ? 1 : 0));
        return (weight * difference * difference, -2 * weight * difference);
    }

    /// <summary>min(exp(β A), <paramref name="most"/>): how much an action is imitated that is better than expected by A.</summary>
    public static double AdvantageWeight(double advantage, double inverseTemperature, double most = 100) => Math.Min(Math.Exp(inverseTemperature * advantage), most);

    /// <summary>λ = α / mean |Q|, which no gradient passes (Fujimoto and Gu 2021, eq. 5).</summary>
    public static double ValueScale(ReadOnlySpan<float> values, double weight)
    {
        var total = 0.0;
        foreach (var value in values) { total += Math.Abs(value); }
        return weight / Math.Max(total / values.Length, 1e-8);
    }

    /// <summary>mean (π - a)² over all components. Gradients become <paramref name="scale"/> times what they were, plus its own.</summary>
    public static double Imitation(ReadOnlySpan<float> actions, ReadOnlySpan<float> recorded, float scale, Span<float> gradients)
    {
        var loss = 0.0;
        for (var k = 0; k < actions.Length; k++)
        {
            var difference = actions[k] - recorded[k];
            loss += (double)difference * difference / actions.Length;
            gradients[k] = scale * gradients[k] + 2 * difference / actions.Length;
        }
        return loss;
    }

    /// <summary>
    /// logsumexp of (value - log of the density it was drawn with) over drawn actions, minus the value of the recorded one (Kumar et al. 2020,
    /// eq. 4, importance-sampled). The number of draws is not divided by.
    /// </summary>
    /// <param name="values">[draws]: Q(s, a_i).</param>
    /// <param name="logDensities">[draws].</param>
    /// <param name="recorded">Q(s, a) of the data.</param>
    /// <param name="shares">[draws], written: the derivative with respect to each value; that with respect to the recorded one is -1.</param>
    public static double ConservativeGap(ReadOnlySpan<float> values, ReadOnlySpan<float> logDensities, double recorded, Span<float> shares)
    {
        var largest = double.NegativeInfinity;
        for (var i = 0; i < values.Length; i++) { largest = Math.Max(largest, values[i] - logDensities[i]); }
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            var weight = Math.Exp(values[i] - logDensities[i] - largest);
            shares[i] = (float)weight;
            sum += weight;
        }
        foreach (ref var share in shares) { share = (float)(share / sum); }
        return largest + Math.Log(sum) - recorded;
    }

    /// <summary>α' α (gap - τ): the conservative term in Lagrange form, which critics lower and α' raises (Kumar et al. 2020, appendix F).</summary>
    public static double Lagrange(double multiplier, double weight, double gap, double target) => multiplier * weight * (gap - target);
}
