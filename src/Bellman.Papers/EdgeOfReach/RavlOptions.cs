using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Algorithms;

namespace Bellman.Papers.EdgeOfReach;

/// <summary>How the critics' values become one.</summary>
public enum CriticAggregate
{
    /// <summary>min over all N: the method.</summary>
    Minimum,

    /// <summary>min over the first two, whatever N.</summary>
    MinimumOfTwo,

    /// <summary>Mean minus <see cref="RavlOptions.Deviations"/> deviations.</summary>
    LowerBound,
}

/// <summary>Options of <see cref="Ravl"/>; defaults are the published ones.</summary>
public sealed record RavlOptions : ModelBasedOfflineOptions
{
    /// <summary>Three hidden layers of 256.</summary>
    public RavlOptions() => Hidden = [256, 256, 256];

    /// <summary>N.</summary>
    [Description("Critics, N; more are more pessimistic where rollouts end and nothing was trained. 2 with diversity=0 is the base method without the paper's idea.")]
    [Range(1, 1_000)]
    public int Critics { get; init; } = 10;

    /// <summary>η.</summary>
    [Description("Weight of the term that keeps the critics' gradients in the action apart, eta; larger needs fewer critics. 0 skips it.")]
    [Range(0.0, 1e6)]
    public double Diversity { get; init; } = 1;

    /// <summary>How values become one.</summary>
    [Description("What is made of the critics' values in targets and actor: minimum (of all), minimumOfTwo or lowerBound (mean less deviations).")]
    public CriticAggregate Aggregate { get; init; }

    /// <summary>c of the lower bound.</summary>
    [Description("Deviations that lowerBound takes off the mean; larger is more pessimistic.")]
    [Range(0.0, 1e3)]
    public double Deviations { get; init; } = 2;

    /// <summary>What is taken off rewards, which RAVL does not need.</summary>
    [Description("What is taken off an imagined reward, as MOPO does: none, deviation or disagreement.")]
    public UncertaintyPenalty Penalty { get; init; }

    /// <summary>λ.</summary>
    [Description("Weight of that penalty.")]
    [Range(0.0, 1e6)]
    public double PenaltyWeight { get; init; } = 1;

    /// <inheritdoc/>
    public override IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var problem in base.Validate(validationContext)) { yield return problem; }
        if (Diversity > 0 && Critics < 2) { yield return new ValidationResult($"diversity {Diversity} compares critics, and critics is {Critics}: it would be divided by zero. Raise critics to 2 or more, or set diversity=0."); }
    }

    /// <summary>The critics.</summary>
    internal CriticRules Rules => new(
        Critics,
        Aggregate switch { CriticAggregate.MinimumOfTwo => TargetAggregators.MinimumOfTwo, CriticAggregate.LowerBound => TargetAggregators.LowerBound(Deviations), _ => TargetAggregators.Minimum },
        Diversity, ActorFirst: true, SmallHeads: true);
}
