namespace Bellman.Algorithms;

/// <summary>
/// QR-DQN (Dabney et al. 2018a, algorithm 1): the network writes the returns theta_i at the probabilities
/// tau_i = (i + 1/2)/N; the loss is quantile regression with a Huber rounding.
/// </summary>
public sealed class QuantileReturn : ReturnModel
{
    private readonly ReadOnlyMemory<float> probabilities;
    private readonly float[] targets;
    private readonly float threshold;

    /// <summary>A return of <paramref name="count"/> quantiles.</summary>
    /// <param name="count">N, at least 1.</param>
    /// <param name="threshold">kappa, at least 0; at 0 the loss is the plain absolute one.</param>
    /// <exception cref="UsageException">An argument is out of range.</exception>
    public QuantileReturn(int count, double threshold = 1) : this(Midpoints(count), threshold) { }

    /// <summary>A return of the quantiles at <paramref name="probabilities"/>, which may change between calls (IQN, Dabney et al. 2018b, eq. 3).</summary>
    /// <param name="probabilities">tau, at least one.</param>
    /// <param name="threshold">kappa, at least 0.</param>
    /// <exception cref="UsageException">An argument is out of range.</exception>
    public QuantileReturn(ReadOnlyMemory<float> probabilities, double threshold)
    {
        if (probabilities.Length < 1 || !(threshold >= 0 && double.IsFinite(threshold)))
        {
            throw new UsageException($"A quantile return needs at least one quantile and a finite threshold from 0 up; got {probabilities.Length} and {threshold}.");
        }
        this.threshold = (float)threshold;
        this.probabilities = probabilities;
        targets = new float[probabilities.Length];
    }

    /// <inheritdoc/>
    public override int Width => probabilities.Length;

    /// <inheritdoc/>
    public override PolicyReadout Readout(int actions) => new DistributionReadout(actions, Width, Atoms: null);

    /// <inheritdoc/>
    public override float Mean(ReadOnlySpan<float> outputs)
    {
        var sum = 0f;
        foreach (var quantile in outputs) { sum += quantile; }
        return sum / outputs.Length;
    }

    /// <summary>Quantile regression towards r + d theta'; the error is the difference of the means.</summary>
    /// <inheritdoc/>
    public override (double Loss, double Error) Learn(ReadOnlySpan<float> predicted, double reward, double discount, ReadOnlySpan<float> next, Span<float> gradient)
    {
        for (var j = 0; j < targets.Length; j++) { targets[j] = (float)(reward + discount * next[j]); }
        return (Loss(predicted, targets, gradient), Mean(predicted) - Mean(targets));
    }

    /// <summary>sum_i mean_j |tau_i - 1(u_ij &lt; 0)| Huber_kappa(u_ij)/kappa with u_ij = target_j - theta_i, and its gradient in theta.</summary>
    /// <param name="quantiles">[N], theta.</param>
    /// <param name="targets">Any number of samples of the target.</param>
    /// <param name="gradient">[N], written.</param>
    public double Loss(ReadOnlySpan<float> quantiles, ReadOnlySpan<float> targets, Span<float> gradient)
    {
        var (loss, inverse) = (0.0, threshold > 0 ? 1 / threshold : 0);
        var tau = probabilities.Span;
        for (var i = 0; i < quantiles.Length; i++)
        {
            float theta = quantiles[i], above = tau[i], below = 1 - above;
            float sum = 0, slope = 0;
            foreach (var target in targets)
            {
                var error = target - theta;
                var weight = error < 0 ? below : above;
                var distance = MathF.Abs(error);
                if (distance <= threshold)
                {
                    sum += weight * 0.5f * error * error * inverse;
                    slope += weight * error * inverse;
                }
                else
                {
                    sum += weight * (distance - 0.5f * threshold);
                    slope += MathF.CopySign(weight, error);
                }
            }
            loss += sum / targets.Length;
            // du/dtheta = -1; at kappa = 0 and u = 0 the slope is that of the lower side.
            gradient[i] = -slope / targets.Length;
        }
        return loss;
    }

    private static float[] Midpoints(int count) => [.. Enumerable.Range(0, Math.Max(0, count)).Select(i => (i + 0.5f) / count)];
}
