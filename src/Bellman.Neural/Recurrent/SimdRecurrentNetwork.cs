namespace Bellman.Neural;

/// <summary>
/// A recurrent layer in vector kernels. What the inputs contribute is one product over all steps; only the hidden state's
/// part goes step by step. Backwards likewise: step by step through time, then each weight's gradient as one product.
/// Nothing is allocated once the largest batch has been seen.
/// </summary>
internal sealed unsafe class SimdRecurrentNetwork<TVector, TOps, TCell> : IRecurrentNetwork
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
    where TCell : struct, IRecurrentCell
{
    private readonly SimdLayer input;
    private readonly SimdLayer hidden;
    private readonly int size;
    private readonly nint stateStride;
    private readonly nint gateStride;
    private readonly nint inputStride;
    private readonly RecurrentSteps acting;
    private readonly RecurrentSteps training;
    private readonly AlignedBuffer gradientBlocks = new();
    private readonly AlignedBuffer inputGradient = new();
    private float[] zeros = [];
    private bool[] begins = [];
    private int keptRows = -1;
    private int keptSequences;

    public SimdRecurrentNetwork(DenseLayout inputLayout, DenseLayout hiddenLayout, ParameterBuffer parameters)
    {
        Parameters = parameters;
        input = new SimdLayer(inputLayout);
        hidden = new SimdLayer(hiddenLayout);
        size = hiddenLayout.Inputs;
        stateStride = hidden.InputStride;
        gateStride = hidden.OutputStride;
        inputStride = input.InputStride;
        acting = new RecurrentSteps(size, inputStride, gateStride, stateStride);
        training = new RecurrentSteps(size, inputStride, gateStride, stateStride);
    }

    public int Inputs => input.Layout.Inputs;

    public int Outputs => size;

    public int MemorySize => TCell.HasCell ? 2 * size : size;

    public ParameterBuffer Parameters { get; }

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs) => Step(inputs, batch, Zeros(batch), outputs);

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs) =>
        ForwardSequences(inputs, batch, new Sequences(batch, default, Zeros(batch)), outputs);

    public void Step(ReadOnlySpan<float> inputs, int batch, Span<float> memory, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        Synchronise();
        acting.EnsureCapacity(batch);
        Load(acting, inputs, batch);
        for (var row = 0; row < batch; row++) { ReadMemory(acting, row, memory.Slice(row * MemorySize, MemorySize)); }
        Advance(acting, 0, batch);
        for (var row = 0; row < batch; row++)
        {
            var state = memory.Slice(row * MemorySize, MemorySize);
            new ReadOnlySpan<float>(acting.Hidden + row * stateStride, size).CopyTo(state);
            if (TCell.HasCell) { new ReadOnlySpan<float>(acting.Cell + row * stateStride, size).CopyTo(state[size..]); }
        }
        CopyOut(acting, batch, outputs);
    }

    public void ForwardSequences(ReadOnlySpan<float> inputs, int rows, Sequences sequences, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, rows, outputs);
        var count = sequences.Count;
        if (count < 1 || rows % count != 0 || (!sequences.Begins.IsEmpty && sequences.Begins.Length != rows) || sequences.Memory.Length < count * MemorySize)
        {
            throw new ArgumentException($"{rows} rows are not {count} sequences of equal length with {MemorySize} remembered numbers each and {rows} flags; the memory has {sequences.Memory.Length} numbers, and there are {sequences.Begins.Length} flags.", nameof(sequences));
        }
        Synchronise();
        training.EnsureCapacity(rows);
        if (begins.Length < rows) { begins = new bool[rows]; }
        begins.AsSpan(0, rows).Clear();
        sequences.Begins.CopyTo(begins);
        Load(training, inputs, rows);
        for (var row = 0; row < count; row++) { ReadMemory(training, row, begins[row] ? default : sequences.Memory.Slice(row * MemorySize, MemorySize)); }
        for (var start = 0; start < rows; start += count)
        {
            if (start > 0) { CarryOver(start, count); }
            Advance(training, start, count);
        }
        CopyOut(training, rows, outputs);
        (keptRows, keptSequences) = (rows, count);
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        NetworkArguments.CheckBackward(this, outputGradients, batch, inputGradients, keptRows);
        keptRows = -1;
        var count = keptSequences;
        // Gradients of both sums for all rows, then of h, c and h before, for one step.
        gradientBlocks.EnsureCapacity(2 * batch * (long)gateStride + 3 * count * (long)stateStride);
        var gates = gradientBlocks.Pointer;
        var hiddenGates = TCell.SplitsGradients ? gates + batch * gateStride : gates;
        var byHidden = gates + 2 * batch * gateStride;
        var byCell = byHidden + count * stateStride;
        var byPrevious = byCell + count * stateStride;
        new Span<float>(byHidden, 2 * count * (int)stateStride).Clear();
        for (var start = batch - count; start >= 0; start -= count)
        {
            AddRows(outputGradients.Slice(start * size, count * size), byHidden, count);
            for (var i = 0; i < count; i++)
            {
                var gradient = new RecurrentGradientRow
                {
                    Hidden = byHidden + i * stateStride,
                    Cell = byCell + i * stateStride,
                    Gates = gates + (start + i) * gateStride,
                    HiddenGates = hiddenGates + (start + i) * gateStride,
                    PreviousHidden = byPrevious + i * stateStride,
                };
                BackwardRow(training.Row(start + i), gradient);
            }
            // ∂h = ∂h(direct) + ∂(h U) Uᵀ
            MatrixKernel<TVector, TOps>.Multiply(
                hiddenGates + start * gateStride, gateStride, 1, hidden.Weights, stateStride, byHidden, stateStride, count, SimdLayer.Padded(size), hidden.Layout.Outputs, null);
            for (var i = 0; i < count; i++) { FinishRow(byHidden + i * stateStride, byPrevious + i * stateStride, byCell + i * stateStride, begins[start + i]); }
        }
        if (!inputGradients.IsEmpty) { InputGradients(gates, batch, inputGradients); }
        if (!parameterGradients) { return; }
        WeightGradient(input, training.Inputs, gates, batch);
        WeightGradient(hidden, training.PreviousHidden, hiddenGates, batch);
    }

    public void Dispose()
    {
        input.Dispose();
        hidden.Dispose();
        acting.Dispose();
        training.Dispose();
        gradientBlocks.Dispose();
        inputGradient.Dispose();
    }

    private void Synchronise()
    {
        input.Synchronise(Parameters);
        hidden.Synchronise(Parameters);
    }

    /// <summary>Copies the inputs and computes their part of the sums of all rows.</summary>
    private void Load(RecurrentSteps steps, ReadOnlySpan<float> inputs, int rows)
    {
        for (var row = 0; row < rows; row++) { inputs.Slice(row * Inputs, Inputs).CopyTo(new Span<float>(steps.Inputs + row * inputStride, Inputs)); }
        MatrixKernel<TVector, TOps>.Multiply(
            steps.Inputs, inputStride, 1, input.Transposed, gateStride, steps.Gates, gateStride, rows, SimdLayer.Padded(input.Layout.Outputs), Inputs, input.Bias);
    }

    private void ReadMemory(RecurrentSteps steps, int row, ReadOnlySpan<float> memory)
    {
        var previousHidden = new Span<float>(steps.PreviousHidden + row * stateStride, size);
        if (memory.IsEmpty) { previousHidden.Clear(); } else { memory[..size].CopyTo(previousHidden); }
        if (!TCell.HasCell) { return; }
        var previousCell = new Span<float>(steps.PreviousCell + row * stateStride, size);
        if (memory.IsEmpty) { previousCell.Clear(); } else { memory[size..].CopyTo(previousCell); }
    }

    /// <summary>What the step before left is what this one starts from, unless an episode begins.</summary>
    private void CarryOver(int start, int count)
    {
        for (var row = start; row < start + count; row++)
        {
            var from = (row - count) * stateStride;
            Copy(training.Hidden + from, training.PreviousHidden + row * stateStride, begins[row]);
            if (TCell.HasCell) { Copy(training.Cell + from, training.PreviousCell + row * stateStride, begins[row]); }
        }

        void Copy(float* source, float* destination, bool forget)
        {
            if (forget) { new Span<float>(destination, size).Clear(); } else { new ReadOnlySpan<float>(source, size).CopyTo(new Span<float>(destination, size)); }
        }
    }

    /// <summary>One step of <paramref name="count"/> rows from <paramref name="start"/> on.</summary>
    private void Advance(RecurrentSteps steps, int start, int count)
    {
        MatrixKernel<TVector, TOps>.Multiply(
            steps.PreviousHidden + start * stateStride, stateStride, 1, hidden.Transposed, gateStride, steps.HiddenGates + start * gateStride, gateStride,
            count, SimdLayer.Padded(hidden.Layout.Outputs), size, hidden.Bias);
        nint whole = size - size % TOps.Width;
        for (var i = start; i < start + count; i++)
        {
            var row = steps.Row(i);
            TCell.Forward<TVector, TOps>(row, 0, whole);
            TCell.Forward<float, OperationsScalar>(row, whole, size);
        }
    }

    private void BackwardRow(in RecurrentRow row, in RecurrentGradientRow gradient)
    {
        nint whole = size - size % TOps.Width;
        TCell.Backward<TVector, TOps>(row, gradient, 0, whole);
        TCell.Backward<float, OperationsScalar>(row, gradient, whole, size);
    }

    private void FinishRow(float* byHidden, float* byPrevious, float* byCell, bool begins)
    {
        if (begins)
        {
            new Span<float>(byHidden, size).Clear();
            new Span<float>(byCell, size).Clear();
            return;
        }
        for (var k = 0; k < size; k++) { byHidden[k] += byPrevious[k]; }
    }

    private void AddRows(ReadOnlySpan<float> from, float* to, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var k = 0; k < size; k++) { to[row * stateStride + k] += from[row * size + k]; }
        }
    }

    private void InputGradients(float* gates, int rows, Span<float> inputGradients)
    {
        inputGradient.EnsureCapacity(rows * (long)inputStride);
        MatrixKernel<TVector, TOps>.Multiply(
            gates, gateStride, 1, input.Weights, inputStride, inputGradient.Pointer, inputStride, rows, SimdLayer.Padded(Inputs), input.Layout.Outputs, null);
        for (var row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(inputGradient.Pointer + row * inputStride, Inputs).CopyTo(inputGradients.Slice(row * Inputs, Inputs));
        }
    }

    private void WeightGradient(SimdLayer layer, float* x, float* delta, int rows)
    {
        WeightGradientKernel<TVector, TOps>.Add(layer, x, delta, rows, 0, layer.GradientTransposed ? layer.Layout.Inputs : layer.Layout.Outputs, Parameters);
        WeightGradientKernel<TVector, TOps>.AddBias(layer, delta, rows, Parameters);
    }

    private void CopyOut(RecurrentSteps steps, int rows, Span<float> outputs)
    {
        for (var row = 0; row < rows; row++) { new ReadOnlySpan<float>(steps.Hidden + row * stateStride, size).CopyTo(outputs.Slice(row * size, size)); }
    }

    private Span<float> Zeros(int batch)
    {
        var span = Scratch.Sized(ref zeros, batch * MemorySize);
        span.Clear();
        return span;
    }
}
