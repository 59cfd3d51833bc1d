using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Estimators of KL(pi || reference) from the log-probabilities of tokens that pi drew (Schulman 2020).</summary>
public enum KlEstimator
{
    /// <summary>k1 = l - l_ref: unbiased, of high variance; belongs in the reward.</summary>
    K1,

    /// <summary>k2 = k1^2 / 2: biased in value, but its gradient is that of the KL.</summary>
    K2,

    /// <summary>k3 = e^-k1 + k1 - 1: unbiased and positive, but as a loss its gradient is not that of the KL (another fixed point).</summary>
    K3,

    /// <summary>k2 - sg[k2] + sg[k3]: the value of k3 with the gradient of k2.</summary>
    K3StraightThrough,
}

/// <summary>The divergence from the reference, per token and exactly.</summary>
public static class KullbackLeibler
{
    // e^10 is beyond any step worth taking; clamped, one token cannot overflow a batch.
    private const double Limit = 10;

    /// <summary>The estimate for each token, in nats.</summary>
    /// <param name="estimator">Which.</param>
    /// <param name="logProbabilities">l, of any shape.</param>
    /// <param name="reference">l_ref, of the same shape; no gradient flows into it.</param>
    public static Tensor Estimate(KlEstimator estimator, Tensor logProbabilities, Tensor reference)
    {
        var k1 = logProbabilities - reference.detach();
        if (estimator == KlEstimator.K1) { return k1; }
        var k2 = 0.5 * k1.square();
        if (estimator == KlEstimator.K2) { return k2; }
        // k3 = exp(-k1) + k1 - 1
        var k3 = ((-k1).clamp(-20, 20).exp() + k1 - 1).clamp(-Limit, Limit);
        return estimator == KlEstimator.K3 ? k3 : k2 - k2.detach() + k3.detach();
    }

    /// <summary>Sum over the last axis of p (log p - log q), from log-probabilities.</summary>
    public static Tensor Exact(Tensor logP, Tensor logQ) => (logP.exp() * (logP - logQ)).sum(-1);
}

/// <summary>
/// Keeps the divergence near a target by moving its coefficient: beta &lt;- beta (1 + clip(KL / target - 1, +-0.2) n / horizon)
/// (Ziegler et al. 2019).
/// </summary>
public sealed class AdaptiveKlCoefficient : IStateful
{
    private readonly double target;
    private readonly double horizon;
    private double value;

    /// <summary>A coefficient that starts at <paramref name="initial"/>.</summary>
    /// <param name="initial">At least 0.</param>
    /// <param name="target">The divergence wanted, in the unit in which it is measured; above 0.</param>
    /// <param name="horizon">Samples over which the coefficient can change by 20%; above 0.</param>
    public AdaptiveKlCoefficient(double initial, double target, double horizon = 10_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(initial);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(target);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(horizon);
        (value, this.target, this.horizon) = (initial, target, horizon);
    }

    /// <summary>The coefficient now.</summary>
    public double Value => value;

    /// <summary>Takes in the divergence measured over <paramref name="samples"/> samples.</summary>
    public void Update(double divergence, int samples) =>
        value *= 1 + Math.Clamp(divergence / target - 1, -0.2, 0.2) * samples / horizon;

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Value(nameof(value), ref value);
}
