namespace Bellman.Algorithms;

/// <summary>
/// Makes one value of those that N critics give an action: in targets, and in what the actor climbs. Where the critics disagree, a pessimistic
/// aggregate is low.
/// </summary>
public interface ITargetAggregator
{
    /// <summary>The value, and how it changes with each critic's.</summary>
    /// <param name="values">[critics]: Q_j(s, a).</param>
    /// <param name="slopes">[critics], written: ∂value/∂Q_j; empty where it is not wanted.</param>
    double Combine(ReadOnlySpan<float> values, Span<float> slopes);
}

/// <summary>The ways to combine critics that papers use.</summary>
public static class TargetAggregators
{
    /// <summary>min over all N (An et al. 2021; the pessimism of RAVL).</summary>
    public static ITargetAggregator Minimum { get; } = new MinimumOf(int.MaxValue);

    /// <summary>min over the first two, whatever N (Fujimoto et al. 2018).</summary>
    public static ITargetAggregator MinimumOfTwo { get; } = new MinimumOf(2);

    /// <summary>Mean over N minus c population deviations: a lower confidence bound. c = 0 is the mean.</summary>
    public static ITargetAggregator LowerBound(double deviations) => new MeanLessDeviations(deviations);

    private sealed class MinimumOf(int count) : ITargetAggregator
    {
        public double Combine(ReadOnlySpan<float> values, Span<float> slopes)
        {
            var lowest = 0;
            for (var j = 1; j < Math.Min(count, values.Length); j++)
            {
                // The first critic answers for ties.
                if (values[j] < values[lowest]) { lowest = j; }
            }
            slopes.Clear();
            if (!slopes.IsEmpty) { slopes[lowest] = 1; }
            return values[lowest];
        }
    }

    private sealed class MeanLessDeviations(double c) : ITargetAggregator
    {
        public double Combine(ReadOnlySpan<float> values, Span<float> slopes)
        {
            double mean = 0, squares = 0;
            foreach (var value in values) { mean += (double)value / values.Length; }
            foreach (var value in values) { squares += (value - mean) * (value - mean) / values.Length; }
            var deviation = Math.Sqrt(squares);
            for (var j = 0; j < slopes.Length; j++)
            {
                // ∂σ/∂Q_j = (Q_j - mean)/(N σ)
                slopes[j] = (float)(1.0 / values.Length - (deviation > 0 ? c * (values[j] - mean) / (values.Length * deviation) : 0));
            }
            return mean - c * deviation;
        }
    }
}
