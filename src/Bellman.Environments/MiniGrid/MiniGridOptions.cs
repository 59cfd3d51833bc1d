using System.ComponentModel;

namespace Bellman.Environments.MiniGrid;

/// <summary>How a cell is written into an observation.</summary>
public enum GridEncoding
{
    /// <summary>MiniGrid's three numbers: kind 0-10, colour 0-5, state 0-3.</summary>
    Numbers,

    /// <summary>The same one-hot: 11 kinds, 6 colours, 4 states; 21 numbers of which three are 1. An MLP learns faster from it.</summary>
    OneHot,
}

/// <summary>How much of the map an observation shows.</summary>
public enum GridView
{
    /// <summary>The 7 x 7 cells in front of the agent, turned so that it looks up, without what walls and doors hide.</summary>
    Egocentric,

    /// <summary>The whole map from above with the agent on it, and what it carries: a Markov state.</summary>
    Full,
}

/// <summary>Options of every MiniGrid level.</summary>
public sealed record MiniGridOptions
{
    /// <summary>How a cell is written.</summary>
    [Description("How a cell is written: three numbers as MiniGrid does, or one-hot, which MLPs learn faster from.")]
    public GridEncoding Encoding { get; init; } = GridEncoding.Numbers;

    /// <summary>What is shown.</summary>
    [Description("What is shown: the 7 x 7 cells before the agent, or the full map and what it carries.")]
    public GridView View { get; init; } = GridView.Egocentric;
}
