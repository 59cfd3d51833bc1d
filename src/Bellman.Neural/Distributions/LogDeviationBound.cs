namespace Bellman.Neural;

/// <summary>How a network's output becomes a log standard deviation that can neither vanish nor explode.</summary>
public enum LogDeviationBound
{
    /// <summary>ln σ = clamp(x, -20, 2); no gradient outside (Haarnoja et al. 2018, their code).</summary>
    Clamp,

    /// <summary>ln σ = -5 + 3.5 (tanh x + 1), within [-5, 2]; a gradient everywhere.</summary>
    Tanh,

    /// <summary>ln σ = clamp(x, -5, 2); no gradient outside (An et al. 2021, their code).</summary>
    NarrowClamp,
}
