namespace Bellman.Neural;

/// <summary>What a recurrent layer remembers with.</summary>
public enum RecurrentCell
{
    /// <summary>Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).</summary>
    Lstm,

    /// <summary>Gated recurrent unit (Cho et al. 2014): half the memory and three quarters of the work of an LSTM.</summary>
    Gru,
}

/// <summary>
/// One recurrent layer, its outputs being its hidden state. Parameters, in torch's layout: "name.input.weight" [gates x
/// size, inputs], "name.input.bias", "name.hidden.weight" [gates x size, size], "name.hidden.bias"; gates in the order input,
/// forget, cell, output for an LSTM and reset, update, new for a GRU.
/// </summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="Cell">LSTM or GRU.</param>
/// <param name="InputSize">Numbers per input row, at least 1.</param>
/// <param name="Size">Numbers per output row, at least 1.</param>
/// <remarks>Computed by our kernels whichever engine is asked for.</remarks>
public sealed record RecurrentPart(string Name, RecurrentCell Cell, int InputSize, int Size) : NetworkPart(Name)
{
    /// <inheritdoc/>
    public override int Inputs => InputSize;

    /// <inheritdoc/>
    public override int Outputs => Size;

    private int Gates => Cell == RecurrentCell.Lstm ? LstmCell.Gates : GruCell.Gates;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() =>
    [
        ($"{Name}.input.weight", [Gates * Size, InputSize]),
        ($"{Name}.input.bias", [Gates * Size]),
        ($"{Name}.hidden.weight", [Gates * Size, Size]),
        ($"{Name}.hidden.bias", [Gates * Size]),
    ];

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random)
    {
        // Each gate orthogonal by itself: the hidden state is then neither blown up nor lost from step to step.
        foreach (var (kind, inputs) in new[] { ("input", InputSize), ("hidden", Size) })
        {
            var stream = random.Child($"{Name}.{kind}");
            var weight = parameters.Initial($"{Name}.{kind}.weight");
            for (var gate = 0; gate < Gates; gate++) { WeightInitializer.Orthogonal(weight.Slice(gate * Size * inputs, Size * inputs), Size, inputs, 1, stream); }
        }
        // A forget gate that starts open remembers until it learns not to (Jozefowicz et al. 2015).
        if (Cell == RecurrentCell.Lstm) { parameters.Initial($"{Name}.input.bias").Slice(Size, Size).Fill(1); }
    }

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context)
    {
        return VectorKernels.Active.CreateRecurrent(Cell, Layer("input", InputSize), Layer("hidden", Size), parameters);

        DenseLayout Layer(string kind, int inputs) => new(inputs, Gates * Size, Activation.Identity,
            parameters.Find($"{Name}.{kind}.weight").Offset, parameters.Find($"{Name}.{kind}.bias").Offset, -1, -1);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        if (InputSize < 1 || Size < 1)
        {
            throw new UsageException($"Recurrent layer '{Name}' reads {InputSize} numbers and writes {Size}; both must be at least 1.");
        }
    }
}
