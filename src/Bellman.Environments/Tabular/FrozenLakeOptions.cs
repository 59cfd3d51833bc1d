using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Environments;

/// <summary>What varies between frozen lakes.</summary>
public record FrozenLakeOptions
{
    /// <summary>4x4, 8x8, or rows of S, F, H, G separated by '/'.</summary>
    [Description("4x4, 8x8, or a map of your own: rows of S start, F ice, H hole, G goal, separated by '/', e.g. SFF/FHF/FFG")]
    public string Map { get; init; } = "4x4";

    /// <summary>Whether moves go astray.</summary>
    [Description("whether a move may go to either side of where it was meant to")]
    public bool Slippery { get; init; } = true;

    /// <summary>Probability of the intended direction on slippery ice.</summary>
    [Description("probability that a move on slippery ice goes where it was meant to; each side gets half of the rest")]
    [Range(0.0, 1.0)]
    public double SuccessRate { get; init; } = 1.0 / 3.0;
}

/// <summary><see cref="FrozenLakeOptions"/> with the 8x8 map unless another is given.</summary>
public sealed record FrozenLake8x8Options : FrozenLakeOptions
{
    /// <summary>The 8x8 map.</summary>
    public FrozenLake8x8Options() => Map = "8x8";
}
