using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="DiscreteSac"/>.</summary>
public sealed record DiscreteSacOptions : OffPolicyOptions, ITemperatureOptions
{
    /// <inheritdoc/>
    [Description("Whether the weight of entropy is learned, so that entropy stays near targetEntropy; false keeps it at temperature.")]
    public bool AutomaticTemperature { get; init; } = true;

    /// <inheritdoc/>
    [Description("Weight of entropy against reward, alpha, at the start; larger explores more. About 0.2 where it is not learned.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Temperature { get; init; } = 1;

    /// <summary>Entropy that the learned temperature aims at; null for 0.98 ln |A|.</summary>
    [Description("Entropy, in nats, that the learned temperature aims at; none takes 0.98 ln(actions), nearly uniform. Larger keeps the policy more random.")]
    [Range(-1e6, 1e6)]
    public double? TargetEntropy { get; init; }
}
