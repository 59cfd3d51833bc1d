namespace Bellman.Algorithms;

/// <summary>Losses and penalties of Gaussian dynamics ensembles (Chua et al. 2018; Janner et al. 2019; Yu et al. 2020).</summary>
public static class EnsembleLoss
{
    /// <summary>Weight of Σ l_max - Σ l_min, which keeps the bounds of log variances tight.</summary>
    public const double BoundWeight = 0.01;

    /// <summary>A log variance between learned bounds, and its derivatives.</summary>
    /// <param name="Value">l.</param>
    /// <param name="ByRaw">∂l/∂raw.</param>
    /// <param name="ByMaximum">∂l/∂l_max.</param>
    /// <param name="ByMinimum">∂l/∂l_min.</param>
    public readonly record struct Clamped(double Value, double ByRaw, double ByMaximum, double ByMinimum);

    /// <summary>u = l_max - softplus(l_max - raw), then l = l_min + softplus(u - l_min).</summary>
    public static Clamped Clamp(double raw, double maximum, double minimum)
    {
        var upper = maximum - Softplus(maximum - raw);
        var (below, above) = (Sigmoid(maximum - raw), Sigmoid(upper - minimum));
        return new Clamped(minimum + Softplus(upper - minimum), above * below, above * (1 - below), 1 - above);
    }

    /// <summary>(y - m)² exp(-l) + l of one output, and its derivatives with respect to m and l.</summary>
    public static (double Loss, double ByMean, double ByLogVariance) Member(double mean, double logVariance, double target)
    {
        var precision = Math.Exp(-logVariance);
        var difference = mean - target;
        var squared = difference * difference * precision;
        return (squared + logVariance, 2 * difference * precision, 1 - squared);
    }

    /// <summary>max over members of ‖σ_j‖, MOPO's penalty.</summary>
    /// <param name="deviations">[members, outputs]: standard deviations, that of the reward included.</param>
    /// <param name="members">Rows.</param>
    public static double LargestDeviation(ReadOnlySpan<float> deviations, int members)
    {
        var outputs = deviations.Length / members;
        var largest = 0.0;
        for (var member = 0; member < members; member++)
        {
            var squared = 0.0;
            foreach (var deviation in deviations.Slice(member * outputs, outputs)) { squared += (double)deviation * deviation; }
            largest = Math.Max(largest, squared);
        }
        return Math.Sqrt(largest);
    }

    /// <summary>max over members of ‖μ_j - mean of all μ‖, the variant that asks how much the members disagree.</summary>
    /// <param name="means">[members, outputs].</param>
    /// <param name="members">Rows.</param>
    public static double Disagreement(ReadOnlySpan<float> means, int members)
    {
        var outputs = means.Length / members;
        var largest = 0.0;
        for (var member = 0; member < members; member++)
        {
            var squared = 0.0;
            for (var k = 0; k < outputs; k++)
            {
                var centre = 0.0;
                for (var other = 0; other < members; other++) { centre += means[other * outputs + k] / (double)members; }
                squared += Math.Pow(means[member * outputs + k] - centre, 2);
            }
            largest = Math.Max(largest, squared);
        }
        return Math.Sqrt(largest);
    }

    private static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
