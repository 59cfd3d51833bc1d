using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="RlpdLearner"/>; <see cref="OffPolicyOptions.UpdatesPerRound"/> is the update-to-data ratio.</summary>
public record RlpdOptions : ContinuousControlOptions, ITemperatureOptions
{
    /// <summary>The paper's widths and normalised critics.</summary>
    public RlpdOptions()
    {
        Hidden = [256, 256, 256];
        CriticLayerNorm = true;
    }

    /// <summary>E.</summary>
    [Description("Critics, E; more make the values of the random subset's minimum more varied, and cost more.")]
    [Range(1, 1_000)]
    public int Critics { get; init; } = 10;

    /// <summary>Critics whose minimum is the target.</summary>
    [Description("Critics drawn anew for each target, whose minimum counts; at most all. Larger is more pessimistic.")]
    [Range(1, 1_000)]
    public int Subset { get; init; } = 2;

    /// <summary>Whether the target has the entropy's term.</summary>
    [Description("Whether targets add the entropy of the next action, as in soft actor-critic.")]
    public bool EntropyBackup { get; init; }

    /// <inheritdoc/>
    [Description("Whether the weight of entropy is learned, so that entropy stays near targetEntropy; false keeps it at temperature.")]
    public bool AutomaticTemperature { get; init; } = true;

    /// <inheritdoc/>
    [Description("Weight of entropy at the start.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double Temperature { get; init; } = 1;

    /// <summary>Entropy that the learned temperature aims at; null for minus half the number of action components.</summary>
    [Description("Entropy, in nats, that the learned temperature aims at; none takes minus half the number of action components.")]
    [Range(-1e6, 1e6)]
    public double? TargetEntropy { get; init; }
}
