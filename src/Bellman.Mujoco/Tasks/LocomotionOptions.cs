using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Mujoco;

/// <summary>What running ahead pays and costs.</summary>
public record LocomotionOptions
{
    /// <summary>Reward for each metre a second forward.</summary>
    [Description("reward for each metre a second forward")]
    [Range(-100.0, 100.0)]
    public double ForwardReward { get; init; } = 1;

    /// <summary>Cost of the squared actions' sum.</summary>
    [Description("cost of the sum of squared actions; larger makes gentler gaits")]
    [Range(0.0, 100.0)]
    public double ControlCost { get; init; } = 1e-3;

    /// <summary>Size of the noise on the state in which an episode begins.</summary>
    [Description("size of the noise on the positions and velocities in which an episode begins")]
    [Range(0.0, 1.0)]
    public double ResetNoise { get; init; } = 5e-3;
}

/// <summary>What running pays and costs a body that can fall.</summary>
public sealed record LeggedOptions : LocomotionOptions
{
    /// <summary>Reward for each step that ends upright.</summary>
    [Description("reward for each step that ends upright")]
    [Range(0.0, 100.0)]
    public double HealthyReward { get; init; } = 1;

    /// <summary>Whether a fall ends the episode.</summary>
    [Description("whether a fall ends the episode; without, it goes on and only the reward for being upright is lost")]
    public bool TerminateWhenUnhealthy { get; init; } = true;
}

/// <summary>The half-cheetah's defaults.</summary>
public sealed record HalfCheetahOptions : LocomotionOptions
{
    /// <summary>Actions cost 0.1, and episodes begin with noise of 0.1.</summary>
    public HalfCheetahOptions() => (ControlCost, ResetNoise) = (0.1, 0.1);
}
