namespace Bellman.Algorithms;

/// <summary>Targets and losses of value-based learning (foundations 3.2). Ties of a maximum go to the lowest index.</summary>
public static class TemporalDifference
{
    /// <summary>y = r + d max_a Q^-(s', a), with d = gamma or 0 after a terminal step (Mnih et al. 2015).</summary>
    public static double Target(double reward, double discount, ReadOnlySpan<float> targetNext) => DoubleTarget(reward, discount, targetNext, targetNext);

    /// <summary>y = r + d Q^-(s', arg max_a Q(s', a)) (van Hasselt et al. 2016).</summary>
    public static double DoubleTarget(double reward, double discount, ReadOnlySpan<float> onlineNext, ReadOnlySpan<float> targetNext) =>
        reward + discount * targetNext[ArgMax(onlineNext)];

    /// <summary>Huber loss of an error and its derivative: quadratic within <paramref name="threshold"/>, kappa, linear beyond.</summary>
    public static (double Loss, double Derivative) Huber(double error, double threshold = 1) =>
        Math.Abs(error) <= threshold ? (0.5 * error * error, error) : (threshold * (Math.Abs(error) - 0.5 * threshold), threshold * Math.Sign(error));

    /// <summary>The lowest index of the largest value.</summary>
    public static int ArgMax(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++) { if (values[i] > values[best]) { best = i; } }
        return best;
    }
}
