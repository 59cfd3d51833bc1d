namespace Bellman.Papers.SubmodularRl;

/// <summary>From the gains of a batch of trajectories to the weights of their log-probabilities: all variants, one place.</summary>
public static class SubPoCredit
{
    // Where all weights are equal only this is divided by: the gradient is then 0, not NaN.
    private const double SmallestDeviation = 1e-8;

    /// <summary>The weights of the actions.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="gains">[steps, batch]: what each step paid, g_i = F(s_{i+1} | tau_{0:i}).</param>
    /// <param name="firstValues">[batch]: F(s_0), which only <see cref="SubPoWeights.ForwardValue"/> counts.</param>
    /// <param name="weights">[steps, batch], written.</param>
    public static void Weigh(SubPoWeights kind, ReadOnlySpan<double> gains, ReadOnlySpan<double> firstValues, Span<double> weights)
    {
        var batch = firstValues.Length;
        var steps = gains.Length / batch;
        if (gains.Length != steps * batch || weights.Length != gains.Length)
        {
            throw new ArgumentException($"Gains and weights are [steps, batch] for a batch of {batch}; got {gains.Length} and {weights.Length}.", nameof(gains));
        }
        for (var b = 0; b < batch; b++)
        {
            var total = 0.0;
            for (var i = 0; i < steps; i++) { total += gains[i * batch + b]; }
            var soFar = 0.0;
            for (var i = 0; i < steps; i++)
            {
                var gain = gains[i * batch + b];
                weights[i * batch + b] = kind switch
                {
                    // sum_{j >= i} F(s_{j+1} | tau_{0:j}) = F(tau) - F(tau_{0:i})
                    SubPoWeights.RewardToGo => total - soFar,
                    SubPoWeights.FullReturn => total,
                    // F(tau_{0:i+1}) / R_max, R_max = 2 (H + 1)
                    SubPoWeights.ForwardValue => (firstValues[b] + soFar + gain) / (2 * (steps + 2)),
                    _ => gain,
                };
                soFar += gain;
            }
        }
    }

    /// <summary>A_i = (G_i - mean of G_i over the batch) / standard deviation over everything.</summary>
    /// <param name="weights">[steps, batch], replaced.</param>
    /// <param name="batch">Trajectories.</param>
    public static void SubtractBaseline(Span<double> weights, int batch)
    {
        var squares = 0.0;
        for (var start = 0; start < weights.Length; start += batch)
        {
            var row = weights.Slice(start, batch);
            var mean = 0.0;
            foreach (var weight in row) { mean += weight; }
            mean /= batch;
            foreach (ref var weight in row)
            {
                weight -= mean;
                squares += weight * weight;
            }
        }
        var scale = 1 / (Math.Sqrt(squares / weights.Length) + SmallestDeviation);
        foreach (ref var weight in weights) { weight *= scale; }
    }
}
