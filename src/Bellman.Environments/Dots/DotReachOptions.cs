using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Environments.Dots;

/// <summary>What varies between dot-reaching tasks.</summary>
public sealed record DotReachOptions
{
    /// <summary>Side of a picture.</summary>
    [Description("side of the square picture in pixels")]
    [Range(12, 256)]
    public int Side { get; init; } = 24;

    /// <summary>Radius of the discs.</summary>
    [Description("radius of both discs in pixels")]
    [Range(1.0, 32.0)]
    public double Radius { get; init; } = 2;

    /// <summary>Frames shown together.</summary>
    [Description("last frames that are shown together, oldest first")]
    [Range(1, 16)]
    public int Frames { get; init; } = 3;

    /// <summary>Length of a full move.</summary>
    [Description("how far a component of 1 moves the dot, in sides of the square")]
    [Range(0.001, 1.0)]
    public double Stride { get; init; } = 0.06;

    /// <summary>Distance that counts as reached.</summary>
    [Description("distance between the middles below which a step is worth 1")]
    [Range(0.001, 1.0)]
    public double Reach { get; init; } = 0.1;

    /// <summary>Strength of a moving background.</summary>
    [Description("brightness of a background of moving waves that no action changes, 0 for none")]
    [Range(0.0, 1.0)]
    public double Background { get; init; }
}
