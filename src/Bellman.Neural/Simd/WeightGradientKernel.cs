namespace Bellman.Neural;

/// <summary>A dense layer's parameter gradients as one product over all rows: dW += δᵀ x, db += Σ δ.</summary>
internal static unsafe class WeightGradientKernel<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    /// <summary>Adds the weights' from <paramref name="start"/> on: rows of Wᵀ where the layer's gradient is transposed, of W where it is not.</summary>
    /// <param name="layer">The layer; its scratch is overwritten.</param>
    /// <param name="x">[rows, InputStride].</param>
    /// <param name="delta">[rows, OutputStride].</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="start">First row of the gradient.</param>
    /// <param name="count">Rows of the gradient.</param>
    /// <param name="parameters">Where the gradients are added.</param>
    public static void Add(SimdLayer layer, float* x, float* delta, int rows, int start, int count, ParameterBuffer parameters)
    {
        var layout = layer.Layout;
        nint xStride = layer.InputStride, stride = layer.OutputStride;
        var gradient = parameters.GradientPointer + layout.Weight;
        if (layer.GradientTransposed)
        {
            var sums = layer.GradientScratch + start * stride;
            MatrixKernel<TVector, TOps>.Multiply(x + start, 1, xStride, delta, stride, sums, stride, count, SimdLayer.Padded(layout.Outputs), rows, null);
            ColumnKernel<TVector, TOps>.AddTransposed(sums, stride, gradient + start, layout.Inputs, count, layout.Outputs);
        }
        else
        {
            var sums = layer.GradientScratch + start * xStride;
            MatrixKernel<TVector, TOps>.Multiply(delta + start, 1, stride, x, xStride, sums, xStride, count, SimdLayer.Padded(layout.Inputs), rows, null);
            ColumnKernel<TVector, TOps>.Add(sums, xStride, gradient + (nint)start * layout.Inputs, layout.Inputs, count, layout.Inputs);
        }
    }

    /// <summary>Adds the bias's.</summary>
    public static void AddBias(SimdLayer layer, float* delta, int rows, ParameterBuffer parameters) =>
        ColumnKernel<TVector, TOps>.AddSums(delta, null, layer.OutputStride, rows, layer.Layout.Outputs, parameters.GradientPointer + layer.Layout.Bias);
}
