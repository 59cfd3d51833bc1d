using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Environments;

/// <summary>Options of <see cref="DriftPoint"/>.</summary>
public sealed record DriftPointOptions : IValidatableObject
{
    /// <summary>Lowest coordinate of a start.</summary>
    [Description("Lowest coordinate of a start; with highest the other way round, starts lie around the goal.")]
    [Range(-100.0, 100.0)]
    public double Lowest { get; init; }

    /// <summary>Highest coordinate of a start.</summary>
    [Description("Highest coordinate of a start.")]
    [Range(-100.0, 100.0)]
    public double Highest { get; init; } = 2;

    /// <summary>Deviation of a normal disturbance of every move.</summary>
    [Description("Deviation of a normal disturbance of every move; 0 is deterministic, larger makes returns a matter of luck.")]
    [Range(0.0, 100.0)]
    public double Noise { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Lowest > Highest) { yield return new ValidationResult($"lowest is {Lowest} and highest {Highest}; lowest is at most highest."); }
    }
}
