using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="Ppo"/>.</summary>
public record PpoOptions : RolloutOptions, IValidatableObject
{
    /// <summary>Defaults that suit small tasks.</summary>
    public PpoOptions()
    {
        Copies = 8;
        LearningRate = 5e-4;
    }

    /// <summary>Passes over each rollout.</summary>
    [Description("Passes over each rollout; more reuse data better until the policy leaves the clip range. Usually 3 to 10.")]
    [Range(1, 1000)]
    public int Epochs { get; init; } = 10;

    /// <summary>Parts each pass is split into.</summary>
    [Description("Mini-batches each pass is split into; more take smaller, noisier steps.")]
    [Range(1, 1_000_000)]
    public int Minibatches { get; init; } = 4;

    /// <summary>Clip range of the probability ratio.</summary>
    [Description("Clip range of the probability ratio; larger lets a policy move further per rollout. Usually 0.1 to 0.3.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double Clip { get; init; } = 0.2;

    /// <summary>Clip range of the value's change, or none.</summary>
    [Description("Clip range of the value's change per rollout, in units of return; none does not clip.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double? ValueClip { get; init; }

    /// <summary>Approximate KL divergence at which a rollout's updates stop, or none.</summary>
    [Description("Leave the remaining epochs, before the step, once the approximate KL divergence exceeds 1.5 times this; none never does.")]
    [Range(0.0, 1e3, MinimumIsExclusive = true)]
    public double? TargetKl { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Copies * (long)RolloutSteps % Minibatches != 0)
        {
            yield return new ValidationResult(
                $"copies x rolloutSteps = {Copies * (long)RolloutSteps} transitions cannot be split into {Minibatches} equal mini-batches. Change minibatches to a divisor of it.");
        }
    }
}

/// <summary>Options of <see cref="Ppo"/> with a policy that remembers.</summary>
public sealed record RecurrentPpoOptions : PpoOptions
{
    /// <summary>Defaults that suit small tasks.</summary>
    public RecurrentPpoOptions()
    {
        Recurrent = RecurrentCell.Lstm;
        Copies = 16;
        Epochs = 5;
        LearningRate = 1e-3;
    }
}
