using System.Runtime.InteropServices;
using Bellman.Neural;

namespace Bellman.Language;

/// <summary>
/// The projections copied into padded rows in the two orders that products want. Norm gains and the embedding are read
/// where they lie.
/// </summary>
internal sealed unsafe class PackedWeights : IDisposable
{
    private readonly AlignedBuffer memory = new();
    private readonly KernelShape shape;
    private readonly TransformerLayout layout;
    private readonly Lock gate = new();
    private readonly Matrix[] matrices;
    private readonly float*[] biases;

    public PackedWeights(KernelShape shape, TransformerLayout layout)
    {
        this.shape = shape;
        this.layout = layout;
        matrices = new Matrix[4 * shape.Layers + 1];
        biases = new float*[shape.Layers];
        var biasSize = SimdLayer.Padded(shape.Joint);
        for (var pass = 0; pass < 2; pass++)
        {
            var next = memory.Pointer;
            Matrix Place(long source, int outputs, int inputs)
            {
                var matrix = new Matrix(source, outputs, inputs, next, SimdLayer.Stride(outputs), next + (long)inputs * SimdLayer.Stride(outputs), SimdLayer.Stride(inputs));
                next += (long)inputs * SimdLayer.Stride(outputs) + (long)outputs * SimdLayer.Stride(inputs);
                return matrix;
            }
            for (var layer = 0; layer < shape.Layers; layer++)
            {
                var places = layout.Layers[layer];
                matrices[4 * layer] = Place(places.Query, shape.Joint, shape.Width);
                matrices[4 * layer + 1] = Place(places.Output, shape.Width, shape.Query);
                matrices[4 * layer + 2] = Place(places.Gate, shape.GateUp, shape.Width);
                matrices[4 * layer + 3] = Place(places.Down, shape.Width, shape.Inner);
                biases[layer] = places.QueryBias < 0 ? null : next;
                if (places.QueryBias >= 0) { next += biasSize; }
            }
            matrices[^1] = Place(layout.Head, shape.Vocabulary, shape.Width);
            // The first pass only measures.
            if (pass == 0) { memory.EnsureCapacity(next - memory.Pointer); }
        }
    }

    /// <summary>One projection [outputs, inputs] and where its copies lie.</summary>
    public sealed class Matrix(long source, int outputs, int inputs, float* transposed, int transposedStride, float* native, int nativeStride)
    {
        /// <summary>Its first number in the flat buffer.</summary>
        public long Source => source;

        public int Outputs => outputs;

        public int Inputs => inputs;

        /// <summary>[inputs, stride].</summary>
        public float* Transposed => transposed;

        public int TransposedStride => transposedStride;

        /// <summary>[outputs, stride].</summary>
        public float* Native => native;

        public int NativeStride => nativeStride;
    }

    /// <summary>The flat buffer the copies were last compared with.</summary>
    public float* Flat { get; private set; }

    public Matrix Head => matrices[^1];

    public Matrix Joint(int layer) => matrices[4 * layer];

    public Matrix Output(int layer) => matrices[4 * layer + 1];

    public Matrix GateUp(int layer) => matrices[4 * layer + 2];

    public Matrix Down(int layer) => matrices[4 * layer + 3];

    /// <summary>Biases of queries, keys and values; null without.</summary>
    public float* Bias(int layer) => biases[layer];

    /// <summary>Brings the copies up to date. Anyone may write the weights at any time: they are compared, not trusted.</summary>
    public void Synchronise(float* flat)
    {
        lock (gate)
        {
            Flat = flat;
            foreach (var matrix in matrices)
            {
                for (var row = 0; row < matrix.Outputs; row++)
                {
                    if (Same(flat + matrix.Source + (long)row * matrix.Inputs, matrix.Native + (long)row * matrix.NativeStride, matrix.Inputs)) { continue; }
                    Copy(flat + matrix.Source, matrix, row);
                    break;
                }
            }
            for (var layer = 0; layer < shape.Layers; layer++)
            {
                if (biases[layer] is not null) { new ReadOnlySpan<float>(flat + layout.Layers[layer].QueryBias, shape.Joint).CopyTo(new Span<float>(biases[layer], shape.Joint)); }
            }
        }
    }

    public void Dispose() => memory.Dispose();

    private static void Copy(float* source, Matrix matrix, int first)
    {
        for (var row = first; row < matrix.Outputs; row++)
        {
            new ReadOnlySpan<float>(source + (long)row * matrix.Inputs, matrix.Inputs).CopyTo(new Span<float>(matrix.Native + (long)row * matrix.NativeStride, matrix.Inputs));
        }
        Transposition.Copy(matrix.Native, matrix.NativeStride, matrix.Transposed, matrix.TransposedStride, matrix.Outputs, matrix.Inputs);
    }

    private static bool Same(float* a, float* b, int count) =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<float>(a, count)).SequenceEqual(MemoryMarshal.AsBytes(new ReadOnlySpan<float>(b, count)));
}
