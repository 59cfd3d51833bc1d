using System.Runtime.CompilerServices;
using Bellman.Neural;

namespace Bellman.Language;

/// <summary>
/// Token by token in the kernels. A sequence reads its prompt's cache where it lies and keeps only its own tokens.
/// </summary>
internal sealed unsafe class KernelDecoder<TVector, TOps> : IDecoder
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    private readonly KernelContext context;
    private readonly KernelShape shape;
    private readonly int fresh;
    private readonly AlignedBuffer cache = new();
    private readonly AlignedBuffer rows = new();
    private readonly AlignedBuffer scores = new();
    private readonly GroupScratch scratch = new();
    private readonly Prompt?[] prompts;
    private readonly int[] lengths;
    private readonly float* stream;
    private readonly float* normed;
    private readonly float* joint;
    private readonly float* attended;
    private readonly float* gateUp;
    private readonly float* inner;
    private readonly float* outputs;

    /// <param name="context">The model.</param>
    /// <param name="slots">Sequences at once.</param>
    /// <param name="newTokens">Most tokens after a prompt.</param>
    public KernelDecoder(KernelContext context, int slots, int newTokens)
    {
        (this.context, shape) = (context, context.Shape);
        fresh = SimdLayer.Padded(Math.Max(1, newTokens));
        prompts = new Prompt?[slots];
        lengths = new int[slots];
        cache.EnsureCapacity(2L * shape.Layers * slots * shape.Key * fresh);
        var widths = new[] { shape.Width, shape.WidthStride, shape.JointStride, shape.QueryStride, shape.GateUpStride, shape.InnerStride, shape.VocabularyStride };
        rows.EnsureCapacity(widths.Sum(width => (long)width * slots + 16));
        var next = rows.Pointer;
        float* Take(int width)
        {
            var taken = next;
            next += ((long)width * slots + 15) & ~15L;
            return taken;
        }
        stream = Take(widths[0]);
        normed = Take(widths[1]);
        joint = Take(widths[2]);
        attended = Take(widths[3]);
        gateUp = Take(widths[4]);
        inner = Take(widths[5]);
        outputs = Take(widths[6]);
    }

    public int Slots => lengths.Length;

    public IPromptCache Prefill(ReadOnlySpan<int> tokens)
    {
        var batch = new TokenBatch([tokens.ToArray()], [new bool[tokens.Length]]);
        var group = TokenGroup.Of(batch)[0];
        scratch.EnsureCapacity(shape, tokens.Length, tokens.Length, activations: true);
        var kept = new Activations(shape, scratch.Kept, tokens.Length);
        GroupKernels<TVector, TOps>.Forward(context, group, batch, null, context.Rotations(tokens.Length, out var owner), kept, scratch);
        GC.KeepAlive(owner);
        var prompt = new Prompt(shape, tokens.Length);
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            for (var head = 0; head < shape.KeyHeads; head++)
            {
                var keys = kept.Joint(layer) + shape.Query + head * shape.Head;
                for (var t = 0; t < tokens.Length; t++)
                {
                    CachedAttention<TVector, TOps>.WriteKey(prompt.Keys(layer, head), t, keys + (nint)t * shape.JointStride, shape.Head);
                    BlockKernels<TVector, TOps>.Copy(keys + shape.Key + (nint)t * shape.JointStride, prompt.Values(layer, head) + t * shape.Head, shape.Head);
                }
            }
        }
        Read(kept.Stream(shape.Layers) + (tokens.Length - 1) * (nint)shape.Width, 1, prompt.Following);
        Hidden(0).CopyTo(prompt.State);
        return prompt;
    }

    public void Attach(int slot, IPromptCache prompt)
    {
        prompts[slot] = (Prompt)prompt;
        lengths[slot] = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Step(ReadOnlySpan<int> slots, ReadOnlySpan<int> tokens, Span<float> logits)
    {
        var count = slots.Length;
        var longest = 0;
        for (var i = 0; i < count; i++)
        {
            longest = Math.Max(longest, PromptOf(slots[i]).Length + lengths[slots[i]] + 1);
            BlockKernels<TVector, TOps>.Copy(context.Packed.Flat + context.Layout.Embedding + (long)tokens[i] * shape.Width, stream + i * (nint)shape.Width, shape.Width);
        }
        scores.EnsureCapacity(2L * (SimdLayer.Padded(longest) + fresh));
        var rotations = context.Rotations(longest, out var owner);
        for (var layer = 0; layer < shape.Layers; layer++) { Block(layer, slots, rotations); }
        GC.KeepAlive(owner);
        for (var i = 0; i < count; i++) { lengths[slots[i]]++; }
        Read(stream, count, logits);
    }

    public ReadOnlySpan<float> Hidden(int row) => new(normed + row * (nint)shape.WidthStride, shape.Width);

    public void Dispose()
    {
        cache.Dispose();
        rows.Dispose();
        scores.Dispose();
        scratch.Dispose();
    }

    private Prompt PromptOf(int slot) => prompts[slot] ?? throw new InvalidOperationException($"Slot {slot} has no prompt.");

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Block(int layer, ReadOnlySpan<int> slots, float* rotations)
    {
        var places = context.Layout.Layers[layer];
        var packed = context.Packed;
        var count = slots.Length;
        RowKernels<TVector, TOps>.Norm(stream, shape.Width, packed.Flat + places.InputNorm, normed, shape.WidthStride, null, count, shape.Width, shape.Epsilon);
        BlockKernels<TVector, TOps>.Product(normed, shape.WidthStride, packed.Joint(layer), joint, shape.JointStride, count, packed.Bias(layer));
        for (var i = 0; i < count; i++)
        {
            var row = joint + i * (nint)shape.JointStride;
            var position = PromptOf(slots[i]).Length + lengths[slots[i]];
            if (shape.HasHeadNorm) { BlockKernels<TVector, TOps>.NormHeads(shape, packed, places, row, null); }
            RowKernels<TVector, TOps>.Rotate(row, shape.Heads + shape.KeyHeads, shape.Head / 2, rotations + (nint)position * shape.Head, 1);
            Attend(layer, slots[i], row, attended + i * (nint)shape.QueryStride);
        }
        BlockKernels<TVector, TOps>.Product(attended, shape.QueryStride, packed.Output(layer), stream, shape.Width, count, accumulate: true);
        RowKernels<TVector, TOps>.Norm(stream, shape.Width, packed.Flat + places.AttentionNorm, normed, shape.WidthStride, null, count, shape.Width, shape.Epsilon);
        BlockKernels<TVector, TOps>.Product(normed, shape.WidthStride, packed.GateUp(layer), gateUp, shape.GateUpStride, count);
        RowKernels<TVector, TOps>.SwiGlu(gateUp, shape.GateUpStride, inner, shape.InnerStride, count, shape.Inner);
        BlockKernels<TVector, TOps>.Product(inner, shape.InnerStride, packed.Down(layer), stream, shape.Width, count, accumulate: true);
    }

    /// <summary>Appends the row's key and value and attends over the prompt and the sequence's own tokens.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Attend(int layer, int slot, float* row, float* output)
    {
        var prompt = PromptOf(slot);
        var own = lengths[slot] + 1;
        for (var group = 0; group < shape.KeyHeads; group++)
        {
            float* keys = Keys(layer, slot, group), values = Values(layer, slot, group), key = row + shape.Query + group * shape.Head;
            CachedAttention<TVector, TOps>.WriteKey(keys, own - 1, key, shape.Head);
            BlockKernels<TVector, TOps>.Copy(key + shape.Key, values + (own - 1) * (nint)shape.Head, shape.Head);
            // Two heads that share keys and values read them once.
            for (var head = group * shape.Share; head < (group + 1) * shape.Share; head += 2)
            {
                var paired = head + 1 < (group + 1) * shape.Share;
                float* query = row + head * shape.Head, other = paired ? query + shape.Head : null;
                float* y = output + head * shape.Head, otherY = y + shape.Head;
                float* before = scores.Pointer, since = before + CachedAttention<TVector, TOps>.Whole(prompt.Length);
                float* otherBefore = since + fresh, otherSince = otherBefore + CachedAttention<TVector, TOps>.Whole(prompt.Length);
                CachedAttention<TVector, TOps>.Scores(query, other, shape.Head, prompt.Keys(layer, group), prompt.Length, before, otherBefore);
                CachedAttention<TVector, TOps>.Scores(query, other, shape.Head, keys, own, since, otherSince);
                var total = Weights(before, prompt.Length, since, own);
                var otherTotal = paired ? Weights(otherBefore, prompt.Length, otherSince, own) : 1;
                new Span<float>(y, paired ? 2 * shape.Head : shape.Head).Clear();
                CachedAttention<TVector, TOps>.AddWeighted(before, paired ? otherBefore : null, prompt.Values(layer, group), prompt.Length, shape.Head, y, otherY);
                CachedAttention<TVector, TOps>.AddWeighted(since, paired ? otherSince : null, values, own, shape.Head, y, otherY);
                AttentionKernel<TVector, TOps>.Scale(y, shape.Head, 1 / total);
                if (paired) { AttentionKernel<TVector, TOps>.Scale(otherY, shape.Head, 1 / otherTotal); }
            }
        }
    }

    /// <summary>Scores become e^(score scale - largest), in place; their sum.</summary>
    private float Weights(float* before, int promptLength, float* since, int own)
    {
        var shift = Math.Max(RowKernels<TVector, TOps>.Maximum(before, promptLength), RowKernels<TVector, TOps>.Maximum(since, own)) * shape.Scale;
        return RowKernels<TVector, TOps>.Exponentials(before, promptLength, promptLength, shape.Scale, shift)
            + RowKernels<TVector, TOps>.Exponentials(since, own, own, shape.Scale, shift);
    }

    /// <summary>Logits of the rows of a stream.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Read(float* from, int count, Span<float> logits)
    {
        var packed = context.Packed;
        RowKernels<TVector, TOps>.Norm(from, shape.Width, packed.Flat + context.Layout.FinalNorm, normed, shape.WidthStride, null, count, shape.Width, shape.Epsilon);
        BlockKernels<TVector, TOps>.Product(normed, shape.WidthStride, packed.Head, outputs, shape.VocabularyStride, count);
        for (var i = 0; i < count; i++)
        {
            new ReadOnlySpan<float>(outputs + i * (nint)shape.VocabularyStride, shape.Vocabulary).CopyTo(logits[(i * shape.Vocabulary)..]);
        }
    }

    /// <summary>Tiles of keys.</summary>
    private float* Keys(int layer, int slot, int head) => cache.Pointer + Place(layer, slot, head);

    /// <summary>[fresh, head size].</summary>
    private float* Values(int layer, int slot, int head) => cache.Pointer + Place(layer, slot, head) + (long)shape.Head * fresh;

    private long Place(int layer, int slot, int head) => ((long)(layer * prompts.Length + slot) * shape.KeyHeads + head) * 2 * shape.Head * fresh;

    private sealed class Prompt : IPromptCache
    {
        private readonly AlignedBuffer memory = new();
        private readonly KernelShape shape;

        public Prompt(KernelShape shape, int length)
        {
            this.shape = shape;
            Length = length;
            Stride = SimdLayer.Padded(length);
            memory.EnsureCapacity((long)shape.Layers * shape.Key * (Stride + length));
            Following = new float[shape.Vocabulary];
            State = new float[shape.Width];
        }

        public int Length { get; }

        public int Stride { get; }

        public float[] Following { get; }

        public float[] State { get; }

        public ReadOnlySpan<float> Logits => Following;

        public ReadOnlySpan<float> Hidden => State;

        /// <summary>Tiles of keys.</summary>
        public float* Keys(int layer, int head) => memory.Pointer + ((long)layer * shape.KeyHeads + head) * shape.Head * (Stride + Length);

        /// <summary>[length, head size].</summary>
        public float* Values(int layer, int head) => Keys(layer, head) + (long)shape.Head * Stride;

        public void Dispose() => memory.Dispose();
    }
}
