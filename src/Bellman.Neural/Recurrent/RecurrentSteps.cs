namespace Bellman.Neural;

/// <summary>What the steps of a recurrent batch read and leave, a padded row a step.</summary>
internal sealed unsafe class RecurrentSteps(int size, nint inputStride, nint gateStride, nint stateStride) : IDisposable
{
    private readonly AlignedBuffer memory = new();
    private int capacity;

    public float* Inputs { get; private set; }

    public float* Gates { get; private set; }

    public float* HiddenGates { get; private set; }

    public float* PreviousHidden { get; private set; }

    public float* PreviousCell { get; private set; }

    public float* Hidden { get; private set; }

    public float* Cell { get; private set; }

    public void EnsureCapacity(int rows)
    {
        if (rows <= capacity) { return; }
        nint inputs = rows * inputStride, gates = rows * gateStride, states = rows * stateStride;
        memory.EnsureCapacity(inputs + 2 * gates + 4 * states);
        Inputs = memory.Pointer;
        Gates = Inputs + inputs;
        HiddenGates = Gates + gates;
        PreviousHidden = HiddenGates + gates;
        PreviousCell = PreviousHidden + states;
        Hidden = PreviousCell + states;
        Cell = Hidden + states;
        capacity = rows;
    }

    public RecurrentRow Row(int row) => new()
    {
        Size = size,
        Gates = Gates + row * gateStride,
        HiddenGates = HiddenGates + row * gateStride,
        PreviousHidden = PreviousHidden + row * stateStride,
        PreviousCell = PreviousCell + row * stateStride,
        Hidden = Hidden + row * stateStride,
        Cell = Cell + row * stateStride,
    };

    public void Dispose() => memory.Dispose();
}
