namespace Bellman.Algorithms;

/// <summary>Says how strongly the transitions of each recorded episode are drawn. The learner never hears of it.</summary>
public interface ITrajectoryScorer
{
    /// <summary>[episodes]: the weight that every transition of the episode is drawn with; not negative, not all zero. Only ratios count.</summary>
    double[] Weights(OfflineDataset data);
}

/// <summary>Every transition alike.</summary>
public sealed record UniformScorer : ITrajectoryScorer
{
    /// <inheritdoc/>
    public double[] Weights(OfflineDataset data) => [.. data.Episodes.Select(_ => 1.0)];
}

/// <summary>Return weighting (RW): w = exp(z / α), z the episode's undiscounted return brought to [0, 1] over the data set (Hong et al. 2023).</summary>
/// <param name="Temperature">α above 0: near 0 only the best episode is left, infinity draws uniformly.</param>
public sealed record ReturnWeighted(double Temperature = 0.1) : ITrajectoryScorer
{
    /// <inheritdoc/>
    public double[] Weights(OfflineDataset data) => TrajectoryScores.Soften([.. data.Episodes.Select(episode => episode.Return)], Temperature);
}

/// <summary>
/// Advantage weighting (AW): as <see cref="ReturnWeighted"/>, of A = G - V(s₀): how much better an episode went than its start let expect, V a
/// least-squares regression of G on the first observation (Hong et al. 2023). Lucky starts are then not preferred.
/// </summary>
/// <param name="Temperature">α above 0.</param>
/// <param name="Degree">Powers of each component that V reads: 1 as published; 2 sees starts around a goal; 0 is a constant, which is RW.</param>
public sealed record AdvantageWeighted(double Temperature = 0.1, int Degree = 1) : ITrajectoryScorer
{
    /// <inheritdoc/>
    public double[] Weights(OfflineDataset data) => TrajectoryScores.Soften(TrajectoryScores.Advantages(data, Degree), Temperature);
}

/// <summary>Top-q%: the ⌊nq⌋ episodes of highest return alike, no others; ties in the order of the data.</summary>
/// <param name="Share">q in (0, 1].</param>
public sealed record TopShare(double Share = 0.1) : ITrajectoryScorer
{
    /// <inheritdoc/>
    /// <exception cref="UsageException">The share is out of range, or keeps no episode.</exception>
    public double[] Weights(OfflineDataset data)
    {
        if (!(Share > 0 && Share <= 1)) { throw new UsageException($"The share of best episodes cannot be {Numbers(Share)}: it is above 0 and at most 1, e.g. 0.1."); }
        var count = data.Episodes.Count;
        // 100 times 0.29 is a little less than 29 in binary.
        var kept = (int)Math.Floor(count * Share + 1e-9);
        if (kept == 0) { throw new UsageException($"The best {Numbers(100 * Share)}% of {count} episodes are none. Raise samplingShare to {Numbers(Math.Ceiling(1e4 / count) / 1e4)} or more, or record more episodes."); }
        var weights = new double[count];
        foreach (var index in Enumerable.Range(0, count).OrderByDescending(i => data.Episodes[i].Return).Take(kept)) { weights[index] = 1; }
        return weights;
    }

    private static string Numbers(double number) => number.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A scorer's weights divided by the lengths of the episodes: each episode then has the mass that its score says, however long it is. Not as published.</summary>
/// <param name="Scorer">What scores.</param>
public sealed record PerLength(ITrajectoryScorer Scorer) : ITrajectoryScorer
{
    /// <inheritdoc/>
    public double[] Weights(OfflineDataset data)
    {
        var weights = Scorer.Weights(data);
        for (var i = 0; i < weights.Length; i++) { weights[i] /= data.Episodes[i].Length; }
        return weights;
    }
}
