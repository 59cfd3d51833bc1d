namespace Bellman.Neural;

/// <summary>What computes a network.</summary>
public enum Engine
{
    /// <summary>The SIMD engine for narrow networks on a CPU, torch for wide ones.</summary>
    Auto,

    /// <summary>Bellman's own vector kernels on the CPU.</summary>
    Simd,

    /// <summary>TorchSharp (libtorch).</summary>
    Torch,
}

/// <summary>How a group of networks is computed. Neither option changes the mathematics.</summary>
public sealed record NetworkOptions
{
    /// <summary>The engine; <see cref="Engine.Auto"/> chooses per network by width.</summary>
    public Engine Engine { get; init; } = Engine.Auto;

    /// <summary>
    /// Threads for large batches, 1 to 256. The SIMD engine's results do not depend on it. Default 1: runs in parallel
    /// use the cores better than threads within one run.
    /// </summary>
    public int Threads { get; init; } = 1;

    /// <summary>Throws when an option is out of range.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public void Validate()
    {
        if (Threads is < 1 or > 256)
        {
            throw new UsageException($"Option Threads is {Threads}; it must be from 1 to 256.");
        }
        if (!Enum.IsDefined(Engine))
        {
            throw new UsageException($"Option Engine is {Engine}; valid are auto, simd, torch.");
        }
    }
}
