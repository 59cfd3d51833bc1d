using System.Runtime.InteropServices;

namespace Bellman.Neural;

/// <summary>
/// One dense layer's memory: its weights copied into padded, aligned rows in the two orders the products want, the
/// activations kept for the backward pass, and the gradients of its sums. Padding columns hold zeros or harmless
/// finite numbers and are never read as results.
/// </summary>
internal sealed unsafe class SimdLayer : IDisposable
{
    private readonly AlignedBuffer weights = new();
    private readonly AlignedBuffer transposed = new();
    private readonly AlignedBuffer vectors = new();
    private readonly AlignedBuffer training = new();
    private readonly AlignedBuffer gradients = new();
    private int capacity = -1;
    private long synchronised = -1;

    public SimdLayer(DenseLayout layout)
    {
        Layout = layout;
        InputStride = Stride(layout.Inputs);
        OutputStride = Stride(layout.Outputs);
        // Vectors run along the outputs when that wastes fewer lanes: the first layer often has 4 inputs.
        GradientTransposed = layout.Inputs * Padded(layout.Outputs) < layout.Outputs * Padded(layout.Inputs);
        weights.EnsureCapacity((long)layout.Outputs * InputStride);
        transposed.EnsureCapacity((long)layout.Inputs * OutputStride);
        vectors.EnsureCapacity(3L * OutputStride);
        gradients.EnsureCapacity(GradientTransposed ? (long)layout.Inputs * OutputStride : (long)layout.Outputs * InputStride);
    }

    public DenseLayout Layout { get; }

    public int InputStride { get; }

    public int OutputStride { get; }

    public bool GradientTransposed { get; }

    public bool KeepsPreActivation => Layout.Activation == Activation.Silu;

    /// <summary>[Outputs, InputStride].</summary>
    public float* Weights => weights.Pointer;

    /// <summary>[Inputs, OutputStride].</summary>
    public float* Transposed => transposed.Pointer;

    public float* Bias => vectors.Pointer;

    public float* NormWeight => vectors.Pointer + OutputStride;

    public float* NormBias => vectors.Pointer + 2 * OutputStride;

    public float* GradientScratch => gradients.Pointer;

    /// <summary>[capacity, OutputStride]: the layer's result after its activation.</summary>
    public float* Output { get; private set; }

    /// <summary>[capacity, OutputStride]: the gradient with respect to <see cref="Output"/>, then to the activation's input.</summary>
    public float* Delta { get; private set; }

    /// <summary>[capacity, OutputStride]: the gradient with respect to the dense sums; <see cref="Delta"/> itself without norm.</summary>
    public float* SumDelta { get; private set; }

    /// <summary>[capacity, OutputStride]: the activation's input, kept for SiLU.</summary>
    public float* PreActivation { get; private set; }

    /// <summary>[capacity, OutputStride]: normalised sums, kept for the norm's backward pass.</summary>
    public float* Normalised { get; private set; }

    /// <summary>[capacity].</summary>
    public float* InverseDeviation { get; private set; }

    /// <summary>Columns rounded up to a cache line, the widest vector.</summary>
    public static int Padded(int columns) => (columns + 15) & ~15;

    /// <summary>
    /// The distance between rows. Wide rows get one line more: at a multiple of 512 bytes, the rows of a strip would
    /// compete for the same few sets of the first-level cache.
    /// </summary>
    public static int Stride(int columns)
    {
        var padded = Padded(columns);
        return padded >= 128 && padded % 64 == 0 ? padded + 16 : padded;
    }

    public void EnsureTrainingCapacity(int rows)
    {
        if (rows <= capacity) { return; }
        var block = (long)rows * OutputStride;
        var blocks = 2 + (KeepsPreActivation ? 1 : 0) + (Layout.HasNorm ? 2 : 0);
        training.EnsureCapacity(blocks * block + rows);
        var next = training.Pointer;
        Output = Take(ref next, block);
        Delta = Take(ref next, block);
        PreActivation = KeepsPreActivation ? Take(ref next, block) : null;
        Normalised = Layout.HasNorm ? Take(ref next, block) : null;
        SumDelta = Layout.HasNorm ? Take(ref next, block) : Delta;
        InverseDeviation = next;
        capacity = rows;
    }

    /// <summary>
    /// Brings the padded copies up to date. Unless the buffer counts every change, anyone may write it at any time, so
    /// the copy is compared, not trusted; comparing stops at the first difference.
    /// </summary>
    public void Synchronise(ParameterBuffer parameters)
    {
        if (parameters.IsTracked && synchronised == parameters.Version) { return; }
        synchronised = parameters.Version;
        var source = parameters.ValuePointer + Layout.Weight;
        for (var row = 0; row < Layout.Outputs; row++)
        {
            if (!Same(source + (nint)row * Layout.Inputs, Weights + (nint)row * InputStride, Layout.Inputs))
            {
                CopyWeights(source);
                break;
            }
        }
        Copy(parameters.ValuePointer + Layout.Bias, Bias, Layout.Outputs);
        if (Layout.HasNorm)
        {
            Copy(parameters.ValuePointer + Layout.NormWeight, NormWeight, Layout.Outputs);
            Copy(parameters.ValuePointer + Layout.NormBias, NormBias, Layout.Outputs);
        }
    }

    public void Dispose()
    {
        weights.Dispose();
        transposed.Dispose();
        vectors.Dispose();
        training.Dispose();
        gradients.Dispose();
    }

    private void CopyWeights(float* source)
    {
        for (var row = 0; row < Layout.Outputs; row++)
        {
            Copy(source + (nint)row * Layout.Inputs, Weights + (nint)row * InputStride, Layout.Inputs);
        }
        Transposition.Copy(Weights, InputStride, Transposed, OutputStride, Layout.Outputs, Layout.Inputs);
    }

    private static bool Same(float* a, float* b, int count) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<float>(a, count)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<float>(b, count)));

    private static void Copy(float* from, float* to, int count) => new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));

    private static float* Take(ref float* next, long floats)
    {
        var taken = next;
        next += floats;
        return taken;
    }
}
