using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Algorithms;

namespace Bellman.Papers.InformationPrioritization;

/// <summary>What InfoPower adds to a world model and to imagination.</summary>
public sealed record InfoPowerOptions : IValidatableObject
{
    /// <summary>Empowerment that is asked for.</summary>
    [Description("Empowerment that is asked for, c0 in nats: information of the action in the two latents around it. Half of what a long run with a large fixed weight reaches; above the actions' entropy it cannot be met.")]
    [Range(-100.0, 1000.0)]
    public double Target { get; init; } = 0.3;

    /// <summary>λ at the start.</summary>
    [Description("Weight of empowerment at the start, lambda.")]
    [Range(0.0, 1e6)]
    public double Multiplier { get; init; } = 1;

    /// <summary>Step size of dual ascent.</summary>
    [Description("Step size of dual ascent on lambda; larger reacts faster and overshoots. 0 keeps the weight fixed.")]
    [Range(0.0, 1e6)]
    public double MultiplierStepSize { get; init; } = 0.01;

    /// <summary>Bound on λ.</summary>
    [Description("Largest lambda; a constraint that cannot be met stays there.")]
    [Range(0.0, 1e6, MinimumIsExclusive = true)]
    public double MaximumMultiplier { get; init; } = 100;

    /// <summary>Width of the inverse model.</summary>
    [Description("Width of the inverse model's hidden layer.")]
    [Range(1, 4096)]
    public int InverseHidden { get; init; } = 200;

    /// <summary>Weight of the intrinsic reward.</summary>
    [Description("Weight of empowerment as a reward of imagined steps, annealed to zero over half of training.")]
    [Range(0.0, 1000.0)]
    public double RewardWeight { get; init; } = 0.1;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Multiplier > MaximumMultiplier) { yield return new ValidationResult($"multiplier {Multiplier} is above maximumMultiplier {MaximumMultiplier}. Lower it or raise the bound."); }
    }

    /// <summary>Dreamer's options with what InfoPower changes: contrast against a slow copy, a posterior that sees no action.</summary>
    public static DreamerOptions Dreamer { get; } = new() { Objective = ObservationObjective.Contrast, ActionFreePosterior = true, TargetMomentum = 0.99 };
}
