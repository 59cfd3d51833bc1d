using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="BootstrappedDqn"/>.</summary>
public sealed record BootstrappedDqnOptions : ReplayOptions
{
    /// <summary>Defaults that suit small tasks with rare rewards.</summary>
    public BootstrappedDqnOptions()
    {
        Hidden = [32, 32];
        Activation = Activation.Relu;
        LearningRate = 1e-3;
        MaximumGradientNorm = 100;
        BufferSize = 50_000;
    }

    /// <summary>Members of the ensemble.</summary>
    [Description("Members of the ensemble; more explore more hypotheses and cost in proportion.")]
    [Range(1, 64)]
    public int Members { get; init; } = 10;

    /// <summary>beta.</summary>
    [Description("Scale of each member's fixed random prior, beta; larger explores longer what has not been seen.")]
    [Range(0.0, 1e6)]
    public double PriorScale { get; init; } = 5;

    /// <summary>Probability that a member learns from a transition.</summary>
    [Description("Probability that a member learns from a transition; smaller makes members differ more and learn more slowly.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double MaskProbability { get; init; } = 0.5;

    /// <summary>Environment steps before the first update.</summary>
    [Description("Environment steps before the first update.")]
    [Range(0, 100_000_000)]
    public int LearningStarts { get; init; } = 128;

    /// <summary>Environment steps per update.</summary>
    [Description("Environment steps per gradient update, over all copies together; smaller reuses data more.")]
    [Range(1, 1_000_000)]
    public int TrainEvery { get; init; } = 1;

    /// <summary>Gradient updates between copies into the target networks.</summary>
    [Description("Gradient updates between copies of the networks into the target networks; larger is steadier and slower.")]
    [Range(1, 100_000_000)]
    public int TargetEvery { get; init; } = 4;

    /// <summary>Whether the online networks choose the target's action.</summary>
    [Description("Double targets: each member's online network chooses the action that its target network values.")]
    public bool DoubleQ { get; init; }
}
