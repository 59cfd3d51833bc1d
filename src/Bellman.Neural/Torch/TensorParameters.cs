using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bellman.Neural;

/// <summary>
/// The parameters of some parts as torch tensors, for mathematics that autograd should differentiate (recurrent models, imagination).
/// Behind them is one flat buffer, so that <see cref="Adam"/>, clipping, Polyak averages and checkpoints are those of every other network. Use it
/// under <see cref="TorchTurn"/>.
/// </summary>
/// <remarks>
/// Torch computes on blocks of its own, which begin at a multiple of a cache line: sums over managed arrays depend in their last bit on where
/// the collector has put them, and a resumed run would not be the same.
/// </remarks>
public sealed class TensorParameters : IStateful, IDisposable
{
    private readonly Dictionary<string, Tensor> tensors = [];
    private readonly Tensor[] leaves;
    private readonly Tensor values;
    private readonly Tensor? gradients;

    private TensorParameters(ParameterBuffer buffer, bool learned)
    {
        TorchRuntime.UseThreads(1);
        Buffer = buffer;
        using var scope = NewDisposeScope();
        values = zeros(buffer.Block.Length).DetachFromDisposeScope();
        gradients = learned ? zeros(buffer.Block.Length).DetachFromDisposeScope() : null;
        foreach (var parameter in buffer.Parameters)
        {
            long[] shape = [.. parameter.Shape.Select(side => (long)side)];
            var value = values.narrow(0, parameter.Offset, parameter.Size).view(shape).detach().DetachFromDisposeScope();
            if (gradients is not null)
            {
                value.requires_grad_();
                value.grad = gradients.narrow(0, parameter.Offset, parameter.Size).view(shape);
            }
            tensors.Add(parameter.Name, value);
        }
        leaves = [.. tensors.Values];
        Refresh();
    }

    /// <summary>The values and gradients as one block each.</summary>
    public ParameterBuffer Buffer { get; }

    /// <summary>The parameter with this full name, such as "actor.0.weight".</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public Tensor this[string name] => tensors.TryGetValue(name, out var found) ? found : throw NearNames.Unknown("parameter", name, tensors.Keys, $"There are {tensors.Count} parameters.");

    /// <summary>The parameters of <paramref name="parts"/>, with their initial values.</summary>
    /// <param name="initialization">Weights are drawn from children of this stream, named after the parts.</param>
    /// <param name="parts">With different names; their networks are not built.</param>
    /// <exception cref="UsageException">A shape is out of range.</exception>
    public static TensorParameters Create(RandomStream initialization, IReadOnlyList<NetworkPart> parts)
    {
        foreach (var part in parts) { part.Validate(); }
        var buffer = ParameterBuffer.Of(parts.SelectMany(part => part.Parameters()));
        foreach (var part in parts) { part.Initialize(buffer, initialization); }
        return new TensorParameters(buffer, learned: true);
    }

    /// <summary>The same values in a buffer of their own, which have no gradients: a target that follows slowly.</summary>
    public TensorParameters Copy()
    {
        var buffer = new ParameterBuffer(Buffer.Parameters);
        buffer.CopyFrom(Buffer);
        return new TensorParameters(buffer, learned: false);
    }

    /// <summary>Replaces the buffer's gradients by those of a scalar; what else the scalar depends on keeps its own.</summary>
    public void Differentiate(Tensor loss)
    {
        if (gradients is null) { throw new InvalidOperationException("A copy has no gradients."); }
        gradients.zero_();
        using var scope = NewDisposeScope();
        autograd.backward([loss], [ones_like(loss)], retain_graph: false, create_graph: false, inputs: leaves);
        Numbers(gradients).CopyTo(Buffer.Gradients);
    }

    /// <summary>One step of an optimiser of the buffer.</summary>
    public void Step(Adam optimizer)
    {
        optimizer.Step();
        Refresh();
    }

    /// <summary>Moves each value a share <paramref name="tau"/> of the way to the other's (Polyak averaging).</summary>
    public void MoveTowards(TensorParameters other, double tau)
    {
        Buffer.MoveTowards(other.Buffer, (float)tau);
        Refresh();
    }

    /// <summary>Takes over what was written to the buffer from elsewhere.</summary>
    public void Refresh() => Buffer.Block.CopyTo(Numbers(values));

    /// <summary>Numbers as a tensor in a block of torch's own.</summary>
    public static Tensor Of(float[] numbers, params long[] shape)
    {
        // What tensor() makes lies in a managed array: see above.
        using var wrapped = tensor(numbers, shape);
        return wrapped.clone();
    }

    /// <summary>Standard normal draws.</summary>
    public static Tensor Noise(RandomStream random, params long[] shape)
    {
        var numbers = new float[shape.Aggregate(1L, (product, side) => product * side)];
        random.NextGaussians(numbers);
        return Of(numbers, shape);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        Buffer.Exchange(state);
        if (state.IsLoading) { Refresh(); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var leaf in leaves) { leaf.Dispose(); }
        values.Dispose();
        gradients?.Dispose();
    }

    private static Span<float> Numbers(Tensor block) => MemoryMarshal.Cast<byte, float>(block.bytes);
}

/// <summary>A tensor of weights with its biases that belongs to no network of <see cref="NetworkGroup"/>: a convolution in torch's layout, a bilinear form.</summary>
/// <param name="Name">Unique; the parameters are "name.weight" and, if there are biases, "name.bias".</param>
/// <param name="Shape">Of the weights.</param>
/// <param name="Biases">How many biases; 0 for none.</param>
/// <param name="FanIn">Numbers that an output is summed over: weights and biases start uniform in ±1/sqrt(fan-in).</param>
public sealed record WeightPart(string Name, IReadOnlyList<int> Shape, int Biases, int FanIn) : NetworkPart(Name)
{
    /// <summary>Whether a square matrix starts as the identity instead.</summary>
    public bool Identity { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters()
    {
        yield return ($"{Name}.weight", [.. Shape]);
        if (Biases > 0) { yield return ($"{Name}.bias", [Biases]); }
    }

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random)
    {
        var weight = parameters.Initial($"{Name}.weight");
        if (Identity)
        {
            for (var i = 0; i < Shape[0]; i++) { weight[i * Shape[1] + i] = 1; }
            return;
        }
        var stream = random.Child(Name);
        var bound = 1 / Math.Sqrt(FanIn);
        foreach (ref var value in weight) { value = (float)stream.NextUniform(-bound, bound); }
        if (Biases == 0) { return; }
        foreach (ref var value in parameters.Initial($"{Name}.bias")) { value = (float)stream.NextUniform(-bound, bound); }
    }

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context) => null;

    /// <inheritdoc/>
    public override void Validate()
    {
        if (Shape.Any(side => side < 1) || FanIn < 1 || (Identity && (Shape.Count != 2 || Shape[0] != Shape[1])))
        {
            throw new UsageException($"Weights '{Name}' have shape {string.Join(" x ", Shape)}; every side must be at least 1, and an identity must be square.");
        }
    }
}
