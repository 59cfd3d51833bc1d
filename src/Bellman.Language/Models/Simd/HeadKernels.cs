using System.Runtime.CompilerServices;
using Bellman.Neural;

namespace Bellman.Language;

/// <summary>Where the scores of a batch are written, or their gradients read; null for what is not wanted.</summary>
internal unsafe struct ScorePointers
{
    /// <summary>[rows, length].</summary>
    public float* LogProbabilities;

    /// <summary>[rows, length].</summary>
    public float* Entropies;

    /// <summary>[rows, length, width].</summary>
    public float* Hidden;

    /// <summary>[rows, length, vocabulary].</summary>
    public float* Logits;
}

/// <summary>
/// From the residual stream to scores and back. Logits are never kept: the backward pass computes them again, a few rows
/// at a time, which costs a small part of the whole.
/// </summary>
internal static unsafe class HeadKernels<TVector, TOps>
    where TVector : unmanaged
    where TOps : IVectorOperations<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(KernelShape shape, PackedWeights packed, float* gain, TokenGroup group, float* stream, int[] tokens, float inverseTemperature, GroupScratch scratch, ScorePointers scores)
    {
        Normed(shape, gain, group, stream, scratch);
        for (var first = 0; first < group.Targets.Length; first += GroupScratch.LogitRows)
        {
            var rows = Logits(shape, packed, first, group, scratch);
            for (var i = 0; i < rows; i++)
            {
                var target = group.Targets[first + i];
                var softmax = Softmax(shape, scratch, i, inverseTemperature);
                scores.LogProbabilities[target] = softmax.Logits[tokens[target]] * inverseTemperature - softmax.LogSum;
                if (scores.Entropies is not null) { scores.Entropies[target] = softmax.LogSum - softmax.Mean; }
                if (scores.Hidden is not null) { BlockKernels<TVector, TOps>.Copy(scratch.Hidden + (first + i) * (nint)shape.WidthStride, scores.Hidden + (long)target * shape.Width, shape.Width); }
                if (scores.Logits is null) { continue; }
                var to = scores.Logits + (long)target * shape.Vocabulary;
                for (var j = 0; j < shape.Vocabulary; j++) { to[j] = softmax.Logits[j] * inverseTemperature; }
            }
        }
    }

    /// <summary>Writes the gradient of the stream to <c>scratch.Stream</c> and adds the parameters' to <paramref name="gradient"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(
        KernelShape shape, PackedWeights packed, long gainPlace, TokenGroup group, float* stream, int[] tokens, float inverseTemperature, GroupScratch scratch, ScorePointers slopes, float* gradient)
    {
        var gain = packed.Flat + gainPlace;
        Normed(shape, gain, group, stream, scratch);
        for (var first = 0; first < group.Targets.Length; first += GroupScratch.LogitRows)
        {
            var rows = Logits(shape, packed, first, group, scratch);
            for (var i = 0; i < rows; i++) { LogitSlopes(shape, Softmax(shape, scratch, i, inverseTemperature), group.Targets[first + i], tokens, inverseTemperature, slopes); }
            float* hidden = scratch.Hidden + first * (nint)shape.WidthStride, hiddenSlope = scratch.HiddenSlope + first * (nint)shape.WidthStride;
            BlockKernels<TVector, TOps>.BackProduct(scratch.LogitSlope, shape.VocabularyStride, packed.Head, hiddenSlope, shape.WidthStride, rows);
            BlockKernels<TVector, TOps>.AddGradient(scratch.LogitSlope, shape.VocabularyStride, hidden, shape.WidthStride, packed.Head, gradient, rows);
        }
        new Span<float>(scratch.Stream, group.Count * shape.Width).Clear();
        for (var i = 0; i < group.Targets.Length; i++)
        {
            var slope = scratch.HiddenSlope + i * (nint)shape.WidthStride;
            if (slopes.Hidden is not null) { RowKernels<TVector, TOps>.Add(slopes.Hidden + (long)group.Targets[i] * shape.Width, slope, shape.Width); }
            nint row = group.Predictors[i] * (nint)shape.Width;
            RowKernels<TVector, TOps>.NormBackward(
                stream + row, shape.Width, gain, scratch.Inverse + i, slope, shape.WidthStride, scratch.Stream + row, shape.Width, gradient + gainPlace, 1, shape.Width);
        }
    }

    /// <summary>One row's logits, e^(z - maximum) beside them, log Σ e^z and Σ p z, with z = logit / temperature.</summary>
    private readonly struct Distribution(float* logits, float* weights, float total, float logSum, float mean)
    {
        public float* Logits => logits;

        public float* Weights => weights;

        public float Total => total;

        public float LogSum => logSum;

        public float Mean => mean;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Normed(KernelShape shape, float* gain, TokenGroup group, float* stream, GroupScratch scratch)
    {
        for (var i = 0; i < group.Predictors.Length; i++)
        {
            RowKernels<TVector, TOps>.Norm(
                stream + group.Predictors[i] * (nint)shape.Width, shape.Width, gain, scratch.Hidden + i * (nint)shape.WidthStride, shape.WidthStride, scratch.Inverse + i, 1, shape.Width, shape.Epsilon);
        }
    }

    private static int Logits(KernelShape shape, PackedWeights packed, int first, TokenGroup group, GroupScratch scratch)
    {
        var rows = Math.Min(GroupScratch.LogitRows, group.Targets.Length - first);
        BlockKernels<TVector, TOps>.Product(scratch.Hidden + first * (nint)shape.WidthStride, shape.WidthStride, packed.Head, scratch.Logits, shape.VocabularyStride, rows);
        return rows;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Distribution Softmax(KernelShape shape, GroupScratch scratch, int row, float inverseTemperature)
    {
        float* logits = scratch.Logits + row * (nint)shape.VocabularyStride, weights = scratch.LogitSlope + row * (nint)shape.VocabularyStride;
        var whole = Whole(shape);
        var shift = RowKernels<TVector, TOps>.Maximum(logits, shape.Vocabulary) * inverseTemperature;
        BlockKernels<TVector, TOps>.Copy(logits, weights, whole);
        var total = RowKernels<TVector, TOps>.Exponentials(weights, shape.Vocabulary, whole, inverseTemperature, shift);
        var mean = RowKernels<TVector, TOps>.Dot(weights, logits, whole) / total * inverseTemperature;
        return new Distribution(logits, weights, total, shift + MathF.Log(total), mean);
    }

    /// <summary>d logit_j = (p_j (-d log p - dH (z_j - Σ p z)) + [j is the token] d log p + d z_j) / temperature, in place of the weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LogitSlopes(KernelShape shape, Distribution softmax, int target, int[] tokens, float inverseTemperature, ScorePointers slopes)
    {
        var slope = slopes.LogProbabilities[target];
        var entropySlope = slopes.Entropies is null ? 0 : slopes.Entropies[target];
        TVector share = TOps.Broadcast(inverseTemperature / softmax.Total), constant = TOps.Broadcast(entropySlope * softmax.Mean - slope), factor = TOps.Broadcast(-entropySlope * inverseTemperature);
        for (nint j = 0; j < Whole(shape); j += TOps.Width)
        {
            var inner = TOps.MultiplyAdd(TOps.Load(softmax.Logits + j), factor, constant);
            TOps.Store(TOps.Multiply(TOps.Multiply(TOps.Load(softmax.Weights + j), share), inner), softmax.Weights + j);
        }
        softmax.Weights[tokens[target]] += slope * inverseTemperature;
        if (slopes.Logits is null) { return; }
        var from = slopes.Logits + (long)target * shape.Vocabulary;
        for (var j = 0; j < shape.Vocabulary; j++) { softmax.Weights[j] += from[j] * inverseTemperature; }
    }

    private static int Whole(KernelShape shape) => (shape.Vocabulary + TOps.Width - 1) / TOps.Width * TOps.Width;
}
