using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Algorithms;

/// <summary>Options of <see cref="DrqV2"/>; the defaults are those of its medium tasks.</summary>
public record DrqOptions : OffPolicyOptions
{
    /// <summary>Widths, step sizes and n as published.</summary>
    public DrqOptions()
    {
        Hidden = [1024, 1024];
        LearningRate = 1e-4;
        Tau = 0.01;
        MultiStep = 3;
        BufferSize = 20_000;
        LearningStarts = 4_000;
        TrainEvery = 2;
    }

    /// <summary>Filters of every convolution.</summary>
    [Description("Filters of every 3 x 3 convolution.")]
    [Range(1, 1024)]
    public int Filters { get; init; } = 32;

    /// <summary>Strides of the convolutions.</summary>
    [Description("Strides of the convolutions, one each, e.g. 2,1,1,1; pictures of 24 pixels do with 2,1.")]
    [Range(1, 8)]
    public int[] Strides { get; init; } = [2, 1, 1, 1];

    /// <summary>Features between convolutions and heads.</summary>
    [Description("Features between the convolutions and each head, normalised; 100 for the hardest tasks.")]
    [Range(1, 4096)]
    public int Features { get; init; } = 50;

    /// <summary>Pixels by which pictures are shifted.</summary>
    [Description("Pixels by which pictures are shifted at random, at most, in every direction; 0 for none. 4 suits 84 pixels.")]
    [Range(0, 64)]
    public int Shift { get; init; } = 4;

    /// <summary>Deviation of exploration noise at the start.</summary>
    [Description("Deviation of the noise on actions at the start.")]
    [Range(0.0, 10.0)]
    public double NoiseStart { get; init; } = 1;

    /// <summary>Deviation of exploration noise at the end.</summary>
    [Description("Deviation of the noise on actions after noiseSteps.")]
    [Range(0.0, 10.0)]
    public double NoiseEnd { get; init; } = 0.1;

    /// <summary>Steps over which noise shrinks.</summary>
    [Description("Environment steps over which noise shrinks linearly; 100,000 for easy tasks, 500,000 for medium, 2,000,000 for hard ones.")]
    [Range(1, 1_000_000_000)]
    public long NoiseSteps { get; init; } = 500_000;

    /// <summary>Bound on the noise in updates.</summary>
    [Description("Bound on the noise of actions inside updates; acting is not bounded by it.")]
    [Range(0.0, 10.0)]
    public double NoiseClip { get; init; } = 0.3;
}
