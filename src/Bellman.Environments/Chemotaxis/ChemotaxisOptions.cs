using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Environments.Chemotaxis;

/// <summary>How a robot finds the direction in which the concentration rises.</summary>
public enum ChemotaxisSensing
{
    /// <summary>It knows where the nearest biomarker particle is.</summary>
    Particles,

    /// <summary>It compares the concentration at six points around it; no particle's position is needed.</summary>
    Gradient,
}

/// <summary>
/// The chemotaxis world's constants: lengths in arbitrary units, no physiological meaning. Defaults are the published
/// program's, except that obstacles number 200 (10 are too few to be met).
/// </summary>
public sealed record ChemotaxisOptions : IValidatableObject
{
    /// <summary>Half the box's edge.</summary>
    [Description("Half the edge of the box; a larger box makes the cell farther to find.")]
    [Range(5.0, 1000.0)]
    public double HalfEdge { get; init; } = 50;

    /// <summary>Standard deviation of the cell's walk, per axis and step.</summary>
    [Description("Standard deviation of the cell's walk per axis and step; a larger one makes it harder to catch.")]
    [Range(0.0, 10.0)]
    public double CellDeviation { get; init; } = 0.2;

    /// <summary>Whether the cell is kept inside the box.</summary>
    [Description("Keeps the cell inside the box; the published program lets it leave.")]
    public bool CellsStayInBox { get; init; } = true;

    /// <summary>Particles around each cell.</summary>
    [Description("Biomarker particles around each cell; more make the concentration steadier and steps slower.")]
    [Range(1, 100_000)]
    public int Biomarkers { get; init; } = 50;

    /// <summary>Half the edge of the cube of particles around a cell.</summary>
    [Description("Half the edge of the cube around the cell in which its biomarkers lie.")]
    [Range(0.0, 100.0)]
    public double BiomarkerSpread { get; init; } = 5;

    /// <summary>R of the concentration.</summary>
    [Description("R: the length over which the concentration falls off; a larger one carries the signal farther.")]
    [Range(0.0, 10_000.0, MinimumIsExclusive = true)]
    public double ConcentrationRadius { get; init; } = 40;

    /// <summary>Obstacles drawn at a reset.</summary>
    [Description("Spherical obstacles drawn at a reset; those on top of a robot's start are left out.")]
    [Range(0, 100_000)]
    public int Obstacles { get; init; } = 200;

    /// <summary>Closest a robot may come to an obstacle's centre.</summary>
    [Description("Radius of an obstacle: a move that ends closer to its centre is cancelled and counts as a collision.")]
    [Range(0.0, 100.0)]
    public double ObstacleRadius { get; init; } = 1;

    /// <summary>Distance to an obstacle's centre below which the robot counts as blocked.</summary>
    [Description("Distance to an obstacle's centre below which the robot notices it (blocked).")]
    [Range(0.0, 100.0)]
    public double BlockedDistance { get; init; } = 1.5;

    /// <summary>d_learn: up to here the cell's bearing is known.</summary>
    [Description("Distance up to which receptors touch the cell and its bearing is known (near).")]
    [Range(0.0, 1000.0, MinimumIsExclusive = true)]
    public double NearDistance { get; init; } = 8;

    /// <summary>d_stop: below this the cell is captured.</summary>
    [Description("Distance below which the cell is captured; robots start at least 1 away from it.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double CaptureDistance { get; init; } = 0.5;

    /// <summary>Step length while far.</summary>
    [Description("Step length while far from the cell.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double FarStep { get; init; } = 0.5;

    /// <summary>The constant k of the near step length min(far step, k / (d + 0.1)).</summary>
    [Description("k of the near step length min(far step, k/(d + 0.1)); a larger one closes in faster.")]
    [Range(0.0, 10.0, MinimumIsExclusive = true)]
    public double NearSpeed { get; init; } = 0.5;

    /// <summary>How the direction to the biomarkers is sensed.</summary>
    [Description("particles: the nearest particle's position is known; gradient: six concentration readings instead.")]
    public ChemotaxisSensing Sensing { get; init; } = ChemotaxisSensing.Particles;

    /// <summary>Standard deviation of each reading of ln c.</summary>
    [Description("Standard deviation of each reading of the logarithm of the concentration; larger drowns the signal.")]
    [Range(0.0, 100.0)]
    public double SensorNoise { get; init; }

    /// <summary>Whether the shaping reward is clipped to [-1, 1].</summary>
    [Description("Clips the shaping reward to [-1, 1]; without it near readings outweigh far ones.")]
    public bool ClipShaping { get; init; } = true;

    /// <summary>Rise of ln c worth a far reward of 1.</summary>
    [Description("Rise of ln c in one move that earns a shaping reward of 1 while far.")]
    [Range(0.0, 100.0, MinimumIsExclusive = true)]
    public double FarScale { get; init; } = 0.005;

    /// <summary>Approach worth a near reward of 1.</summary>
    [Description("Approach in one move that earns a shaping reward of 1 while near.")]
    [Range(0.0, 100.0, MinimumIsExclusive = true)]
    public double NearScale { get; init; } = 0.05;

    /// <summary>Cost of every step.</summary>
    [Description("Cost of every step; raising it makes dawdling worse.")]
    [Range(0.0, 100.0)]
    public double StepCost { get; init; } = 0.01;

    /// <summary>Cost of a collision.</summary>
    [Description("Cost of a collision; raising it makes obstacles worth avoiding earlier.")]
    [Range(0.0, 100.0)]
    public double CollisionCost { get; init; } = 0.5;

    /// <summary>Reward of a capture.</summary>
    [Description("Reward of capturing a cell.")]
    [Range(0.0, 1000.0)]
    public double CaptureReward { get; init; } = 10;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CaptureDistance >= NearDistance)
        {
            yield return new ValidationResult(
                $"captureDistance is {CaptureDistance} and nearDistance {NearDistance}, but a cell is captured only after it came near. Set captureDistance below nearDistance.");
        }
        if (BlockedDistance < ObstacleRadius)
        {
            yield return new ValidationResult(
                $"blockedDistance is {BlockedDistance} and obstacleRadius {ObstacleRadius}, but a robot must notice an obstacle before it collides. Set blockedDistance at least as large as obstacleRadius.");
        }
    }
}
