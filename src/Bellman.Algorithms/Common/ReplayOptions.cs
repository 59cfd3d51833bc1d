using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>What every algorithm that learns from replay can be told.</summary>
public abstract record ReplayOptions : NeuralOptions, IValidatableObject
{
    /// <summary>Transitions that replay holds.</summary>
    [Description("Transitions that replay holds; a larger buffer forgets more slowly.")]
    [Range(1, 100_000_000)]
    public int BufferSize { get; init; } = 100_000;

    /// <summary>Transitions in a batch.</summary>
    [Description("Transitions in a batch; larger gives steadier and costlier updates.")]
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 64;

    /// <inheritdoc/>
    public virtual IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (BufferSize < BatchSize)
        {
            yield return new ValidationResult($"bufferSize {BufferSize} is smaller than batchSize {BatchSize}. Raise bufferSize or lower batchSize.");
        }
    }
}
