using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Bellman.Neural;

namespace Bellman.Language;

/// <summary>What all passes and decoders of one model share: shape, packed weights, rotations, threads and scratch memory.</summary>
internal sealed unsafe class KernelContext : IDisposable
{
    private readonly Stack<AlignedBuffer> free = new();

    public KernelContext(TransformerConfiguration model, TransformerLayout layout, int threads)
    {
        Shape = new KernelShape(model);
        Layout = layout;
        Packed = new PackedWeights(Shape, layout);
        Rotary = new RotaryTable(model);
        Team = new WorkerTeam(threads);
        Scratch = [.. Enumerable.Range(0, threads).Select(_ => new GroupScratch())];
    }

    public KernelShape Shape { get; }

    public TransformerLayout Layout { get; }

    public PackedWeights Packed { get; }

    public RotaryTable Rotary { get; }

    public WorkerTeam Team { get; }

    /// <summary>One for each worker.</summary>
    public GroupScratch[] Scratch { get; }

    /// <summary>Held while a pass runs: passes share the scratch memory.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Memory for what a pass keeps, from one that has been done if there is any.</summary>
    public AlignedBuffer Rent(long floats)
    {
        lock (free)
        {
            var buffer = free.TryPop(out var used) ? used : new AlignedBuffer();
            buffer.EnsureCapacity(floats);
            return buffer;
        }
    }

    public void Return(AlignedBuffer buffer)
    {
        lock (free) { free.Push(buffer); }
    }

    /// <summary>Rotations of positions up to a length; the array stays where it is while it is referred to.</summary>
    public float* Rotations(int length, out float[] owner)
    {
        owner = Rotary.Upto(length);
        return (float*)Marshal.UnsafeAddrOfPinnedArrayElement(owner, 0);
    }

    public void Dispose()
    {
        Packed.Dispose();
        Team.Dispose();
        foreach (var scratch in Scratch) { scratch.Dispose(); }
        lock (free)
        {
            foreach (var buffer in free) { buffer.Dispose(); }
            free.Clear();
        }
    }
}

/// <summary>The kernels in the widest vectors that divide a model's widths.</summary>
internal abstract class TransformerKernels
{
    public static TransformerKernels For(TransformerConfiguration model)
    {
        bool Fits(int width) => model.HiddenSize % width == 0 && model.IntermediateSize % width == 0 && model.HeadSize % width == 0;
        if (Vector512.IsHardwareAccelerated && Fits(16)) { return new TransformerKernels<Vector512<float>, Operations512>(); }
        if (Vector256.IsHardwareAccelerated && Fits(8)) { return new TransformerKernels<Vector256<float>, Operations256>(); }
        if (Vector128.IsHardwareAccelerated && Fits(4)) { return new TransformerKernels<Vector128<float>, Operations128>(); }
        return new TransformerKernels<float, OperationsScalar>();
    }

    public abstract ScorePass CreatePass(KernelContext context, TokenBatch batch, double temperature, bool keep);

    public abstract IDecoder CreateDecoder(KernelContext context, int slots, int fresh);
}

/// <inheritdoc/>
internal sealed class TransformerKernels<TVector, TOps> : TransformerKernels
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    public override ScorePass CreatePass(KernelContext context, TokenBatch batch, double temperature, bool keep) => new ScorePass<TVector, TOps>(context, batch, temperature, keep);

    public override IDecoder CreateDecoder(KernelContext context, int slots, int fresh) => new KernelDecoder<TVector, TOps>(context, slots, fresh);
}
