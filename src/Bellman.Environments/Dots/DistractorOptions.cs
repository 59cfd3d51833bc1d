using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Environments.Dots;

/// <summary>What a <see cref="Distractor"/> adds to observations.</summary>
public sealed record DistractorOptions
{
    /// <summary>How much the distractor is magnified.</summary>
    [Description("factor by which the distractor is magnified before it is mixed in; 3 gives it nine times the variance, 0 none")]
    [Range(0.0, 1000.0)]
    public double Gain { get; init; } = 3;

    /// <summary>Numbers shown.</summary>
    [Description("numbers of the mixed observation")]
    [Range(1, 4096)]
    public int Size { get; init; } = 16;

    /// <summary>Deviation of the noise.</summary>
    [Description("deviation of the noise on each number of the mixed observation")]
    [Range(0.0, 100.0)]
    public double Noise { get; init; } = 0.05;

    /// <summary>Deviation of the distractor's velocity.</summary>
    [Description("deviation of each component of the distractor's velocity, drawn anew for an episode")]
    [Range(0.0, 1.0)]
    public double Speed { get; init; } = 0.08;

    /// <summary>Seed of the mixing.</summary>
    [Description("seed of the fixed matrix that mixes what is shown")]
    [Range(0, int.MaxValue)]
    public int Mixing { get; init; }
}
