namespace Bellman.Papers.EdgeOfReach;

/// <summary>
/// What rollouts of k steps reach (section 4 of the paper): a state is within reach if a rollout can act in it, that is at a step t &lt; k, and
/// at the edge of reach if it is met only as the next state of the last step. Values at the edge are bootstrapped from and never trained.
/// </summary>
public static class Reach
{
    /// <summary>The two kinds of states in a finite world.</summary>
    /// <param name="starts">Where rollouts begin.</param>
    /// <param name="successors">Every state that may follow one.</param>
    /// <param name="length">k, at least 1.</param>
    public static (IReadOnlySet<T> Within, IReadOnlySet<T> Edge) Classify<T>(IEnumerable<T> starts, Func<T, IEnumerable<T>> successors, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var within = new HashSet<T>();
        var now = starts.ToHashSet();
        for (var step = 0; step < length; step++)
        {
            within.UnionWith(now);
            now = [.. now.SelectMany(successors)];
        }
        now.ExceptWith(within);
        return (within, now);
    }

    /// <summary>The pessimism of an ensemble at one state and action: mean_j Q_j - min_j Q_j.</summary>
    public static double Penalty(ReadOnlySpan<float> values)
    {
        double mean = 0, lowest = double.PositiveInfinity;
        foreach (var value in values)
        {
            mean += (double)value / values.Length;
            lowest = Math.Min(lowest, value);
        }
        return mean - lowest;
    }
}
