using System.Runtime.CompilerServices;
using Bellman.Neural;

namespace Bellman.Language;

/// <summary>Forward and backward of one block over a group of rows, each product over all of the group's tokens.</summary>
internal static unsafe class BlockKernels<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    /// <summary>From <c>kept.Stream(layer)</c> to <c>kept.Stream(layer + 1)</c>.</summary>
    public static void Forward(KernelShape shape, PackedWeights packed, LayerPlaces places, int layer, TokenGroup group, float* rotations, Activations kept, GroupScratch scratch)
    {
        var rows = group.Count;
        float* x = kept.Stream(layer), joint = kept.Joint(layer), middle = kept.Middle(layer), gateUp = kept.GateUp(layer), next = kept.Stream(layer + 1);
        RowKernels<TVector, TOps>.Norm(x, shape.Width, packed.Flat + places.InputNorm, scratch.Normed, shape.WidthStride, kept.FirstInverse(layer), rows, shape.Width, shape.Epsilon);
        Product(scratch.Normed, shape.WidthStride, packed.Joint(layer), joint, shape.JointStride, rows, packed.Bias(layer));
        Turn(shape, packed, places, layer, group, rotations, kept);
        for (var row = 0; row < group.Rows; row++)
        {
            var start = group.Starts[row];
            AttentionKernel<TVector, TOps>.Forward(
                shape, joint + (nint)start * shape.JointStride, group.Length(row), kept.Attended(layer) + (nint)start * shape.QueryStride, kept.LogSums(layer) + start * shape.Heads, scratch.Attention);
        }
        Copy(x, middle, (long)rows * shape.Width);
        Product(kept.Attended(layer), shape.QueryStride, packed.Output(layer), middle, shape.Width, rows, accumulate: true);
        RowKernels<TVector, TOps>.Norm(middle, shape.Width, packed.Flat + places.AttentionNorm, scratch.Normed, shape.WidthStride, kept.SecondInverse(layer), rows, shape.Width, shape.Epsilon);
        Product(scratch.Normed, shape.WidthStride, packed.GateUp(layer), gateUp, shape.GateUpStride, rows);
        RowKernels<TVector, TOps>.SwiGlu(gateUp, shape.GateUpStride, scratch.Inner, shape.InnerStride, rows, shape.Inner);
        Copy(middle, next, (long)rows * shape.Width);
        Product(scratch.Inner, shape.InnerStride, packed.Down(layer), next, shape.Width, rows, accumulate: true);
    }

    /// <summary>
    /// Turns the gradient of the stream after the block, in <c>scratch.Stream</c>, into that of the stream before it, and adds
    /// the parameters' gradients to <paramref name="gradient"/>, a flat buffer.
    /// </summary>
    public static void Backward(KernelShape shape, PackedWeights packed, LayerPlaces places, int layer, TokenGroup group, float* rotations, Activations kept, GroupScratch scratch, float* gradient)
    {
        var rows = group.Count;
        float* dx = scratch.Stream, flat = packed.Flat, middle = kept.Middle(layer), x = kept.Stream(layer);

        // SwiGLU: the normed rows are computed again, which costs less than keeping them.
        BackProduct(dx, shape.Width, packed.Down(layer), scratch.Inner, shape.InnerStride, rows);
        RowKernels<TVector, TOps>.SwiGluBackward(kept.GateUp(layer), shape.GateUpStride, scratch.Inner, shape.InnerStride, scratch.GateUp, shape.GateUpStride, rows, shape.Inner);
        AddGradient(dx, shape.Width, scratch.Inner, shape.InnerStride, packed.Down(layer), gradient, rows);
        Normed(middle, flat + places.AttentionNorm, kept.SecondInverse(layer), scratch.Normed, shape, rows);
        AddGradient(scratch.GateUp, shape.GateUpStride, scratch.Normed, shape.WidthStride, packed.GateUp(layer), gradient, rows);
        BackProduct(scratch.GateUp, shape.GateUpStride, packed.GateUp(layer), scratch.HiddenSlope, shape.WidthStride, rows);
        RowKernels<TVector, TOps>.NormBackward(
            middle, shape.Width, flat + places.AttentionNorm, kept.SecondInverse(layer), scratch.HiddenSlope, shape.WidthStride, dx, shape.Width, gradient + places.AttentionNorm, rows, shape.Width);

        // Attention.
        BackProduct(dx, shape.Width, packed.Output(layer), scratch.Attended, shape.QueryStride, rows);
        AddGradient(dx, shape.Width, kept.Attended(layer), shape.QueryStride, packed.Output(layer), gradient, rows);
        for (var row = 0; row < group.Rows; row++)
        {
            nint start = group.Starts[row];
            AttentionKernel<TVector, TOps>.Backward(
                shape, kept.Joint(layer) + start * shape.JointStride, group.Length(row), kept.Attended(layer) + start * shape.QueryStride, kept.LogSums(layer) + start * shape.Heads,
                scratch.Attended + start * shape.QueryStride, scratch.Joint + start * shape.JointStride, scratch.Attention);
        }
        TurnBack(shape, packed, places, layer, group, rotations, kept, scratch.Joint, gradient);
        Normed(x, flat + places.InputNorm, kept.FirstInverse(layer), scratch.Normed, shape, rows);
        AddGradient(scratch.Joint, shape.JointStride, scratch.Normed, shape.WidthStride, packed.Joint(layer), gradient, rows);
        if (places.QueryBias >= 0) { ColumnKernel<TVector, TOps>.AddSums(scratch.Joint, null, shape.JointStride, rows, shape.Joint, gradient + places.QueryBias); }
        BackProduct(scratch.Joint, shape.JointStride, packed.Joint(layer), scratch.HiddenSlope, shape.WidthStride, rows);
        RowKernels<TVector, TOps>.NormBackward(
            x, shape.Width, flat + places.InputNorm, kept.FirstInverse(layer), scratch.HiddenSlope, shape.WidthStride, dx, shape.Width, gradient + places.InputNorm, rows, shape.Width);
    }

    /// <summary>Y = X Wᵀ + b, or Y += X Wᵀ.</summary>
    public static void Product(float* x, nint xRow, PackedWeights.Matrix matrix, float* y, nint yRow, int rows, float* bias = null, bool accumulate = false) =>
        MatrixKernel<TVector, TOps>.Multiply(x, xRow, 1, matrix.Transposed, matrix.TransposedStride, y, yRow, rows, Whole(matrix.Outputs), matrix.Inputs, bias, accumulate);

    /// <summary>dX = dY W.</summary>
    public static void BackProduct(float* dy, nint dyRow, PackedWeights.Matrix matrix, float* dx, nint dxRow, int rows, bool accumulate = false) =>
        MatrixKernel<TVector, TOps>.Multiply(dy, dyRow, 1, matrix.Native, matrix.NativeStride, dx, dxRow, rows, matrix.Inputs, matrix.Outputs, null, accumulate);

    /// <summary>dW += dYᵀ X, in the flat buffer.</summary>
    public static void AddGradient(float* dy, nint dyRow, float* x, nint xRow, PackedWeights.Matrix matrix, float* gradient, int rows) =>
        MatrixKernel<TVector, TOps>.Multiply(dy, 1, dyRow, x, xRow, gradient + matrix.Source, matrix.Inputs, matrix.Outputs, matrix.Inputs, rows, null, accumulate: true);

    /// <summary>Only the vocabulary may be no multiple of the width; its rows are padded.</summary>
    private static int Whole(int columns) => (columns + TOps.Width - 1) / TOps.Width * TOps.Width;

    /// <summary>n g from kept inverse roots.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Normed(float* x, float* gain, float* inverse, float* y, KernelShape shape, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            var r = TOps.Broadcast(inverse[row]);
            float* from = x + (nint)row * shape.Width, to = y + (nint)row * shape.WidthStride;
            for (nint i = 0; i < shape.Width; i += TOps.Width) { TOps.Store(TOps.Multiply(TOps.Multiply(TOps.Load(from + i), r), TOps.Load(gain + i)), to + i); }
        }
    }

    /// <summary>Head norms, where the family has them, and rotation of queries and keys, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Turn(KernelShape shape, PackedWeights packed, LayerPlaces places, int layer, TokenGroup group, float* rotations, Activations kept)
    {
        var raw = Activations.RawWidth(shape);
        for (var row = 0; row < group.Rows; row++)
        {
            for (int t = group.Starts[row], position = 0; t < group.Starts[row + 1]; t++, position++)
            {
                var joint = kept.Joint(layer) + (nint)t * shape.JointStride;
                if (shape.HasHeadNorm)
                {
                    Copy(joint, kept.Raw(layer) + (nint)t * raw, raw);
                    NormHeads(shape, packed, places, joint, kept.HeadInverse(layer) + t * (shape.Heads + shape.KeyHeads));
                }
                RowKernels<TVector, TOps>.Rotate(joint, shape.Heads + shape.KeyHeads, shape.Head / 2, rotations + (nint)position * shape.Head, 1);
            }
        }
    }

    /// <summary>Norms each head of a row of queries and keys in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NormHeads(KernelShape shape, PackedWeights packed, LayerPlaces places, float* joint, float* inverse)
    {
        RowKernels<TVector, TOps>.Norm(joint, shape.Head, packed.Flat + places.QueryNorm, joint, shape.Head, inverse, shape.Heads, shape.Head, shape.Epsilon);
        RowKernels<TVector, TOps>.Norm(
            joint + shape.Query, shape.Head, packed.Flat + places.KeyNorm, joint + shape.Query, shape.Head, inverse is null ? null : inverse + shape.Heads, shape.KeyHeads, shape.Head, shape.Epsilon);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnBack(KernelShape shape, PackedWeights packed, LayerPlaces places, int layer, TokenGroup group, float* rotations, Activations kept, float* dJoint, float* gradient)
    {
        var raw = Activations.RawWidth(shape);
        for (var row = 0; row < group.Rows; row++)
        {
            for (int t = group.Starts[row], position = 0; t < group.Starts[row + 1]; t++, position++)
            {
                var slope = dJoint + (nint)t * shape.JointStride;
                RowKernels<TVector, TOps>.Rotate(slope, shape.Heads + shape.KeyHeads, shape.Head / 2, rotations + (nint)position * shape.Head, -1);
                if (!shape.HasHeadNorm) { continue; }
                float* before = kept.Raw(layer) + (nint)t * raw, inverse = kept.HeadInverse(layer) + t * (shape.Heads + shape.KeyHeads);
                RowKernels<TVector, TOps>.NormBackward(
                    before, shape.Head, packed.Flat + places.QueryNorm, inverse, slope, shape.Head, slope, shape.Head, gradient + places.QueryNorm, shape.Heads, shape.Head, replace: true);
                RowKernels<TVector, TOps>.NormBackward(
                    before + shape.Query, shape.Head, packed.Flat + places.KeyNorm, inverse + shape.Heads, slope + shape.Query, shape.Head, slope + shape.Query, shape.Head, gradient + places.KeyNorm, shape.KeyHeads, shape.Head, replace: true);
            }
        }
    }

    public static void Copy(float* from, float* to, long count) => Buffer.MemoryCopy(from, to, count * sizeof(float), count * sizeof(float));
}
