using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Environments.Chemotaxis;

namespace Bellman.Papers.Nanorobots;

/// <summary>
/// The corrected mode: learning and evaluation of one robot, or of a swarm, on macro-actions. The world's remaining constants are the
/// defaults of <see cref="ChemotaxisOptions"/>.
/// </summary>
public sealed record NanorobotsOptions
{
    /// <summary>Training episodes.</summary>
    [Description("Training episodes; more let rarely met states (blocked) be learned.")]
    [Range(1, 1_000_000)]
    public int Episodes { get; init; } = 40;

    /// <summary>Evaluation episodes.</summary>
    [Description("Evaluation episodes; more narrow the error of the success rate.")]
    [Range(1, 1_000_000)]
    public int EvaluationEpisodes { get; init; } = 100;

    /// <summary>Steps after which an episode is truncated.</summary>
    [Description("Steps after which an episode is truncated and counts as a failure.")]
    [Range(1, 1_000_000)]
    public int Horizon { get; init; } = 1000;

    /// <summary>Learning rate.</summary>
    [Description("Learning rate of the table; a larger one learns faster and forgets faster.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Alpha { get; init; } = 0.1;

    /// <summary>Discount.</summary>
    [Description("Discount of the next step's value; a larger one looks farther ahead.")]
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Gamma { get; init; } = 0.9;

    /// <summary>Share of random actions in training.</summary>
    [Description("Share of random actions while learning.")]
    [Range(0.0, 1.0)]
    public double Epsilon { get; init; } = 0.1;

    /// <summary>Share of random actions in evaluation.</summary>
    [Description("Share of random actions in evaluation; at 0 a robot can stay pinned between obstacles.")]
    [Range(0.0, 1.0)]
    public double EvaluationEpsilon { get; init; } = 0.05;

    /// <summary>Obstacles drawn at a reset.</summary>
    [Description("Obstacles in the box; the published 10 are too few to be met.")]
    [Range(0, 100_000)]
    public int Obstacles { get; init; } = 200;

    /// <summary>How the direction to the biomarkers is sensed.</summary>
    [Description("particles: the nearest particle's position is known; gradient: six concentration readings instead.")]
    public ChemotaxisSensing Sensing { get; init; } = ChemotaxisSensing.Particles;

    /// <summary>Standard deviation of each reading of ln c.</summary>
    [Description("Standard deviation of each reading of the logarithm of the concentration.")]
    [Range(0.0, 100.0)]
    public double SensorNoise { get; init; }

    /// <summary>Whether the shaping reward is clipped.</summary>
    [Description("Clips the shaping reward to [-1, 1].")]
    public bool ClipShaping { get; init; } = true;

    /// <summary>Robots of the swarm.</summary>
    [Description("Robots of the swarm (swarm only).")]
    [Range(1, 10_000)]
    public int Robots { get; init; } = 15;

    /// <summary>Cells of the swarm.</summary>
    [Description("Cells that the swarm looks for (swarm only).")]
    [Range(1, 1_000)]
    public int Cells { get; init; } = 2;

    /// <summary>Whether the swarm's robots learn one table together.</summary>
    [Description("One table for all robots of the swarm instead of one each (swarm only); sharing learns from every robot's steps.")]
    public bool SharedQ { get; init; } = true;

    /// <summary>The world these options ask for.</summary>
    public ChemotaxisOptions World => new()
    {
        Obstacles = Obstacles,
        Sensing = Sensing,
        SensorNoise = SensorNoise,
        ClipShaping = ClipShaping,
    };
}
