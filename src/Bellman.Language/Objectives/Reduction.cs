using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>How a loss per token becomes one number. The choice decides how much long responses weigh.</summary>
public enum Reduction
{
    /// <summary>Sum over all tokens / number of tokens: every token weighs the same, long responses weigh more.</summary>
    TokenMean,

    /// <summary>Mean over responses of their token means: every response weighs the same, tokens of long ones weigh less.</summary>
    SequenceMeanTokenMean,

    /// <summary>Mean over responses of their token sums: the plain policy gradient of a sequence.</summary>
    SequenceMeanTokenSum,

    /// <summary>Sum over all tokens / (responses x a constant length): as the token sum, in the scale of a mean (Dr. GRPO).</summary>
    SequenceSumNorm,
}

/// <summary>The one place where losses per token are reduced, so that every objective treats padding alike.</summary>
public static class Reductions
{
    /// <summary>
    /// Reduces q [rows, tokens]. Values outside the mask are selected away, not multiplied, so that a NaN in the padding
    /// stays there. Rows without tokens are dropped from numerator and denominator.
    /// </summary>
    /// <param name="reduction">How.</param>
    /// <param name="losses">[rows, tokens].</param>
    /// <param name="mask">[rows, tokens], bool.</param>
    /// <param name="normalizer">The constant length T_max of <see cref="Reduction.SequenceSumNorm"/>; the number of columns if 0.</param>
    /// <param name="metrics">Hears <c>objective/empty_batch</c> when nothing is left; the loss is then 0.</param>
    public static Tensor Apply(Reduction reduction, Tensor losses, Tensor mask, int normalizer = 0, IMetricSink? metrics = null)
    {
        RequireShape(losses, mask);
        var counts = mask.sum(1).to(losses.dtype);
        var tokens = counts.sum();
        var rows = counts.gt(0).sum().to(losses.dtype);
        if (rows.ToDouble() == 0)
        {
            metrics?.Add("objective/empty_batch", 1);
            return Select(losses, mask).sum();
        }
        var sums = Sum(losses, mask);
        return reduction switch
        {
            // sum m q / sum m
            Reduction.TokenMean => sums.sum() / tokens,
            // mean_i (sum_t m q / n_i)
            Reduction.SequenceMeanTokenMean => (sums / counts.clamp_min(1)).sum() / rows,
            // mean_i sum_t m q
            Reduction.SequenceMeanTokenSum => sums.sum() / rows,
            // sum m q / (B T_max)
            _ => sums.sum() / (rows * (normalizer > 0 ? normalizer : losses.shape[1])),
        };
    }

    /// <summary>Values inside the mask, 0 elsewhere.</summary>
    public static Tensor Select(Tensor values, Tensor mask) => where(mask, values, zeros_like(values));

    /// <summary>Sum over the masked tokens of each row: [rows].</summary>
    public static Tensor Sum(Tensor values, Tensor mask) => Select(values, mask).sum(1);

    /// <summary>Mean over the masked tokens of each row, 0 for a row without any: [rows].</summary>
    public static Tensor Mean(Tensor values, Tensor mask) => Sum(values, mask) / mask.sum(1).to(values.dtype).clamp_min(1);

    /// <summary>Mean over all masked tokens, 0 without any.</summary>
    public static Tensor TokenMean(Tensor values, Tensor mask) => Select(values, mask).sum() / mask.sum().to(values.dtype).clamp_min(1);

    private static void RequireShape(Tensor values, Tensor mask)
    {
        if (!values.shape.SequenceEqual(mask.shape) || values.dim() != 2)
        {
            throw new ArgumentException($"Losses of shape [{string.Join(", ", values.shape)}] need a mask of the same two axes, rows and tokens; it is [{string.Join(", ", mask.shape)}].", nameof(mask));
        }
        if (mask.dtype != ScalarType.Bool) { throw new ArgumentException($"A mask is of type Bool, not {mask.dtype}.", nameof(mask)); }
    }
}
