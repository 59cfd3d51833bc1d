namespace Bellman.Language.Scoring;

/// <summary>What several samples of one question say about k tries at it.</summary>
public static class PassAtK
{
    /// <summary>
    /// The unbiased estimate of the probability that at least one of k samples is right, from c right ones among n:
    /// pass@k = 1 - C(n-c, k) / C(n, k) (Chen et al. 2021, eq. 1), as a product that does not overflow.
    /// </summary>
    /// <param name="samples">n, at least k.</param>
    /// <param name="right">c, from 0 to n.</param>
    /// <param name="k">Tries, at least 1.</param>
    public static double Estimate(int samples, int right, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, k);
        ArgumentOutOfRangeException.ThrowIfNegative(right);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(right, samples);
        if (samples - right < k) { return 1; }
        var allWrong = 1.0;
        for (var i = samples - right + 1; i <= samples; i++) { allWrong *= 1 - ((double)k / i); }
        return 1 - allWrong;
    }
}
