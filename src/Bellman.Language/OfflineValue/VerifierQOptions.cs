using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>How a step verifier learns by Q-learning.</summary>
public sealed record VerifierQOptions
{
    /// <summary>Upper expectile.</summary>
    [Description("Expectile of a state's value over the steps that were taken there: towards 1 the best of them counts.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double Tau { get; init; } = 0.9;

    /// <summary>Lower expectile.</summary>
    [Description("The second, more cautious expectile of the conservative term.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double LowerTau { get; init; } = 0.1;

    /// <summary>Caution.</summary>
    [Description("How far the value that is bootstrapped lies from the upper expectile (0) to the lower one (1): what lies between the two is not trusted.")]
    [Range(0.0, 1.0)]
    public double Conservative { get; init; }

    /// <summary>How fast targets follow.</summary>
    [Description("How fast the target networks follow, a step.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double TargetRate { get; init; } = 0.05;
}
