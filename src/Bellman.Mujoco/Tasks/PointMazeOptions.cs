using System.ComponentModel;

namespace Bellman.Mujoco;

/// <summary>What a maze's steps pay.</summary>
public enum MazeReward
{
    /// <summary>1 at the goal, otherwise nothing.</summary>
    Sparse,

    /// <summary>exp(-distance to the goal).</summary>
    Dense,
}

/// <summary>What varies between mazes.</summary>
public sealed record PointMazeOptions
{
    /// <summary>The reward.</summary>
    [Description("sparse: 1 at the goal and otherwise nothing; dense: exp(-distance to the goal)")]
    public MazeReward Reward { get; init; } = MazeReward.Sparse;

    /// <summary>Whether episodes go on at the goal.</summary>
    [Description("whether the episode goes on when the goal is reached; without, it ends there")]
    public bool Continuing { get; init; }
}
