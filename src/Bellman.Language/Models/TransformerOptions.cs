using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>What computes a transformer.</summary>
public enum TransformerEngine
{
    /// <summary>Kernels for small models on a CPU in float32, else torch.</summary>
    Auto,

    /// <summary>Bellman's own vector kernels: quick for small models, CPU and float32 only.</summary>
    Simd,

    /// <summary>Torch operations: any device, any size.</summary>
    Torch,
}

/// <summary>Number format of matrix products. Norms, softmax, log-probabilities and optimiser state are float32 always.</summary>
public enum TransformerPrecision
{
    /// <summary>32 bits.</summary>
    Full,

    /// <summary>16 bits with the exponent of float32: half the memory, for GPUs.</summary>
    BFloat16,
}

/// <summary>Where and how a transformer computes; nothing here changes what it is.</summary>
public sealed record TransformerOptions
{
    /// <summary>Parameters up to which <see cref="TransformerEngine.Auto"/> prefers the kernels.</summary>
    internal const long LargestForKernels = 20_000_000;

    /// <summary>What computes it.</summary>
    [Description("What computes the model: simd is quick for small models on a CPU, torch serves any device and size, auto chooses.")]
    public TransformerEngine Engine { get; init; }

    /// <summary>Where: cpu, cuda, or cuda:1.</summary>
    [Description("Where the model lives: cpu, cuda, or cuda:1.")]
    public string Device { get; init; } = "cpu";

    /// <summary>Format of matrix products.</summary>
    [Description("Format of matrix products: bfloat16 halves memory on a GPU; everything delicate stays float32.")]
    public TransformerPrecision Precision { get; init; }

    /// <summary>Threads of the CPU; results do not depend on it with the kernels.</summary>
    [Description("Threads on the CPU; more are quicker up to the number of cores.")]
    [Range(1, 1024)]
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Whether activations are computed again for the backward pass instead of kept.</summary>
    [Description("Computes activations again in the backward pass instead of keeping them: a third more time, far less memory.")]
    public bool Checkpointing { get; init; }

    /// <summary>Whether the weights are never trained: they are then stored in <see cref="Precision"/> without gradients.</summary>
    [Description("Never trains the weights, which then take less memory: for references, judges, and the base under adapters.")]
    public bool Frozen { get; init; }
}
