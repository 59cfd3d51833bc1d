using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="Sac"/>.</summary>
public record SacOptions : ContinuousControlOptions, ITemperatureOptions
{
    /// <inheritdoc/>
    [Description("Whether the weight of entropy is learned, so that entropy stays near targetEntropy; false keeps it at temperature.")]
    public bool AutomaticTemperature { get; init; } = true;

    /// <inheritdoc/>
    [Description("Weight of entropy against reward, alpha, at the start; larger explores more. About 0.2 where it is not learned.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Temperature { get; init; } = 1;

    /// <summary>Entropy that the learned temperature aims at; null for minus the number of action components.</summary>
    [Description("Entropy, in nats, that the learned temperature aims at; none takes minus the number of action components. Larger keeps the policy more random.")]
    [Range(-1e6, 1e6)]
    public double? TargetEntropy { get; init; }

    /// <summary>How the actor's outputs become log deviations.</summary>
    [Description("How outputs become log deviations: clamp (to [-20, 2]), narrowClamp (to [-5, 2]) or tanh (smoothly into [-5, 2], never nearly deterministic).")]
    public LogDeviationBound DeviationBound { get; init; }
}

/// <summary>What an algorithm with an entropy temperature can be told.</summary>
public interface ITemperatureOptions
{
    /// <summary>Whether the temperature is learned.</summary>
    bool AutomaticTemperature { get; }

    /// <summary>The temperature at the start.</summary>
    double Temperature { get; }
}
