using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="Td3"/>.</summary>
public sealed record Td3Options : ContinuousControlOptions
{
    /// <summary>The defaults of the paper.</summary>
    public Td3Options() => Noise = ExplorationNoise.Gaussian;

    /// <summary>Critic updates per update of the actor and the targets.</summary>
    [Description("Critic updates per update of the actor and of all targets; larger lets values settle before the policy follows them.")]
    [Range(1, 1_000)]
    public int PolicyDelay { get; init; } = 2;

    /// <summary>Deviation of the noise on the target's actions.</summary>
    [Description("Deviation of the noise on the target's actions; larger smooths values over neighbouring actions.")]
    [Range(0.0, 2.0)]
    public double TargetNoise { get; init; } = 0.2;

    /// <summary>Bound on that noise.</summary>
    [Description("Bound on that noise, so that smoothed actions stay near.")]
    [Range(0.0, 2.0)]
    public double TargetNoiseClip { get; init; } = 0.5;
}

/// <summary>Options of <see cref="Ddpg"/>.</summary>
public sealed record DdpgOptions : ContinuousControlOptions
{
    /// <summary>Ornstein-Uhlenbeck noise of deviation 0.2 per unit of time, as in the paper.</summary>
    public DdpgOptions()
    {
        Noise = ExplorationNoise.OrnsteinUhlenbeck;
        NoiseScale = 0.2;
        NoiseTimeStep = 1;
    }
}
