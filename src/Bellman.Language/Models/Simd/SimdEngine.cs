using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>A transformer in Bellman's own kernels, float32 on the CPU: forward, backward and decoding without torch's cost of an operation.</summary>
internal sealed unsafe class SimdEngine : ITransformerEngine
{
    // Keys and values of one decoder's slots together.
    private const long CacheBytes = 256 << 20;

    // More rows make products no quicker, and push the cache of a small model out of the processor's own.
    private const int MostSlots = 32;

    private readonly WeightStore weights;
    private readonly float[] flat;
    private readonly TransformerOptions options;
    private readonly KernelContext context;
    private readonly TransformerKernels kernels;
    private float[]? effective;

    public SimdEngine(TransformerConfiguration model, WeightStore weights, TransformerOptions options)
    {
        (Model, this.weights, this.options) = (model, weights, options);
        flat = weights.Flat ?? throw new InvalidOperationException("The kernels need float32 weights on the CPU.");
        context = new KernelContext(model, weights.Layout, options.Threads);
        kernels = TransformerKernels.For(model);
    }

    public TransformerConfiguration Model { get; }

    /// <summary>Numbers of all weights together.</summary>
    public long Size => weights.Layout.Size;

    /// <summary>The adapters in use, if any.</summary>
    public LowRankAdapters? Adapters { get; set; }

    public TokenScores Score(TokenBatch batch, Tensor? embeddings, double temperature, ScoreOutputs outputs)
    {
        List<Tensor> inputs = embeddings is null ? [] : [embeddings];
        inputs.AddRange(TrainableTensors());
        var differentiable = is_grad_enabled() && inputs.Any(input => input.requires_grad);
        var pass = kernels.CreatePass(context, batch, temperature, keep: differentiable && !options.Checkpointing);
        var call = new KernelCall(pass, this, batch, embeddings, outputs);
        var scores = differentiable ? KernelScores.Run(call, inputs) : call.Forward();
        var next = 1;
        Tensor? Next(ScoreOutputs output) => outputs.HasFlag(output) ? scores[next++] : null;
        return new TokenScores(scores[0], Next(ScoreOutputs.Entropies), Next(ScoreOutputs.Hidden), Next(ScoreOutputs.Logits));
    }

    public IReadOnlyList<IDecoder> CreateDecoders(int sequences, int prompt, int fresh)
    {
        lock (context.Gate) { context.Packed.Synchronise(EffectiveWeights()); }
        var threads = Math.Min(options.Threads, sequences);
        var slotBytes = 2L * sizeof(float) * Model.Layers * Model.KeyValueWidth * (fresh + 16);
        var slots = (int)Math.Clamp(CacheBytes / slotBytes, 1, Math.Min(MostSlots, (sequences + threads - 1) / threads));
        return [.. Enumerable.Range(0, threads).Select(_ => kernels.CreateDecoder(context, slots, fresh))];
    }

    /// <summary>The weights themselves, or with the adapters' products added.</summary>
    public float* EffectiveWeights()
    {
        if (Adapters is not { } adapters) { return (float*)Marshal.UnsafeAddrOfPinnedArrayElement(flat, 0); }
        effective ??= GC.AllocateUninitializedArray<float>(flat.Length, pinned: true);
        flat.CopyTo(effective.AsSpan());
        using var scope = NewDisposeScope();
        using var without = no_grad();
        foreach (var name in adapters.Pairs.Keys)
        {
            var place = weights.Layout[name];
            MemoryMarshal.Cast<byte, float>((weights[name] + adapters.Delta(name)).bytes).CopyTo(effective.AsSpan((int)place.Offset, (int)place.Size));
        }
        return (float*)Marshal.UnsafeAddrOfPinnedArrayElement(effective, 0);
    }

    /// <summary>What an optimiser may change, in the order of <see cref="TrainableGradients"/>.</summary>
    public IEnumerable<Tensor> TrainableTensors() => Adapters is { } adapters ? adapters.Tensors.Select(tensor => tensor.Value)
        : options.Frozen ? []
        : weights.Layout.Weights.Select(place => weights[place.Name]);

    /// <summary>From the gradient of all weights: views of it, or what the adapters get by the chain rule.</summary>
    public IEnumerable<Tensor> TrainableGradients(Tensor gradient)
    {
        Tensor Part(WeightPlace place) => gradient.narrow(0, place.Offset, place.Size).view(place.Shape);
        if (Adapters is not { } adapters) { return options.Frozen ? [] : weights.Layout.Weights.Select(Part); }
        // W' = W + s B A:  dA = s Bᵀ dW',  dB = s dW' Aᵀ
        return weights.Layout.Weights.Where(place => adapters.Pairs.ContainsKey(place.Name)).SelectMany(place =>
        {
            var (pair, slope) = (adapters.Pairs[place.Name], Part(place));
            return new[] { pair.Up.t().mm(slope) * adapters.Options.Scale, slope.mm(pair.Down.t()) * adapters.Options.Scale };
        });
    }

    public void Dispose() => context.Dispose();
}
