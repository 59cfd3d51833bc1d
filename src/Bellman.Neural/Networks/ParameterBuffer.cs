using System.Runtime.InteropServices;

namespace Bellman.Neural;

/// <summary>Where one named parameter lies in the flat buffer.</summary>
/// <param name="Name">For example "actor.0.weight".</param>
/// <param name="Offset">Index of its first number.</param>
/// <param name="Shape">Row-major; a dense weight is [outputs, inputs].</param>
public sealed record ParameterInfo(string Name, int Offset, IReadOnlyList<int> Shape)
{
    /// <summary>How many numbers it has.</summary>
    public int Size => Shape.Aggregate(1, (product, side) => product * side);
}

/// <summary>
/// All parameters of a group of networks in one array, and their gradients in another, so that an optimiser, a clip
/// or a copy is one pass over contiguous memory. Both arrays are pinned: tensors wrap them without a copy.
/// </summary>
public sealed class ParameterBuffer : IStateful
{
    private readonly float[] values;

    /// <summary>A buffer of zeros for parameters that follow one another without gaps.</summary>
    public ParameterBuffer(IReadOnlyList<ParameterInfo> parameters)
    {
        Parameters = parameters;
        var length = parameters.Sum(parameter => parameter.Size);
        values = GC.AllocateArray<float>(length, pinned: true);
        Gradients = GC.AllocateArray<float>(length, pinned: true);
    }

    /// <summary>A buffer of zeros for parameters of these names and shapes, one after another.</summary>
    internal static ParameterBuffer Of(IEnumerable<(string Name, int[] Shape)> parameters)
    {
        var layout = new List<ParameterInfo>();
        var offset = 0;
        foreach (var (name, shape) in parameters)
        {
            var parameter = new ParameterInfo(name, offset, shape);
            layout.Add(parameter);
            offset = checked(offset + parameter.Size);
        }
        return new ParameterBuffer(layout);
    }

    /// <summary>The parameters' values. They may be written at any time: engines notice.</summary>
    public float[] Values
    {
        get
        {
            IsTracked = false;
            return values;
        }
    }

    /// <summary>The parameters' gradients; <see cref="INetwork.Backward"/> adds to them.</summary>
    public float[] Gradients { get; }

    /// <summary>Names, places and shapes, in order of offset.</summary>
    public IReadOnlyList<ParameterInfo> Parameters { get; }

    /// <summary>The values, for readers, and for writers who tell with <see cref="Changed"/>.</summary>
    internal float[] Block => values;

    /// <summary>
    /// Whether every change is counted by <see cref="Version"/>: until somebody outside gets hold of the memory. Engines
    /// that keep copies then need not compare them at each call, which for small batches is a third of its time.
    /// </summary>
    internal bool IsTracked { get; private set; } = true;

    /// <summary>Grows with every change that was told.</summary>
    internal long Version { get; private set; }

    /// <summary>Tells that <see cref="Block"/> was written.</summary>
    internal void Changed() => Version++;

    /// <summary>Sets every gradient to zero.</summary>
    public void ClearGradients() => Array.Clear(Gradients);

    /// <summary>Takes over the other buffer's values. Layouts must be equal.</summary>
    /// <exception cref="ArgumentException">The layouts differ.</exception>
    public void CopyFrom(ParameterBuffer other)
    {
        RequireSameLayout(other);
        other.values.CopyTo(values.AsSpan());
        Changed();
    }

    /// <summary>Returns weight decay, ½ d ‖θ‖² of one parameter, and adds its slope d θ to the gradient.</summary>
    public double AddDecay(ParameterInfo parameter, float decay)
    {
        var own = values.AsSpan(parameter.Offset, parameter.Size);
        VectorRows.Add(decay, own, Gradients.AsSpan(parameter.Offset, parameter.Size));
        return 0.5 * decay * VectorKernels.Active.SumOfSquares(own);
    }

    /// <summary>Moves each value a share <paramref name="tau"/> of the way to the other's (Polyak averaging).</summary>
    /// <param name="other">A buffer of the same layout.</param>
    /// <param name="tau">In [0, 1]: 0 changes nothing, 1 copies.</param>
    /// <exception cref="ArgumentException">The layouts differ.</exception>
    public void MoveTowards(ParameterBuffer other, float tau)
    {
        RequireSameLayout(other);
        VectorKernels.Active.MoveTowards(values, other.values, tau);
        Changed();
    }

    /// <summary>
    /// Scales all gradients so that their Euclidean norm is at most <paramref name="maximumNorm"/>.
    /// </summary>
    /// <returns>The norm before clipping; not finite when a gradient is not, and then nothing is scaled.</returns>
    public double ClipGradients(double maximumNorm)
    {
        var norm = Math.Sqrt(VectorKernels.Active.SumOfSquares(Gradients));
        // g <- g * c / (|g| + 1e-6) when that is below 1
        var factor = maximumNorm / (norm + 1e-6);
        if (factor < 1 && double.IsFinite(norm)) { VectorKernels.Active.Scale(Gradients, (float)factor); }
        return norm;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        foreach (var parameter in Parameters)
        {
            state.Array(parameter.Name, values.AsMemory(parameter.Offset, parameter.Size));
        }
        Changed();
    }

    /// <summary>The values of one parameter by its full name, such as "actor.0.weight".</summary>
    /// <exception cref="UsageException">No parameter has this name.</exception>
    public Span<float> this[string name] => Values.AsSpan(Find(name).Offset, Find(name).Size);

    /// <summary>As the indexer, for initial values: to be written before anything reads them.</summary>
    internal Span<float> Initial(string name) => values.AsSpan(Find(name).Offset, Find(name).Size);

    internal unsafe float* ValuePointer => (float*)Marshal.UnsafeAddrOfPinnedArrayElement(values, 0);

    internal unsafe float* GradientPointer => (float*)Marshal.UnsafeAddrOfPinnedArrayElement(Gradients, 0);

    /// <summary>Where the parameter with this full name lies.</summary>
    /// <exception cref="UsageException">No parameter has this name.</exception>
    public ParameterInfo Find(string name) =>
        Parameters.FirstOrDefault(parameter => parameter.Name == name)
        ?? throw NearNames.Unknown("parameter", name, Parameters.Select(parameter => parameter.Name), $"This buffer holds {Parameters.Count} parameters.");

    private void RequireSameLayout(ParameterBuffer other)
    {
        if (ReferenceEquals(Parameters, other.Parameters)) { return; }
        if (Parameters.Count != other.Parameters.Count
            || Parameters.Zip(other.Parameters).Any(pair => pair.First.Name != pair.Second.Name || !pair.First.Shape.SequenceEqual(pair.Second.Shape)))
        {
            throw new ArgumentException("The two parameter buffers have different layouts; values move only between networks of the same parts and shapes.", nameof(other));
        }
    }
}
