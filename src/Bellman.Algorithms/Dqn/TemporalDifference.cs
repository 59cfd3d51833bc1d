namespace Bellman.Algorithms;

/// <summary>Targets and losses of value-based learning (foundations 3.2). Ties of a maximum go to the lowest index.</summary>
public static class TemporalDifference
{
    /// <summary>y = r + gamma (1 - terminated) max_a Q^-(s', a) (Mnih et al. 2015).</summary>
    public static double Target(double reward, bool terminated, double gamma, ReadOnlySpan<float> targetNext) =>
        reward + (terminated ? 0 : gamma * targetNext[ArgMax(targetNext)]);

    /// <summary>y = r + gamma (1 - terminated) Q^-(s', arg max_a Q(s', a)) (van Hasselt et al. 2016).</summary>
    public static double DoubleTarget(double reward, bool terminated, double gamma, ReadOnlySpan<float> onlineNext, ReadOnlySpan<float> targetNext) =>
        reward + (terminated ? 0 : gamma * targetNext[ArgMax(onlineNext)]);

    /// <summary>Huber loss with kappa = 1 of an error and its derivative: quadratic within 1, linear beyond.</summary>
    public static (double Loss, double Derivative) Huber(double error) =>
        Math.Abs(error) <= 1 ? (0.5 * error * error, error) : (Math.Abs(error) - 0.5, Math.Sign(error));

    /// <summary>The lowest index of the largest value.</summary>
    public static int ArgMax(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++) { if (values[i] > values[best]) { best = i; } }
        return best;
    }
}
