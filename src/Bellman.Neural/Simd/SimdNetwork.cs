namespace Bellman.Neural;

/// <summary>
/// An MLP in vector kernels. Rows pass through all layers a block at a time, so that activations stay in the first
/// caches; parameter gradients are then summed over the whole batch, each by one thread in one order. Nothing is
/// allocated once the largest batch has been seen, and no result depends on the number of threads.
/// </summary>
internal sealed unsafe class SimdNetwork<TVector, TOps> : IDescribedNetwork, IParallelWork
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    private const int RowBlock = 64;

    // Waking a thread costs about as much as this many operations take on one.
    private const double SmallestParallelWork = 4e6;

    private const int ForwardPhase = 0;
    private const int ForwardTrainingPhase = 1;
    private const int BackwardPhase = 2;
    private const int ParameterPhase = 3;

    private readonly SimdLayer[] layers;
    private readonly GradientTask[] gradientTasks;
    private readonly double operationsPerRow;
    private readonly WorkerTeam team;
    private readonly AlignedBuffer keptInputs = new();
    private readonly AlignedBuffer inputDelta = new();
    private readonly AlignedBuffer scratch = new();
    private readonly LiveRows liveRows = new();
    private readonly nint scratchSize;
    private int keptRows = -1;
    private bool keptSparse;

    // The call in progress, for the tasks of its loop.
    private float* source;
    private float* destination;
    private int rows;
    private bool sparse;

    public SimdNetwork(DenseLayout[] layouts, ParameterBuffer parameters, WorkerTeam team)
    {
        Parameters = parameters;
        this.team = team;
        layers = Array.ConvertAll(layouts, layout => new SimdLayer(layout));
        gradientTasks = [.. layers.SelectMany(GradientTasks)];
        operationsPerRow = layouts.Sum(layout => 2.0 * layout.Inputs * layout.Outputs);
        scratchSize = RowBlock * layers.Max(layer => layer.OutputStride);
        scratch.EnsureCapacity(2L * scratchSize * team.Threads);
    }

    /// <summary>Some rows of one layer's weight gradient.</summary>
    private readonly record struct GradientTask(int Layer, int Start, int Rows);

    public int Inputs => layers[0].Layout.Inputs;

    public int Outputs => layers[^1].Layout.Outputs;

    public ParameterBuffer Parameters { get; }

    public NetworkDescription Describe() => new NetworkChain(Array.ConvertAll(layers, layer => layer.Layout.Describe(Parameters)));

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        Synchronise();
        sparse = SparseKernel<TVector, TOps>.Suits(inputs, Inputs);
        fixed (float* from = inputs, to = outputs) { RunRows(ForwardPhase, from, to, batch); }
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        Synchronise();
        keptInputs.EnsureCapacity((long)batch * layers[0].InputStride);
        foreach (var layer in layers) { layer.EnsureTrainingCapacity(batch); }
        keptSparse = sparse = SparseKernel<TVector, TOps>.Suits(inputs, Inputs);
        fixed (float* from = inputs, to = outputs) { RunRows(ForwardTrainingPhase, from, to, batch); }
        keptRows = batch;
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        NetworkArguments.CheckBackward(this, outputGradients, batch, inputGradients, keptRows);
        keptRows = -1;
        var live = parameterGradients || inputGradients.IsEmpty ? liveRows.All(batch) : liveRows.Find(outputGradients, batch, Outputs);
        if (liveRows.Skips) { inputGradients.Clear(); }
        if (!inputGradients.IsEmpty) { inputDelta.EnsureCapacity((long)batch * layers[0].InputStride); }
        fixed (float* from = outputGradients, to = inputGradients) { RunRows(BackwardPhase, from, to, live); }
        if (parameterGradients) { RunTasks(ParameterPhase, gradientTasks.Length); }
    }

    public void Dispose()
    {
        foreach (var layer in layers) { layer.Dispose(); }
        keptInputs.Dispose();
        inputDelta.Dispose();
        scratch.Dispose();
    }

    void IParallelWork.Execute(int phase, int task, int worker)
    {
        var start = task * RowBlock;
        switch (phase)
        {
            case ForwardPhase: ForwardRows(start, Math.Min(RowBlock, rows - start), scratch.Pointer + 2 * scratchSize * worker); break;
            case ForwardTrainingPhase: ForwardTrainingRows(start, Math.Min(RowBlock, rows - start)); break;
            case BackwardPhase: BackwardRows(start, Math.Min(RowBlock, rows - start)); break;
            default: ParameterGradients(gradientTasks[task]); break;
        }
    }

    private void RunRows(int phase, float* from, float* to, int batch)
    {
        source = from;
        destination = to;
        rows = batch;
        RunTasks(phase, (batch + RowBlock - 1) / RowBlock);
    }

    private void RunTasks(int phase, int tasks)
    {
        if (rows * operationsPerRow >= SmallestParallelWork) { team.Run(this, phase, tasks); }
        else
        {
            for (var task = 0; task < tasks; task++) { ((IParallelWork)this).Execute(phase, task, 0); }
        }
    }

    private static IEnumerable<GradientTask> GradientTasks(SimdLayer layer, int index)
    {
        var total = layer.GradientTransposed ? layer.Layout.Inputs : layer.Layout.Outputs;
        for (var start = 0; start < total; start += RowBlock) { yield return new GradientTask(index, start, Math.Min(RowBlock, total - start)); }
    }

    private void ForwardRows(int start, int count, float* buffers)
    {
        var x = source + (nint)start * Inputs;
        nint stride = Inputs;
        for (var index = 0; index < layers.Length; index++)
        {
            var y = buffers + (index & 1) * scratchSize;
            ForwardLayer(layers[index], x, stride, index == 0 && sparse, y, count, null, null, null);
            x = y;
            stride = layers[index].OutputStride;
        }
        CopyRows(x, stride, destination + (nint)start * Outputs, Outputs, count, Outputs);
    }

    private void Synchronise()
    {
        foreach (var layer in layers) { layer.Synchronise(Parameters); }
    }

    /// <summary>y = f(norm(x Wᵀ + b)).</summary>
    private static void ForwardLayer(
        SimdLayer layer, float* x, nint xStride, bool sparse, float* y, int rows, float* preActivation, float* normalised, float* inverseDeviation)
    {
        var layout = layer.Layout;
        nint stride = layer.OutputStride;
        var columns = SimdLayer.Padded(layout.Outputs);
        if (sparse) { SparseKernel<TVector, TOps>.Multiply(x, xStride, layout.Inputs, layer.Transposed, stride, y, rows, columns, layer.Bias); }
        else { MatrixKernel<TVector, TOps>.Multiply(x, xStride, 1, layer.Transposed, stride, y, stride, rows, columns, layout.Inputs, layer.Bias); }
        if (layout.HasNorm)
        {
            for (var row = 0; row < rows; row++)
            {
                LayerNormKernel<TVector, TOps>.Forward(
                    y + row * stride, layout.Outputs, layer.NormWeight, layer.NormBias,
                    normalised is null ? null : normalised + row * stride, inverseDeviation is null ? null : inverseDeviation + row);
            }
        }
        if (preActivation is not null) { Buffer.MemoryCopy(y, preActivation, rows * stride * sizeof(float), rows * stride * sizeof(float)); }
        ActivationKernel<TVector, TOps>.Apply(layout.Activation, y, rows * stride);
    }

    private void ForwardTrainingRows(int start, int count)
    {
        nint stride = layers[0].InputStride;
        var x = keptInputs.Pointer + start * stride;
        CopyRows(source + (nint)start * Inputs, Inputs, x, stride, count, Inputs);
        foreach (var layer in layers)
        {
            var offset = start * (nint)layer.OutputStride;
            ForwardLayer(
                layer, x, stride, sparse && layer == layers[0], layer.Output + offset, count,
                layer.KeepsPreActivation ? layer.PreActivation + offset : null,
                layer.Layout.HasNorm ? layer.Normalised + offset : null,
                layer.Layout.HasNorm ? layer.InverseDeviation + start : null);
            x = layer.Output + offset;
            stride = layer.OutputStride;
        }
        CopyRows(x, stride, destination + (nint)start * Outputs, Outputs, count, Outputs);
    }

    /// <summary>δ of every layer for these rows, from the last to the first: δ(l-1) = (δ(l) W(l)) f'(l-1).</summary>
    private void BackwardRows(int start, int count)
    {
        var last = layers[^1];
        for (var row = start; row < start + count; row++)
        {
            CopyRows(source + liveRows[row] * Outputs, Outputs, last.Delta + row * (nint)last.OutputStride, last.OutputStride, 1, Outputs);
        }
        for (var index = layers.Length - 1; index >= 0; index--)
        {
            var layer = layers[index];
            nint stride = layer.OutputStride;
            var offset = start * stride;
            var delta = layer.Delta + offset;
            // Rows lie side by side unless some are skipped.
            var run = liveRows.Skips ? 1 : count;
            for (var row = 0; row < count; row += run)
            {
                var kept = liveRows[start + row] * stride;
                ActivationKernel<TVector, TOps>.MultiplyByDerivative(
                    layer.Layout.Activation, delta + row * stride, layer.Output + kept, layer.KeepsPreActivation ? layer.PreActivation + kept : null, run * stride);
            }
            var sumDelta = layer.SumDelta + offset;
            if (layer.Layout.HasNorm)
            {
                for (var row = 0; row < count; row++)
                {
                    var kept = liveRows[start + row];
                    LayerNormKernel<TVector, TOps>.Backward(
                        delta + row * stride, layer.Layout.Outputs, layer.NormWeight, layer.Normalised + kept * stride,
                        layer.InverseDeviation[kept], sumDelta + row * stride);
                }
            }
            if (index == 0 && destination is null) { continue; }
            var below = index == 0 ? inputDelta.Pointer : layers[index - 1].Delta;
            nint belowStride = layer.InputStride;
            below += start * belowStride;
            MatrixKernel<TVector, TOps>.Multiply(
                sumDelta, stride, 1, layer.Weights, belowStride, below, belowStride, count, SimdLayer.Padded(layer.Layout.Inputs), layer.Layout.Outputs, null);
            if (index > 0) { continue; }
            for (var row = 0; row < count; row++) { CopyRows(below + row * belowStride, belowStride, destination + liveRows[start + row] * Inputs, Inputs, 1, Inputs); }
        }
    }

    /// <summary>dW += δᵀ x, db += Σ δ over the batch, and the norm's.</summary>
    private void ParameterGradients(GradientTask task)
    {
        var layer = layers[task.Layer];
        var layout = layer.Layout;
        var x = task.Layer == 0 ? keptInputs.Pointer : layers[task.Layer - 1].Output;
        nint stride = layer.OutputStride;
        if (task.Layer == 0 && keptSparse)
        {
            // One task for all of them: there is little to do, and rows of inputs are read once.
            if (task.Start == 0) { SparseKernel<TVector, TOps>.AddProduct(x, layer.InputStride, layout.Inputs, layer.SumDelta, stride, rows, layout.Outputs, Parameters.GradientPointer + layout.Weight); }
        }
        else { WeightGradientKernel<TVector, TOps>.Add(layer, x, layer.SumDelta, rows, task.Start, task.Rows, Parameters); }
        if (task.Start > 0) { return; }
        WeightGradientKernel<TVector, TOps>.AddBias(layer, layer.SumDelta, rows, Parameters);
        if (layout.HasNorm)
        {
            ColumnKernel<TVector, TOps>.AddSums(layer.Delta, layer.Normalised, stride, rows, layout.Outputs, Parameters.GradientPointer + layout.NormWeight);
            ColumnKernel<TVector, TOps>.AddSums(layer.Delta, null, stride, rows, layout.Outputs, Parameters.GradientPointer + layout.NormBias);
        }
    }

    private static void CopyRows(float* from, nint fromStride, float* to, nint toStride, int rows, int columns)
    {
        if (fromStride == columns && toStride == columns)
        {
            new ReadOnlySpan<float>(from, rows * columns).CopyTo(new Span<float>(to, rows * columns));
            return;
        }
        for (var row = 0; row < rows; row++)
        {
            new ReadOnlySpan<float>(from + row * fromStride, columns).CopyTo(new Span<float>(to + row * toStride, columns));
        }
    }
}
