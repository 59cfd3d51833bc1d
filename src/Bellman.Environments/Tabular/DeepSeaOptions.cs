using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Environments;

/// <summary>What varies between seas.</summary>
public sealed record DeepSeaOptions
{
    /// <summary>Rows and columns, N.</summary>
    [Description("rows and columns N; undirected exploration needs about 2^N episodes to find the treasure once")]
    [Range(2, 200)]
    public int Size { get; init; } = 10;

    /// <summary>Whether the diver's moves and the rewards at the bottom are random.</summary>
    [Description("whether a move right fails with probability 1/N and the two bottom corners add N(0,1) to the reward")]
    public bool Stochastic { get; init; }

    /// <summary>Whether the action that goes right differs from cell to cell.</summary>
    [Description("whether the action that goes right is drawn for each cell; false makes it action 1 everywhere")]
    public bool RandomizeActions { get; init; } = true;

    /// <summary>Which mapping of actions is drawn.</summary>
    [Description("which mapping of actions is drawn; every copy with the same number has the same mapping")]
    [Range(0, int.MaxValue)]
    public int MappingSeed { get; init; }

    /// <summary>What going right all the way costs.</summary>
    [Description("cost of a move right, times N: going right all the way costs this much in all")]
    [Range(0.0, 1.0)]
    public double MoveCost { get; init; } = 0.01;
}
