using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="Ppo"/>.</summary>
public sealed record PpoOptions : NeuralOptions, IValidatableObject
{
    /// <summary>Defaults that suit small tasks.</summary>
    public PpoOptions()
    {
        Copies = 8;
        LearningRate = 5e-4;
    }

    /// <summary>Steps each copy takes between updates, T.</summary>
    [Description("Steps each copy takes between updates; longer segments have less biased advantages and rarer updates.")]
    [Range(1, 1_000_000)]
    public int RolloutSteps { get; init; } = 128;

    /// <summary>Passes over each rollout.</summary>
    [Description("Passes over each rollout; more reuse data better until the policy leaves the clip range. Usually 3 to 10.")]
    [Range(1, 1000)]
    public int Epochs { get; init; } = 10;

    /// <summary>Parts each pass is split into.</summary>
    [Description("Mini-batches each pass is split into; more take smaller, noisier steps.")]
    [Range(1, 1_000_000)]
    public int Minibatches { get; init; } = 4;

    /// <summary>Trace decay of the advantages.</summary>
    [Description("Trace decay of generalised advantage estimation: 0 trusts the critic, 1 the rewards.")]
    [Range(0.0, 1.0)]
    public double Lambda { get; init; } = 0.95;

    /// <summary>Clip range of the probability ratio.</summary>
    [Description("Clip range of the probability ratio; larger lets a policy move further per rollout. Usually 0.1 to 0.3.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double Clip { get; init; } = 0.2;

    /// <summary>Clip range of the value's change, or none.</summary>
    [Description("Clip range of the value's change per rollout, in units of return; none does not clip.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double? ValueClip { get; init; }

    /// <summary>Weight of the value loss.</summary>
    [Description("Weight of the value loss in the total.")]
    [Range(0.0, 1e6)]
    public double ValueCoefficient { get; init; } = 0.5;

    /// <summary>Weight of the entropy bonus.</summary>
    [Description("Weight of the entropy bonus; larger keeps exploring longer. Usually 0 to 0.02.")]
    [Range(0.0, 1e6)]
    public double EntropyCoefficient { get; init; } = 0.01;

    /// <summary>Whether advantages are normalised in each mini-batch.</summary>
    [Description("Normalise advantages in each mini-batch.")]
    public bool NormalizeAdvantages { get; init; } = true;

    /// <summary>Approximate KL divergence at which a rollout's updates stop, or none.</summary>
    [Description("Leave the remaining epochs, before the step, once the approximate KL divergence exceeds 1.5 times this; none never does.")]
    [Range(0.0, 1e3, MinimumIsExclusive = true)]
    public double? TargetKl { get; init; }

    /// <summary>Whether the learning rate falls linearly to 0.</summary>
    [Description("Let the learning rate fall linearly to 0 over the run.")]
    public bool AnnealLearningRate { get; init; } = true;

    /// <summary>Initial log standard deviation of a Gaussian policy.</summary>
    [Description("Initial log standard deviation of a Gaussian policy, in units of half the action range.")]
    [Range(-20.0, 2.0)]
    public double InitialLogStandardDeviation { get; init; }

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
