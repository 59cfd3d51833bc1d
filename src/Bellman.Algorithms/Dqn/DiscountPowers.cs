namespace Bellman.Algorithms;

/// <summary>gamma^k for windows of up to n steps.</summary>
internal sealed class DiscountPowers(double gamma, int steps)
{
    private readonly double[] powers = [.. Enumerable.Range(0, steps + 1).Select(k => Math.Pow(gamma, k))];

    /// <summary>What the value of the next state is worth to a row of a batch: gamma^k, or nothing after a terminal step.</summary>
    public double Of(ReplayBatch batch, int row) => batch.Terminated[row] ? 0 : powers[batch.Steps[row]];
}
