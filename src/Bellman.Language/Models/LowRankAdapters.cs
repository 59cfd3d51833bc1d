using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>The adapters' matrices: A [rank, inputs] drawn from Kaiming's uniform distribution, B [outputs, rank] zero.</summary>
internal sealed class LowRankAdapters : IStateful, IDisposable
{
    private readonly Dictionary<string, Pair> pairs = [];
    private readonly TransformerLayout layout;
    private readonly Device device;

    public LowRankAdapters(TransformerLayout layout, LowRankOptions options, Device device, RandomStream? random)
    {
        Options = options.Validated();
        this.layout = layout;
        this.device = device;
        foreach (var place in layout.Weights)
        {
            if (place.Shape.Length != 2 || !options.Targets.Any(target => place.Name.EndsWith($".{target}.weight", StringComparison.Ordinal))) { continue; }
            var down = new float[options.Rank * place.Shape[1]];
            if (random is not null)
            {
                // U(-sqrt(6 / ((1 + 5) inputs)), ...): Kaiming with a = sqrt 5, as the reference implementation
                var bound = 1 / Math.Sqrt(place.Shape[1]);
                var stream = random.Child(place.Name);
                foreach (ref var value in down.AsSpan()) { value = (float)stream.NextUniform(-bound, bound); }
            }
            pairs.Add(place.Name, new Pair(Leaf(down, options.Rank, place.Shape[1]), Leaf(new float[place.Shape[0] * options.Rank], place.Shape[0], options.Rank)));
        }
    }

    /// <summary>A and B of one projection.</summary>
    internal sealed record Pair(Tensor Down, Tensor Up);

    public LowRankOptions Options { get; }

    public IReadOnlyDictionary<string, Pair> Pairs => pairs;

    /// <summary>Every matrix under the name that PEFT gives it.</summary>
    public IEnumerable<NamedTensor> Tensors => layout.Weights.Where(place => pairs.ContainsKey(place.Name)).SelectMany(place =>
    {
        var name = "base_model.model." + place.Name[..^".weight".Length];
        return new[] { new NamedTensor(name + ".lora_A.weight", pairs[place.Name].Down), new NamedTensor(name + ".lora_B.weight", pairs[place.Name].Up) };
    });

    /// <summary>(alpha / rank) B A, what the adapters add to a projection's matrix.</summary>
    public Tensor Delta(string name) => pairs[name].Up.mm(pairs[name].Down) * Options.Scale;

    public LowRankAdapters Copy()
    {
        var copy = new LowRankAdapters(layout, Options, device, null);
        using var without = no_grad();
        foreach (var (name, pair) in pairs)
        {
            copy.pairs[name].Down.copy_(pair.Down);
            copy.pairs[name].Up.copy_(pair.Up);
        }
        return copy;
    }

    public void Exchange(StateExchange state)
    {
        foreach (var (name, tensor) in Tensors) { TensorState.Exchange(state, name, tensor); }
    }

    public void Dispose()
    {
        foreach (var pair in pairs.Values)
        {
            pair.Down.Dispose();
            pair.Up.Dispose();
        }
    }

    private Tensor Leaf(float[] values, params long[] shape)
    {
        using var scope = NewDisposeScope();
        return tensor(values, shape).to(device).requires_grad_().DetachFromDisposeScope();
    }
}

/// <summary>Saves and restores a float32 tensor wherever it lives.</summary>
internal static class TensorState
{
    public static void Exchange(StateExchange state, string name, Tensor target)
    {
        using var scope = NewDisposeScope();
        using var without = no_grad();
        var values = ToArray(target);
        state.Array<float>(name, values);
        if (state.IsLoading) { target.copy_(tensor(values, target.shape)); }
    }

    public static float[] ToArray(Tensor source)
    {
        using var scope = NewDisposeScope();
        return MemoryMarshal.Cast<byte, float>(source.detach().to(ScalarType.Float32).cpu().contiguous().bytes).ToArray();
    }
}
