using Bellman.Neural;

namespace Bellman.Language;

/// <summary>What one group's forward pass leaves for the backward pass, layer by layer, in one stretch of memory.</summary>
internal readonly unsafe struct Activations
{
    private readonly KernelShape shape;
    private readonly float* memory;
    private readonly long tokens;

    public Activations(KernelShape shape, float* memory, int tokens)
    {
        this.shape = shape;
        this.memory = memory;
        this.tokens = tokens;
    }

    /// <summary>Floats that a group of <paramref name="tokens"/> takes, to a whole cache line.</summary>
    public static long Size(KernelShape shape, int tokens) => (tokens * (shape.Layers * PerLayer(shape) + shape.Width + 1) + 15) & ~15L;

    /// <summary>[tokens, width]: the residual stream before a layer; after the last one at <c>Layers</c>.</summary>
    public float* Stream(int layer) => Layer(layer);

    /// <summary>[tokens, width]: the residual stream between attention and SwiGLU.</summary>
    public float* Middle(int layer) => Layer(layer) + tokens * shape.Width;

    /// <summary>[tokens, joint stride]: queries, keys and values, turned.</summary>
    public float* Joint(int layer) => Middle(layer) + tokens * shape.Width;

    /// <summary>[tokens, query stride]: what attention gave.</summary>
    public float* Attended(int layer) => Joint(layer) + tokens * shape.JointStride;

    /// <summary>[tokens, gate-up stride].</summary>
    public float* GateUp(int layer) => Attended(layer) + tokens * shape.QueryStride;

    /// <summary>[tokens, query + key]: queries and keys before their head norms; empty without.</summary>
    public float* Raw(int layer) => GateUp(layer) + tokens * shape.GateUpStride;

    /// <summary>[tokens, heads + key heads]: inverse roots of the head norms; empty without.</summary>
    public float* HeadInverse(int layer) => Raw(layer) + tokens * RawWidth(shape);

    /// <summary>[tokens, heads]: log-sums of attention.</summary>
    public float* LogSums(int layer) => HeadInverse(layer) + tokens * (shape.HasHeadNorm ? shape.Heads + shape.KeyHeads : 0);

    /// <summary>[tokens]: inverse root of the norm before attention.</summary>
    public float* FirstInverse(int layer) => LogSums(layer) + tokens * shape.Heads;

    /// <summary>[tokens]: inverse root of the norm before SwiGLU.</summary>
    public float* SecondInverse(int layer) => FirstInverse(layer) + tokens;

    public static int RawWidth(KernelShape shape) => shape.HasHeadNorm ? shape.Query + shape.Key : 0;

    private float* Layer(int layer) => memory + tokens * PerLayer(shape) * layer;

    private static long PerLayer(KernelShape shape) =>
        2 * shape.Width + shape.JointStride + shape.QueryStride + shape.GateUpStride + RawWidth(shape) + (shape.HasHeadNorm ? shape.Heads + shape.KeyHeads : 0) + shape.Heads + 2;
}

/// <summary>Memory that one worker overwrites with every group.</summary>
internal sealed unsafe class GroupScratch : IDisposable
{
    /// <summary>Scored positions whose logits are computed together.</summary>
    public const int LogitRows = 64;

    private readonly AlignedBuffer memory = new();

    /// <param name="shape">The model.</param>
    /// <param name="tokens">The largest group.</param>
    /// <param name="row">The longest row.</param>
    /// <param name="activations">Whether a group's activations are held here, because they are not kept.</param>
    public void EnsureCapacity(KernelShape shape, int tokens, int row, bool activations)
    {
        var attention = AttentionScratch.Size(shape, row);
        var parts = new long[]
        {
            (long)tokens * shape.WidthStride, (long)tokens * shape.InnerStride, (long)tokens * shape.GateUpStride, (long)tokens * shape.QueryStride, (long)tokens * shape.JointStride,
            (long)tokens * shape.Width, (long)tokens * shape.WidthStride, (long)tokens * shape.WidthStride, LogitRows * (long)shape.VocabularyStride, LogitRows * (long)shape.VocabularyStride, tokens, attention,
            activations ? Activations.Size(shape, tokens) : 0,
        };
        memory.EnsureCapacity(parts.Sum(part => part + 16));
        var next = memory.Pointer;
        float* Take(int part)
        {
            var taken = next;
            next += (parts[part] + 15) & ~15L;
            return taken;
        }
        Normed = Take(0);
        Inner = Take(1);
        GateUp = Take(2);
        Attended = Take(3);
        Joint = Take(4);
        Stream = Take(5);
        Hidden = Take(6);
        HiddenSlope = Take(7);
        Logits = Take(8);
        LogitSlope = Take(9);
        Inverse = Take(10);
        Attention = AttentionScratch.Over(Take(11), shape, row);
        Kept = Take(12);
    }

    /// <summary>[tokens, width stride]: normed rows.</summary>
    public float* Normed { get; private set; }

    /// <summary>[tokens, inner stride].</summary>
    public float* Inner { get; private set; }

    /// <summary>[tokens, gate-up stride].</summary>
    public float* GateUp { get; private set; }

    /// <summary>[tokens, query stride].</summary>
    public float* Attended { get; private set; }

    /// <summary>[tokens, joint stride].</summary>
    public float* Joint { get; private set; }

    /// <summary>[tokens, width]: the gradient of the residual stream.</summary>
    public float* Stream { get; private set; }

    /// <summary>[scored, width stride]: final normed hidden states.</summary>
    public float* Hidden { get; private set; }

    /// <summary>[scored, width stride]: their gradient, and that of any normed rows.</summary>
    public float* HiddenSlope { get; private set; }

    public float* Logits { get; private set; }

    public float* LogitSlope { get; private set; }

    /// <summary>[scored]: inverse roots of the final norm.</summary>
    public float* Inverse { get; private set; }

    public AttentionScratch Attention { get; private set; }

    /// <summary>A group's activations when they are not kept.</summary>
    public float* Kept { get; private set; }

    public void Dispose() => memory.Dispose();
}
