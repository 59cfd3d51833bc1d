using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>What a decision transformer is fitted by (foundations 3.5).</summary>
public static class SequenceLoss
{
    /// <summary>R̂_t = Σ from t on of r, undiscounted.</summary>
    /// <param name="rewards">[steps].</param>
    /// <param name="beyond">Reward that was recorded after the last of them.</param>
    /// <param name="returns">[steps], written.</param>
    public static void ReturnsToGo(ReadOnlySpan<float> rewards, double beyond, Span<double> returns)
    {
        for (var t = rewards.Length - 1; t >= 0; t--) { returns[t] = beyond += rewards[t]; }
    }

    /// <summary>mean (ŷ - a)² over the components of steps that are not padding, and its gradient.</summary>
    /// <param name="predicted">[steps, size].</param>
    /// <param name="recorded">[steps, size].</param>
    /// <param name="mask">[steps]: 1 for a step, 0 for padding.</param>
    /// <param name="gradients">[steps, size], written.</param>
    public static double SquaredError(ReadOnlySpan<float> predicted, ReadOnlySpan<float> recorded, ReadOnlySpan<float> mask, Span<float> gradients)
    {
        var size = predicted.Length / mask.Length;
        var count = Count(mask) * size;
        var loss = 0.0;
        for (var k = 0; k < predicted.Length; k++)
        {
            var difference = mask[k / size] > 0 ? predicted[k] - recorded[k] : 0;
            loss += (double)difference * difference / count;
            gradients[k] = 2 * difference / count;
        }
        return loss;
    }

    /// <summary>mean -log π(a) over the steps that are not padding, and its gradient in the logits.</summary>
    /// <param name="logits">[steps, actions]; log-probabilities afterwards.</param>
    /// <param name="recorded">[steps, actions]: 1 at the recorded action.</param>
    /// <param name="mask">[steps]: 1 for a step, 0 for padding.</param>
    /// <param name="gradients">[steps, actions], written.</param>
    public static double CrossEntropy(Span<float> logits, ReadOnlySpan<float> recorded, ReadOnlySpan<float> mask, Span<float> gradients)
    {
        var actions = logits.Length / mask.Length;
        var count = Count(mask);
        var loss = 0.0;
        gradients.Clear();
        for (var step = 0; step < mask.Length; step++)
        {
            if (mask[step] <= 0) { continue; }
            var row = logits.Slice(step * actions, actions);
            var action = recorded.Slice(step * actions, actions).IndexOf(1f);
            Categorical.LogSoftmax(row, row);
            loss -= row[action] / count;
            Categorical.AddGradient(row, action, -1f / count, 0, gradients.Slice(step * actions, actions));
        }
        return loss;
    }

    private static int Count(ReadOnlySpan<float> mask)
    {
        var count = 0;
        foreach (var valid in mask) { count += valid > 0 ? 1 : 0; }
        return Math.Max(1, count);
    }
}
