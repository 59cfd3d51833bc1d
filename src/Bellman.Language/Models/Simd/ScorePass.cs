using Bellman.Neural;

namespace Bellman.Language;

/// <summary>The scores of one batch by the kernels, and their gradients.</summary>
internal abstract unsafe class ScorePass
{
    /// <summary>Computes the scores.</summary>
    /// <param name="flat">The weights in use.</param>
    /// <param name="embeddings">[rows, length, width], or null for the tokens' own.</param>
    /// <param name="scores">Where they go; zero beforehand.</param>
    public abstract void Forward(float* flat, float* embeddings, ScorePointers scores);

    /// <summary>Adds the gradients of the weights to <paramref name="gradient"/>, which is zero beforehand.</summary>
    /// <param name="slopes">Gradients of the scores.</param>
    /// <param name="embeddings">As in the forward pass.</param>
    /// <param name="embeddingSlopes">Takes the embeddings' gradient; null if not wanted.</param>
    /// <param name="gradient">The flat buffer of gradients.</param>
    public abstract void Backward(ScorePointers slopes, float* embeddings, float* embeddingSlopes, float* gradient);
}

/// <summary>
/// Groups of rows pass through the whole model one by one, so that activations stay in the caches. Gradients are summed
/// within a fixed number of parts of the batch, each by one thread in order, and the parts are added in order: results do
/// not depend on the number of threads.
/// </summary>
internal sealed unsafe class ScorePass<TVector, TOps> : ScorePass, IParallelWork
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    private const int ForwardPhase = 0;
    private const int BackwardPhase = 1;
    private const int SumPhase = 2;

    // Each part costs one pass over a buffer of gradients, about what a group or two take.
    private const int GroupsOfPart = 8;
    private const int MostParts = 16;
    private const int SumSlice = 1 << 16;

    private readonly KernelContext context;
    private readonly TokenBatch batch;
    private readonly TokenGroup[] groups;
    private readonly long[] places;
    private readonly float inverseTemperature;
    private readonly bool keep;
    private readonly int longestRow;
    private readonly int largestGroup;
    private readonly int parts;
    private AlignedBuffer? kept;

    // The call in progress, for the tasks of its loops.
    private float* rotations;
    private float* embeddings;
    private float* embeddingSlopes;
    private float* gradient;
    private float* partGradients;
    private ScorePointers pointers;

    public ScorePass(KernelContext context, TokenBatch batch, double temperature, bool keep)
    {
        (this.context, this.batch, this.keep) = (context, batch, keep);
        inverseTemperature = (float)(1 / temperature);
        groups = TokenGroup.Of(batch);
        longestRow = batch.Lengths.Max();
        largestGroup = groups.Max(group => group.Count);
        parts = Math.Clamp(groups.Length / GroupsOfPart, Math.Min(2, groups.Length), MostParts);
        places = new long[groups.Length + 1];
        for (var i = 0; i < groups.Length; i++) { places[i + 1] = places[i] + Activations.Size(context.Shape, groups[i].Count); }
    }

    public override void Forward(float* flat, float* embeddings, ScorePointers scores)
    {
        lock (context.Gate)
        {
            context.Packed.Synchronise(flat);
            if (keep) { kept = context.Rent(places[^1]); }
            this.embeddings = embeddings;
            pointers = scores;
            Run(ForwardPhase, groups.Length);
        }
    }

    public override void Backward(ScorePointers slopes, float* embeddings, float* embeddingSlopes, float* gradient)
    {
        lock (context.Gate)
        {
            this.embeddings = embeddings;
            this.embeddingSlopes = embeddingSlopes;
            this.gradient = gradient;
            pointers = slopes;
            var others = parts > 1 ? context.Rent((parts - 1) * context.Layout.Size) : null;
            if (others is not null)
            {
                partGradients = others.Pointer;
                Run(BackwardPhase, parts);
                Run(SumPhase, (int)((context.Layout.Size + SumSlice - 1) / SumSlice));
                context.Return(others);
            }
            else { Run(BackwardPhase, 1); }
            // A graph that is used again computes its activations again.
            if (kept is not null) { context.Return(kept); }
            kept = null;
        }
    }

    void IParallelWork.Execute(int phase, int task, int worker)
    {
        switch (phase)
        {
            case ForwardPhase: ForwardGroup(task, context.Scratch[worker], scores: true); break;
            case BackwardPhase: BackwardPart(task, context.Scratch[worker]); break;
            default: SumParts(task); break;
        }
    }

    private void Run(int phase, int tasks)
    {
        rotations = context.Rotations(longestRow, out var owner);
        foreach (var scratch in context.Scratch) { scratch.EnsureCapacity(context.Shape, largestGroup, longestRow, activations: kept is null); }
        context.Team.Run(this, phase, tasks);
        GC.KeepAlive(owner);
    }

    private Activations ForwardGroup(int index, GroupScratch scratch, bool scores)
    {
        var group = groups[index];
        var activations = Place(index, scratch);
        GroupKernels<TVector, TOps>.Forward(context, group, batch, embeddings, rotations, activations, scratch);
        if (scores)
        {
            var gain = context.Packed.Flat + context.Layout.FinalNorm;
            HeadKernels<TVector, TOps>.Forward(context.Shape, context.Packed, gain, group, activations.Stream(context.Shape.Layers), batch.Tokens, inverseTemperature, scratch, pointers);
        }
        return activations;
    }

    private void BackwardPart(int part, GroupScratch scratch)
    {
        var sums = part == 0 ? gradient : partGradients + (part - 1) * context.Layout.Size;
        if (part > 0) { new Span<float>(sums, (int)context.Layout.Size).Clear(); }
        for (var index = part; index < groups.Length; index += parts)
        {
            var activations = kept is null ? ForwardGroup(index, scratch, scores: false) : Place(index, scratch);
            HeadKernels<TVector, TOps>.Backward(
                context.Shape, context.Packed, context.Layout.FinalNorm, groups[index], activations.Stream(context.Shape.Layers), batch.Tokens, inverseTemperature, scratch, pointers, sums);
            GroupKernels<TVector, TOps>.Backward(context, groups[index], batch, embeddingSlopes, embeddings is null, rotations, activations, scratch, sums);
        }
    }

    private void SumParts(int slice)
    {
        var first = (long)slice * SumSlice;
        var count = (int)Math.Min(SumSlice, context.Layout.Size - first);
        var whole = count - count % TOps.Width;
        for (var part = 0; part < parts - 1; part++)
        {
            float* from = partGradients + part * context.Layout.Size + first, to = gradient + first;
            RowKernels<TVector, TOps>.Add(from, to, whole);
            for (var i = whole; i < count; i++) { to[i] += from[i]; }
        }
    }

    private Activations Place(int index, GroupScratch scratch) =>
        new(context.Shape, kept is null ? scratch.Kept : kept.Pointer + places[index], groups[index].Count);
}
