using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="Dreamer"/>.</summary>
public sealed record DreamerOptions : WorldModelOptions, IValidatableObject
{
    /// <summary>Steps that replay holds.</summary>
    [Description("Steps that replay holds, over all copies; pictures are kept as they were seen, four bytes a number.")]
    [Range(100, 100_000_000)]
    public int BufferSize { get; init; } = 100_000;

    /// <summary>Environment steps at random before learning starts.</summary>
    [Description("Environment steps, taken at random, before the first update.")]
    [Range(0, 100_000_000)]
    public int LearningStarts { get; init; } = 1_000;

    /// <summary>Environment steps per update.</summary>
    [Description("Environment steps, over all copies together, per update; Dreamer makes 100 updates after an episode of 500 decisions.")]
    [Range(1, 1_000_000)]
    public int TrainEvery { get; init; } = 5;

    /// <summary>Steps imagined ahead.</summary>
    [Description("Steps imagined ahead from every state of a batch, H; longer ones plan further on a model that is less sure.")]
    [Range(1, 1_000)]
    public int Horizon { get; init; } = 15;

    /// <summary>λ of the imagined returns.</summary>
    [Description("Mixes imagined rewards and values, lambda: 0 trusts the next state's value, 1 the imagined rewards up to the horizon.")]
    [Range(0.0, 1.0)]
    public double Lambda { get; init; } = 0.95;

    /// <summary>Adam's step size for the actor.</summary>
    [Description("Adam's step size for the actor.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double ActorLearningRate { get; init; } = 8e-5;

    /// <summary>Adam's step size for the value.</summary>
    [Description("Adam's step size for the value.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double ValueLearningRate { get; init; } = 8e-5;

    /// <summary>Hidden layers of actor and value.</summary>
    [Description("Hidden layers of actor, value and the heads for reward and continuation.")]
    [Range(1, 8)]
    public int HeadLayers { get; init; } = 2;

    /// <summary>Deviation of the noise while collecting.</summary>
    [Description("Deviation of the noise added to actions in [-1, 1] while collecting.")]
    [Range(0.0, 10.0)]
    public double NoiseScale { get; init; } = 0.3;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BufferSize < 2 * SequenceLength * Copies)
        {
            yield return new ValidationResult($"bufferSize {BufferSize} is too small for sequences of {SequenceLength} steps from {Copies} copies. Raise it to {2 * SequenceLength * Copies} or more.");
        }
        if (TargetMomentum > 0 && Objective == ObservationObjective.Contrast && !ActionFreePosterior)
        {
            yield return new ValidationResult("targetMomentum above 0 needs actionFreePosterior=true: the copy encodes single observations. Set it, or targetMomentum=0.");
        }
    }
}
