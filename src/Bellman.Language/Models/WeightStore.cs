using System.Runtime.InteropServices;
using Bellman.Neural;
using TorchSharp;
using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// The weights of a transformer. On a CPU in float32 they are one pinned array that the tensors are views of, so that
/// kernels and torch see the same numbers; elsewhere each is a tensor of its own.
/// </summary>
internal sealed class WeightStore : IStateful, IDisposable
{
    private readonly Dictionary<string, Tensor> tensors = [];
    private readonly Device device;
    private readonly ScalarType type;

    public WeightStore(TransformerLayout layout, Device device, ScalarType type, bool trainable)
    {
        TorchRuntime.EnsureLoaded();
        Layout = layout;
        this.device = device;
        this.type = type;
        if (device.type == DeviceType.CPU && type == ScalarType.Float32)
        {
            if (layout.Size > Array.MaxLength) { throw new UsageException($"A model of {layout.Size:N0} parameters is too large for float32 on the CPU. Use --device cuda, or bfloat16 and frozen."); }
            Flat = GC.AllocateArray<float>((int)layout.Size, pinned: true);
        }
        using var scope = NewDisposeScope();
        foreach (var place in layout.Weights)
        {
            var tensor = Flat is null
                ? empty(place.Shape, type, device)
                : frombuffer(Flat, ScalarType.Float32, place.Size, (int)place.Offset).view(place.Shape);
            tensors.Add(place.Name, (trainable ? tensor.requires_grad_() : tensor).DetachFromDisposeScope());
        }
    }

    public TransformerLayout Layout { get; }

    /// <summary>All weights in one pinned array; null when they are not float32 on a CPU.</summary>
    public float[]? Flat { get; }

    public Tensor this[string name] => tensors[name];

    /// <summary>Whether the weights may be trained.</summary>
    public bool Trainable
    {
        get => tensors.Values.First().requires_grad;
        set
        {
            foreach (var tensor in tensors.Values)
            {
                tensor.requires_grad_(value);
                if (!value && tensor.grad is not null) { tensor.grad = null; }
            }
        }
    }

    /// <summary>Replaces one tensor's numbers.</summary>
    public void Write(WeightPlace place, ReadOnlySpan<float> values)
    {
        if (Flat is not null)
        {
            values.CopyTo(Flat.AsSpan((int)place.Offset, (int)place.Size));
            return;
        }
        using var scope = NewDisposeScope();
        using var without = no_grad();
        tensors[place.Name].copy_(tensor(values.ToArray(), place.Shape));
    }

    /// <summary>One tensor's numbers: the memory itself where they are float32 on a CPU, else a copy.</summary>
    public Memory<float> Read(WeightPlace place)
    {
        if (Flat is not null) { return Flat.AsMemory((int)place.Offset, (int)place.Size); }
        using var scope = NewDisposeScope();
        using var without = no_grad();
        var host = tensors[place.Name].detach().to(ScalarType.Float32).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(host.bytes).ToArray();
    }

    public WeightStore Copy(bool trainable)
    {
        var copy = new WeightStore(Layout, device, type, trainable);
        if (Flat is not null && copy.Flat is not null) { Flat.CopyTo(copy.Flat.AsSpan()); }
        else
        {
            using var without = no_grad();
            foreach (var (name, tensor) in tensors) { copy.tensors[name].copy_(tensor); }
        }
        return copy;
    }

    public void Exchange(StateExchange state)
    {
        foreach (var place in Layout.Weights)
        {
            var values = Read(place);
            state.Array(place.Name, values);
            if (state.IsLoading && Flat is null) { Write(place, values.Span); }
        }
    }

    public void Dispose()
    {
        foreach (var tensor in tensors.Values) { tensor.Dispose(); }
    }
}
