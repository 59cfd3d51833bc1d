using System.Runtime.CompilerServices;
using Bellman.Neural;

namespace Bellman.Language;

/// <summary>Scratch memory of attention over one sequence: keys and values transposed, and a block of scores.</summary>
internal unsafe struct AttentionScratch
{
    /// <summary>[head size, stride].</summary>
    public float* Keys;

    /// <summary>[head size, stride].</summary>
    public float* Values;

    /// <summary>[block, stride].</summary>
    public float* Scores;

    /// <summary>[block, stride].</summary>
    public float* Slopes;

    /// <summary>Floats that <see cref="Over"/> takes for sequences of up to <paramref name="length"/> tokens.</summary>
    public static long Size(KernelShape shape, int length) => (2L * shape.Head + 2L * Block) * SimdLayer.Stride(length);

    /// <summary>Queries that are taken together.</summary>
    public const int Block = 64;

    public static AttentionScratch Over(float* memory, KernelShape shape, int length)
    {
        long stride = SimdLayer.Stride(length), head = shape.Head * stride;
        return new AttentionScratch { Keys = memory, Values = memory + head, Scores = memory + 2 * head, Slopes = memory + 2 * head + Block * stride };
    }
}

/// <summary>
/// Causal attention within one sequence whose queries, keys and values lie side by side in rows. Scores are computed a
/// block of queries at a time and never kept: the backward pass computes them again from the kept log-sums (Dao et al. 2022).
/// </summary>
internal static unsafe class AttentionKernel<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    /// <param name="shape">The model.</param>
    /// <param name="joint">[length, joint stride]: queries, keys, values.</param>
    /// <param name="length">Tokens.</param>
    /// <param name="output">[length, query stride].</param>
    /// <param name="logSums">[length, heads]: log Σ exp of a row's scaled scores.</param>
    /// <param name="scratch">For sequences of this length.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(KernelShape shape, float* joint, int length, float* output, float* logSums, AttentionScratch scratch)
    {
        nint stride = SimdLayer.Stride(length), row = shape.JointStride;
        for (var group = 0; group < shape.KeyHeads; group++)
        {
            var values = joint + shape.Query + shape.Key + group * shape.Head;
            Transposition.Copy(joint + shape.Query + group * shape.Head, row, scratch.Keys, stride, length, shape.Head);
            for (var head = group * shape.Share; head < (group + 1) * shape.Share; head++)
            {
                for (var first = 0; first < length; first += AttentionScratch.Block)
                {
                    var rows = Math.Min(AttentionScratch.Block, length - first);
                    var seen = first + rows;
                    var queries = joint + first * row + head * shape.Head;
                    MatrixKernel<TVector, TOps>.Multiply(queries, row, 1, scratch.Keys, stride, scratch.Scores, stride, rows, SimdLayer.Padded(seen), shape.Head, null);
                    var y = output + first * (nint)shape.QueryStride + head * shape.Head;
                    for (var i = 0; i < rows; i++)
                    {
                        var scores = scratch.Scores + i * stride;
                        var shift = RowKernels<TVector, TOps>.Maximum(scores, first + i + 1) * shape.Scale;
                        var total = RowKernels<TVector, TOps>.Exponentials(scores, first + i + 1, seen, shape.Scale, shift);
                        logSums[(first + i) * shape.Heads + head] = shift + MathF.Log(total);
                        Scale(scores, SimdLayer.Padded(seen), 1 / total);
                    }
                    MatrixKernel<TVector, TOps>.Multiply(scratch.Scores, stride, 1, values, row, y, shape.QueryStride, rows, shape.Head, seen, null);
                }
            }
        }
    }

    /// <summary>Gradients with respect to queries, keys and values, written to <paramref name="dJoint"/>.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="joint">As in the forward pass.</param>
    /// <param name="length">Tokens.</param>
    /// <param name="output">What the forward pass gave.</param>
    /// <param name="logSums">What the forward pass gave.</param>
    /// <param name="dOutput">[length, query stride].</param>
    /// <param name="dJoint">[length, joint stride].</param>
    /// <param name="scratch">For sequences of this length.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(KernelShape shape, float* joint, int length, float* output, float* logSums, float* dOutput, float* dJoint, AttentionScratch scratch)
    {
        nint stride = SimdLayer.Stride(length), row = shape.JointStride, outputRow = shape.QueryStride;
        for (var t = 0; t < length; t++) { new Span<float>(dJoint + t * row + shape.Query, 2 * shape.Key).Clear(); }
        for (var group = 0; group < shape.KeyHeads; group++)
        {
            int key = shape.Query + group * shape.Head, value = shape.Query + shape.Key + group * shape.Head;
            Transposition.Copy(joint + key, row, scratch.Keys, stride, length, shape.Head);
            Transposition.Copy(joint + value, row, scratch.Values, stride, length, shape.Head);
            for (var head = group * shape.Share; head < (group + 1) * shape.Share; head++)
            {
                for (var first = 0; first < length; first += AttentionScratch.Block)
                {
                    var rows = Math.Min(AttentionScratch.Block, length - first);
                    var seen = first + rows;
                    var queries = joint + first * row + head * shape.Head;
                    var slopes = dOutput + first * outputRow + head * shape.Head;
                    MatrixKernel<TVector, TOps>.Multiply(queries, row, 1, scratch.Keys, stride, scratch.Scores, stride, rows, SimdLayer.Padded(seen), shape.Head, null);
                    MatrixKernel<TVector, TOps>.Multiply(slopes, outputRow, 1, scratch.Values, stride, scratch.Slopes, stride, rows, SimdLayer.Padded(seen), shape.Head, null);
                    for (var i = 0; i < rows; i++)
                    {
                        // P = exp(S scale - log-sum);  dS = P (dP - Σ dO O) scale
                        _ = RowKernels<TVector, TOps>.Exponentials(scratch.Scores + i * stride, first + i + 1, SimdLayer.Padded(seen), shape.Scale, logSums[(first + i) * shape.Heads + head]);
                        var mean = RowKernels<TVector, TOps>.Dot(slopes + i * outputRow, output + (first + i) * outputRow + head * shape.Head, shape.Head);
                        ScoreSlopes(scratch.Scores + i * stride, scratch.Slopes + i * stride, SimdLayer.Padded(seen), mean, shape.Scale);
                    }
                    MatrixKernel<TVector, TOps>.Multiply(scratch.Slopes, stride, 1, joint + key, row, dJoint + first * row + head * shape.Head, row, rows, shape.Head, seen, null);
                    MatrixKernel<TVector, TOps>.Multiply(scratch.Slopes, 1, stride, queries, row, dJoint + key, row, seen, shape.Head, rows, null, accumulate: true);
                    MatrixKernel<TVector, TOps>.Multiply(scratch.Scores, 1, stride, slopes, outputRow, dJoint + value, row, seen, shape.Head, rows, null, accumulate: true);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* x, int count, float factor)
    {
        var multiplier = TOps.Broadcast(factor);
        for (nint i = 0; i < count; i += TOps.Width) { TOps.Store(TOps.Multiply(TOps.Load(x + i), multiplier), x + i); }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScoreSlopes(float* shares, float* slopes, int count, float mean, float scale)
    {
        TVector shift = TOps.Broadcast(mean), factor = TOps.Broadcast(scale);
        for (nint i = 0; i < count; i += TOps.Width)
        {
            TOps.Store(TOps.Multiply(TOps.Multiply(TOps.Load(shares + i), TOps.Subtract(TOps.Load(slopes + i), shift)), factor), slopes + i);
        }
    }
}
