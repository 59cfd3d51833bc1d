using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>What every algorithm that learns from environments can be told.</summary>
public abstract record AlgorithmOptions
{
    /// <summary>Copies of the environment that step together.</summary>
    [Description("Copies of the environment that step together; more give more varied and cheaper data per update.")]
    [Range(1, 65536)]
    public int Copies { get; init; } = 1;

    /// <summary>Threads that step the copies.</summary>
    [Description("Threads that step the copies and train networks side by side; results do not depend on it.")]
    [Range(1, 1024)]
    public int Threads { get; init; } = 1;

    /// <summary>Discount of future rewards.</summary>
    [Description("Discount of future rewards, gamma; nearer 1 looks further ahead.")]
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 0.99;
}

/// <summary>What every algorithm with neural networks can be told.</summary>
public abstract record NeuralOptions : AlgorithmOptions
{
    /// <summary>Widths of the hidden layers.</summary>
    [Description("Widths of the hidden layers, e.g. 64,64; wider learns more complex functions and costs more.")]
    [Range(1, 65536)]
    public int[] Hidden { get; init; } = [64, 64];

    /// <summary>Activation of the hidden layers.</summary>
    [Description("Activation of the hidden layers.")]
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>What computes the networks.</summary>
    [Description("What computes the networks: simd (our kernels), torch (libtorch), or auto by size.")]
    public Engine Engine { get; init; } = Engine.Auto;

    /// <summary>Adam's step size at the start.</summary>
    [Description("Adam's step size; larger learns faster until it becomes unstable. Usually 1e-4 to 3e-3.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Bound on the global norm of a gradient.</summary>
    [Description("Gradients longer than this are scaled down to it.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double MaximumGradientNorm { get; init; } = 0.5;

    /// <summary>Whether observations are normalised by running moments.</summary>
    [Description("Normalise observations by their running mean and deviation, clipped to +-10; for inputs of very different scales.")]
    public bool NormalizeObservations { get; init; }

    /// <summary>How networks are computed; results do not depend on the threads, which torch would not promise.</summary>
    internal NetworkOptions NetworkOptions => new() { Engine = Engine, Threads = Engine == Engine.Torch ? 1 : Math.Min(Threads, 256) };
}
