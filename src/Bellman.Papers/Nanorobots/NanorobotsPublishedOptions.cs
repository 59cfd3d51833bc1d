using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Environments.Chemotaxis;

namespace Bellman.Papers.Nanorobots;

/// <summary>The published mode: the author's constants. Learning rate and near speed, one number there, are two here.</summary>
public sealed record NanorobotsPublishedOptions : IValidatableObject
{
    /// <summary>Learning rate.</summary>
    [Description("Learning rate of the 2 x 2 table.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Alpha { get; init; } = 0.5;

    /// <summary>Discount.</summary>
    [Description("Discount of the next step's value.")]
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Gamma { get; init; } = 0.9;

    /// <summary>Share of random actions.</summary>
    [Description("Share of random actions; 1 takes the table's say away.")]
    [Range(0.0, 1.0)]
    public double Epsilon { get; init; } = 0.1;

    /// <summary>Frames of the animation.</summary>
    [Description("Steps after which a run ends without success.")]
    [Range(1, 1_000_000)]
    public int Horizon { get; init; } = 1000;

    /// <summary>Obstacles in the box.</summary>
    [Description("Obstacles in the box.")]
    [Range(0, 100_000)]
    public int Obstacles { get; init; } = 10;

    /// <summary>Distance of an obstacle below which it pushes.</summary>
    [Description("Distance below which an obstacle pushes the robot's target away.")]
    [Range(0.0, 100.0)]
    public double ObstacleRadius { get; init; } = 1;

    /// <summary>d_learn, which separates the phases.</summary>
    [Description("Distance that separates the far phase from the near phase.")]
    [Range(0.0, 1000.0, MinimumIsExclusive = true)]
    public double LearnDistance { get; init; } = 8;

    /// <summary>d_stop, below which the cell is found.</summary>
    [Description("Distance below which the cell is found.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double StopDistance { get; init; } = 0.5;

    /// <summary>Step length of the far phase.</summary>
    [Description("Step length of the far phase.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double FarStep { get; init; } = 0.5;

    /// <summary>k of the near step length k / (d + 0.1).</summary>
    [Description("k of the near step length k/(d + 0.1), which may overshoot.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double NearSpeed { get; init; } = 0.5;

    /// <summary>Whether the nearest particle is found through exp(-x^2), which underflows.</summary>
    [Description("Finds the nearest particle as the program does, through exp(-x^2), which is 0 beyond 27.3 and then picks the first particle.")]
    public bool PublishedUnderflow { get; init; } = true;

    /// <summary>Robots of the swarm variant.</summary>
    [Description("Robots of the swarm (swarm only).")]
    [Range(1, 10_000)]
    public int Robots { get; init; } = 15;

    /// <summary>Cells of the swarm variant.</summary>
    [Description("Cells that the swarm follows (swarm only).")]
    [Range(1, 1_000)]
    public int Cells { get; init; } = 2;

    /// <summary>The world these options ask for: cells walk out of the box if they like.</summary>
    public ChemotaxisOptions World => new()
    {
        Obstacles = Obstacles,
        ObstacleRadius = ObstacleRadius,
        BlockedDistance = Math.Max(1.5, ObstacleRadius),
        NearDistance = LearnDistance,
        CaptureDistance = StopDistance,
        CellsStayInBox = false,
    };

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (StopDistance >= LearnDistance)
        {
            yield return new ValidationResult($"stopDistance is {StopDistance} and learnDistance {LearnDistance}; set stopDistance below learnDistance.");
        }
    }
}
