namespace Bellman.Neural;

/// <summary>
/// An MLP in vector kernels. Rows pass through all layers a block at a time, so that activations stay in the first
/// caches; parameter gradients are then summed over the whole batch, each by one thread in one order. Nothing is
/// allocated once the largest batch has been seen, and no result depends on the number of threads.
/// </summary>
internal sealed unsafe class SimdNetwork<TVector, TOps> : INetwork
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    private const int RowBlock = 64;

    private readonly SimdLayer[] layers;
    private readonly AlignedBuffer inputs = new();
    private readonly AlignedBuffer inputDelta = new();
    private readonly AlignedBuffer even = new();
    private readonly AlignedBuffer odd = new();
    private int keptRows = -1;

    public SimdNetwork(DenseLayout[] layouts, ParameterBuffer parameters, int threads)
    {
        Parameters = parameters;
        layers = Array.ConvertAll(layouts, layout => new SimdLayer(layout));
        var widest = layers.Max(layer => layer.OutputStride);
        even.EnsureCapacity((long)RowBlock * widest);
        odd.EnsureCapacity((long)RowBlock * widest);
        _ = threads;
    }

    public int Inputs => layers[0].Layout.Inputs;

    public int Outputs => layers[^1].Layout.Outputs;

    public ParameterBuffer Parameters { get; }

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        Synchronise();
        fixed (float* source = inputs, destination = outputs)
        {
            for (var start = 0; start < batch; start += RowBlock)
            {
                var rows = Math.Min(RowBlock, batch - start);
                var x = source + (nint)start * Inputs;
                nint stride = Inputs;
                var y = even.Pointer;
                foreach (var layer in layers)
                {
                    ForwardLayer(layer, x, stride, y, rows, null, null, null);
                    x = y;
                    stride = layer.OutputStride;
                    y = y == even.Pointer ? odd.Pointer : even.Pointer;
                }
                CopyRows(x, stride, destination + (nint)start * Outputs, Outputs, rows, Outputs);
            }
        }
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        Synchronise();
        this.inputs.EnsureCapacity((long)batch * layers[0].InputStride);
        foreach (var layer in layers) { layer.EnsureTrainingCapacity(batch); }
        fixed (float* source = inputs, destination = outputs)
        {
            for (var start = 0; start < batch; start += RowBlock)
            {
                ForwardTrainingRows(source, destination, start, Math.Min(RowBlock, batch - start));
            }
        }
        keptRows = batch;
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        NetworkArguments.CheckBackward(this, outputGradients, batch, inputGradients, keptRows);
        keptRows = -1;
        if (!inputGradients.IsEmpty) { inputDelta.EnsureCapacity((long)batch * layers[0].InputStride); }
        fixed (float* source = outputGradients, destination = inputGradients)
        {
            for (var start = 0; start < batch; start += RowBlock)
            {
                BackwardRows(source, destination, start, Math.Min(RowBlock, batch - start));
            }
        }
        if (!parameterGradients) { return; }
        for (var index = 0; index < layers.Length; index++) { ParameterGradients(index, batch); }
    }

    public void Dispose()
    {
        foreach (var layer in layers) { layer.Dispose(); }
        inputs.Dispose();
        inputDelta.Dispose();
        even.Dispose();
        odd.Dispose();
    }

    private void Synchronise()
    {
        foreach (var layer in layers) { layer.Synchronise(Parameters); }
    }

    /// <summary>y = f(norm(x Wᵀ + b)).</summary>
    private static void ForwardLayer(SimdLayer layer, float* x, nint xStride, float* y, int rows, float* preActivation, float* normalised, float* inverseDeviation)
    {
        var layout = layer.Layout;
        nint stride = layer.OutputStride;
        MatrixKernel<TVector, TOps>.Multiply(x, xStride, 1, layer.Transposed, stride, y, stride, rows, SimdLayer.Padded(layout.Outputs), layout.Inputs, layer.Bias);
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

    private void ForwardTrainingRows(float* source, float* destination, int start, int rows)
    {
        nint stride = layers[0].InputStride;
        var x = inputs.Pointer + start * stride;
        CopyRows(source + (nint)start * Inputs, Inputs, x, stride, rows, Inputs);
        foreach (var layer in layers)
        {
            var offset = start * (nint)layer.OutputStride;
            ForwardLayer(
                layer, x, stride, layer.Output + offset, rows,
                layer.KeepsPreActivation ? layer.PreActivation + offset : null,
                layer.Layout.HasNorm ? layer.Normalised + offset : null,
                layer.Layout.HasNorm ? layer.InverseDeviation + start : null);
            x = layer.Output + offset;
            stride = layer.OutputStride;
        }
        CopyRows(x, stride, destination + (nint)start * Outputs, Outputs, rows, Outputs);
    }

    /// <summary>δ of every layer for these rows, from the last to the first: δ(l-1) = (δ(l) W(l)) f'(l-1).</summary>
    private void BackwardRows(float* source, float* destination, int start, int rows)
    {
        var last = layers[^1];
        CopyRows(source + (nint)start * Outputs, Outputs, last.Delta + start * (nint)last.OutputStride, last.OutputStride, rows, Outputs);
        for (var index = layers.Length - 1; index >= 0; index--)
        {
            var layer = layers[index];
            nint stride = layer.OutputStride;
            var offset = start * stride;
            var delta = layer.Delta + offset;
            ActivationKernel<TVector, TOps>.MultiplyByDerivative(
                layer.Layout.Activation, delta, layer.Output + offset, layer.KeepsPreActivation ? layer.PreActivation + offset : null, rows * stride);
            var sumDelta = layer.SumDelta + offset;
            if (layer.Layout.HasNorm)
            {
                for (var row = 0; row < rows; row++)
                {
                    LayerNormKernel<TVector, TOps>.Backward(
                        delta + row * stride, layer.Layout.Outputs, layer.NormWeight, layer.Normalised + offset + row * stride,
                        layer.InverseDeviation[start + row], sumDelta + row * stride);
                }
            }
            if (index == 0 && destination is null) { continue; }
            var below = index == 0 ? inputDelta.Pointer : layers[index - 1].Delta;
            nint belowStride = layer.InputStride;
            below += start * belowStride;
            MatrixKernel<TVector, TOps>.Multiply(
                sumDelta, stride, 1, layer.Weights, belowStride, below, belowStride, rows, SimdLayer.Padded(layer.Layout.Inputs), layer.Layout.Outputs, null);
            if (index == 0) { CopyRows(below, belowStride, destination + (nint)start * Inputs, Inputs, rows, Inputs); }
        }
    }

    /// <summary>dW += δᵀ x, db += Σ δ over the batch, and the norm's.</summary>
    private void ParameterGradients(int index, int batch)
    {
        var layer = layers[index];
        var layout = layer.Layout;
        var x = index == 0 ? inputs.Pointer : layers[index - 1].Output;
        nint xStride = layer.InputStride, stride = layer.OutputStride;
        var gradient = Parameters.GradientPointer + layout.Weight;
        var scratch = layer.GradientScratch;
        if (layer.GradientTransposed)
        {
            MatrixKernel<TVector, TOps>.Multiply(x, 1, xStride, layer.SumDelta, stride, scratch, stride, layout.Inputs, SimdLayer.Padded(layout.Outputs), batch, null);
            for (var output = 0; output < layout.Outputs; output++)
            {
                for (var input = 0; input < layout.Inputs; input++) { gradient[output * layout.Inputs + input] += scratch[input * stride + output]; }
            }
        }
        else
        {
            MatrixKernel<TVector, TOps>.Multiply(layer.SumDelta, 1, stride, x, xStride, scratch, xStride, layout.Outputs, SimdLayer.Padded(layout.Inputs), batch, null);
            for (var output = 0; output < layout.Outputs; output++)
            {
                ColumnKernel<TVector, TOps>.Add(scratch + output * xStride, gradient + (nint)output * layout.Inputs, layout.Inputs);
            }
        }
        ColumnKernel<TVector, TOps>.AddSums(layer.SumDelta, null, stride, batch, layout.Outputs, Parameters.GradientPointer + layout.Bias);
        if (layout.HasNorm)
        {
            ColumnKernel<TVector, TOps>.AddSums(layer.Delta, layer.Normalised, stride, batch, layout.Outputs, Parameters.GradientPointer + layout.NormWeight);
            ColumnKernel<TVector, TOps>.AddSums(layer.Delta, null, stride, batch, layout.Outputs, Parameters.GradientPointer + layout.NormBias);
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
