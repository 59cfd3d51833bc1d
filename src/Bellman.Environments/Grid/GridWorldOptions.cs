using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Environments;

/// <summary>What a gridworld looks like and pays.</summary>
public sealed record GridWorldOptions
{
    /// <summary>Rows of S, G, P, # and '.', separated by '/'.</summary>
    [Description("rows of S start, G goal, P pit, # wall, . floor, separated by '/'; several S are equally likely")]
    public string Map { get; init; } = "...G/.#.P/S...";

    /// <summary>Reward of a step that reaches neither goal nor pit.</summary>
    [Description("reward of a step that reaches neither a goal nor a pit; lower makes haste pay")]
    [Range(-1000.0, 1000.0)]
    public double StepReward { get; init; } = -0.04;

    /// <summary>Reward of reaching a goal, which ends the episode.</summary>
    [Description("reward of the step that reaches a goal, which ends the episode")]
    [Range(-1000.0, 1000.0)]
    public double GoalReward { get; init; } = 1;

    /// <summary>Reward of falling into a pit, which ends the episode.</summary>
    [Description("reward of the step that falls into a pit, which ends the episode")]
    [Range(-1000.0, 1000.0)]
    public double PitReward { get; init; } = -1;

    /// <summary>Probability that a move goes astray.</summary>
    [Description("probability that a move goes to one of the two sides of where it was meant to, half each")]
    [Range(0.0, 1.0)]
    public double Slip { get; init; } = 0.2;
}
