namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>How difficult a token is to predict.</summary>
public enum Tier
{
    /// <summary>Some choice.</summary>
    Easy,

    /// <summary>More.</summary>
    Medium,

    /// <summary>Much.</summary>
    Hard,
}

/// <summary>From which tiers targets are drawn at a step.</summary>
public interface ITierCurriculum
{
    /// <summary>The shares of easy, medium and hard; they sum to 1.</summary>
    double[] At(long step);
}

/// <summary>p_1 before t_1, p_2 from t_2 on, in between (1 - u) p_1 + u p_2 with u = (t - t_1) / (t_2 - t_1).</summary>
public sealed class PiecewiseLinearCurriculum : ITierCurriculum
{
    private readonly double start;
    private readonly double end;
    private readonly double[] early;
    private readonly double[] late;

    /// <summary>A curriculum of three tiers.</summary>
    /// <exception cref="UsageException">The times do not follow each other, or the shares are none.</exception>
    public PiecewiseLinearCurriculum(double start, double end, double[] early, double[] late)
    {
        if (!(start < end)) { throw new UsageException($"The curriculum cannot move from step {start} to {end}: the first comes before the second."); }
        foreach (var shares in new[] { early, late })
        {
            if (shares.Length != 3 || shares.Any(share => !(share >= 0)) || Math.Abs(shares.Sum() - 1) > 1e-6) { throw new UsageException($"The shares {string.Join(", ", shares)} are no distribution over easy, medium and hard: three numbers from 0 up that sum to 1."); }
        }
        (this.start, this.end, this.early, this.late) = (start, end, early, late);
    }

    /// <inheritdoc/>
    public double[] At(long step)
    {
        var u = Math.Clamp((step - start) / (end - start), 0, 1);
        return [.. early.Zip(late, (first, second) => (1 - u) * first + u * second)];
    }
}

/// <summary>The same shares all the time.</summary>
/// <param name="shares">Of easy, medium and hard.</param>
public sealed class FixedCurriculum(params double[] shares) : ITierCurriculum
{
    /// <inheritdoc/>
    public double[] At(long step) => shares;
}

/// <summary>A token that is reasoned about.</summary>
/// <param name="Document">Which document.</param>
/// <param name="Position">Which of its tokens.</param>
/// <param name="Tier">How difficult.</param>
public readonly record struct TargetToken(int Document, int Position, Tier Tier);

/// <summary>Draws targets: a tier by the curriculum, then a token of it; an empty tier's share goes to the others.</summary>
/// <param name="index">The targets of each tier.</param>
/// <param name="curriculum">The shares.</param>
public sealed class TargetSampler(IReadOnlyDictionary<Tier, IReadOnlyList<TargetToken>> index, ITierCurriculum curriculum)
{
    private readonly IReadOnlyList<TargetToken>[] tiers = index.Values.Sum(list => list.Count) > 0
        ? [.. Enum.GetValues<Tier>().Select(tier => index.GetValueOrDefault(tier, []))]
        : throw new UsageException("No token of the corpus is difficult enough to be a target. Lower the thresholds (rmt.thresholds), or set rmt.quantiles=true.");

    /// <summary>Different targets, as far as there are enough.</summary>
    /// <param name="step">Of training.</param>
    /// <param name="count">How many.</param>
    /// <param name="random">The draws.</param>
    public IReadOnlyList<TargetToken> Draw(long step, int count, RandomStream random)
    {
        var shares = curriculum.At(step).Zip(tiers, (share, tier) => tier.Count == 0 ? 0 : share).ToArray();
        // A curriculum that asks for empty tiers alone takes what there is.
        if (shares.Sum() == 0) { shares = [.. tiers.Select(tier => tier.Count > 0 ? 1.0 : 0)]; }
        var available = tiers.Where((tier, i) => shares[i] > 0).Sum(tier => tier.Count);
        var drawn = new List<TargetToken>();
        var seen = new HashSet<TargetToken>();
        for (var attempts = 0; drawn.Count < count; attempts++)
        {
            var tier = tiers[random.NextCategorical(shares)];
            var target = tier[random.NextInt32(tier.Count)];
            // Duplicates are rejected while there is something else to draw.
            if (seen.Add(target) || seen.Count >= available || attempts > 100 * count) { drawn.Add(target); }
        }
        return drawn;
    }
}
