using static TorchSharp.torch;

namespace Bellman.Algorithms;

/// <summary>A diagonal Gaussian over the stochastic state.</summary>
/// <param name="Mean">[..., stochastic].</param>
/// <param name="Deviation">[..., stochastic], above 0.</param>
public sealed record LatentGaussian(Tensor Mean, Tensor Deviation)
{
    /// <summary>The least deviation.</summary>
    public const double Floor = 0.1;

    /// <summary>From a head's outputs [..., 2 stochastic]: deviation = softplus(.) + 0.1.</summary>
    public static LatentGaussian Of(Tensor outputs)
    {
        var halves = outputs.chunk(2, -1);
        return new LatentGaussian(halves[0], nn.functional.softplus(halves[1], 1, 20) + Floor);
    }

    /// <summary>mean + deviation noise; the mean without noise.</summary>
    public Tensor Sample(Tensor? noise) => noise is null ? Mean : Mean + Deviation * noise;

    /// <summary>KL(this || other), summed over the numbers of a state: [...].</summary>
    public Tensor Divergence(LatentGaussian other)
    {
        // ln(s_q / s_p) + (s_p^2 + (m_p - m_q)^2) / (2 s_q^2) - 1/2
        var difference = Mean - other.Mean;
        return (other.Deviation.log() - Deviation.log() + (Deviation * Deviation + difference * difference) / (2 * other.Deviation * other.Deviation) - 0.5).sum(-1);
    }
}

/// <summary>A latent state s = [h, z].</summary>
/// <param name="Deterministic">h, [rows, deterministic].</param>
/// <param name="Stochastic">z, [rows, stochastic].</param>
public sealed record LatentState(Tensor Deterministic, Tensor Stochastic)
{
    /// <summary>[rows, deterministic + stochastic]: what heads read.</summary>
    public Tensor Features => cat([Deterministic, Stochastic], -1);

    /// <summary>The same numbers without a past.</summary>
    public LatentState Detached => new(Deterministic.detach(), Stochastic.detach());
}
