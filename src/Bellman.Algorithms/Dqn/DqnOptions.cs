using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="Dqn"/>.</summary>
public sealed record DqnOptions : NeuralOptions, IValidatableObject
{
    /// <summary>Defaults that suit small tasks.</summary>
    public DqnOptions()
    {
        Hidden = [128, 128];
        Activation = Activation.Relu;
        LearningRate = 1e-3;
        MaximumGradientNorm = 10;
    }

    /// <summary>Transitions that replay holds.</summary>
    [Description("Transitions that replay holds; a larger buffer forgets more slowly.")]
    [Range(1, 100_000_000)]
    public int BufferSize { get; init; } = 100_000;

    /// <summary>Transitions in a batch.</summary>
    [Description("Transitions in a batch; larger gives steadier and costlier updates.")]
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 64;

    /// <summary>Environment steps before the first update.</summary>
    [Description("Environment steps, taken at random, before the first update.")]
    [Range(0, 100_000_000)]
    public int LearningStarts { get; init; } = 1_000;

    /// <summary>Environment steps per update.</summary>
    [Description("Environment steps per gradient update, over all copies together; smaller reuses data more.")]
    [Range(1, 1_000_000)]
    public int TrainEvery { get; init; } = 2;

    /// <summary>Gradient updates between copies into the target network.</summary>
    [Description("Gradient updates between copies of the network into the target network; larger is steadier and slower.")]
    [Range(1, 100_000_000)]
    public int TargetEvery { get; init; } = 128;

    /// <summary>Whether the online network chooses the target's action.</summary>
    [Description("Double DQN: the online network chooses the action that the target network values; removes overestimation.")]
    public bool DoubleQ { get; init; } = true;

    /// <summary>Probability of a random action at the start.</summary>
    [Description("Probability of a random action at the start.")]
    [Range(0.0, 1.0)]
    public double InitialEpsilon { get; init; } = 1;

    /// <summary>Probability of a random action in the end.</summary>
    [Description("Probability of a random action once exploration has been reduced.")]
    [Range(0.0, 1.0)]
    public double FinalEpsilon { get; init; } = 0.04;

    /// <summary>Share of the run over which exploration is reduced.</summary>
    [Description("Share of the run over which the probability of a random action falls linearly.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double ExplorationFraction { get; init; } = 0.16;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BufferSize < BatchSize)
        {
            yield return new ValidationResult($"bufferSize {BufferSize} is smaller than batchSize {BatchSize}. Raise bufferSize or lower batchSize.");
        }
    }
}
