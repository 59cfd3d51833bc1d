using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>What is compared within a group of responses to one prompt; each derived record is one formula.</summary>
public abstract record GroupCredit : ICreditAssigner
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public virtual int MinimumGroupSize => 2;

    /// <inheritdoc/>
    public virtual bool NeedsGreedy => false;

    /// <inheritdoc/>
    public virtual Credit Assign(CreditBatch batch, IMetricSink metrics) => new(batch.Spread(Compare(batch, metrics)));

    /// <summary>A for each row: NaN where it could not be scored.</summary>
    protected double[] Compare(CreditBatch batch, IMetricSink metrics)
    {
        var advantages = new double[batch.Rows];
        Array.Fill(advantages, double.NaN);
        var (groups, equal) = (0, 0);
        foreach (var rows in batch.ScoredGroups())
        {
            var rewards = Array.ConvertAll(rows, batch.Total);
            groups++;
            if (rows.Length >= MinimumGroupSize && rewards.All(reward => reward == rewards[0])) { equal++; }
            // A group of which too few could be scored compares nothing.
            var compared = rows.Length < MinimumGroupSize ? new double[rows.Length] : Compare(rewards, rows, batch);
            for (var i = 0; i < rows.Length; i++) { advantages[rows[i]] = compared[i]; }
        }
        metrics.Add("group/zero_std", groups == 0 ? double.NaN : (double)equal / groups);
        return advantages;
    }

    /// <summary>The advantages of one group.</summary>
    /// <param name="rewards">Of its scorable responses.</param>
    /// <param name="rows">Their rows in the batch.</param>
    /// <param name="batch">The whole batch.</param>
    protected abstract double[] Compare(double[] rewards, int[] rows, CreditBatch batch);

    /// <summary>Sample standard deviation (n - 1).</summary>
    protected static double Deviation(double[] values)
    {
        var mean = values.Average();
        return values.Length < 2 ? 0 : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }
}

/// <summary>GRPO (Shao et al. 2024): A = (R - mean) / (s + 1e-6), s with G - 1.</summary>
public sealed record GrpoCredit : GroupCredit
{
    /// <inheritdoc/>
    public override string Name => "adv.group.grpo";

    /// <summary>Added to the deviation.</summary>
    [Description("Added to the deviation; larger damps groups that hardly differ.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Epsilon { get; init; } = 1e-6;

    /// <inheritdoc/>
    protected override double[] Compare(double[] rewards, int[] rows, CreditBatch batch)
    {
        // Equal rewards differ by rounding alone, which division by epsilon would turn into a signal.
        if (rewards.All(reward => reward == rewards[0])) { return new double[rewards.Length]; }
        var (mean, deviation) = (rewards.Average(), Deviation(rewards));
        return Array.ConvertAll(rewards, reward => (reward - mean) / (deviation + Epsilon));
    }
}

/// <summary>Dr. GRPO (Liu et al. 2025): A = R - mean; dividing by the deviation overweights nearly solved prompts.</summary>
public sealed record DrGrpoCredit : GroupCredit
{
    /// <inheritdoc/>
    public override string Name => "adv.group.drgrpo";

    /// <inheritdoc/>
    protected override double[] Compare(double[] rewards, int[] rows, CreditBatch batch)
    {
        if (rewards.All(reward => reward == rewards[0])) { return new double[rewards.Length]; }
        var mean = rewards.Average();
        return Array.ConvertAll(rewards, reward => reward - mean);
    }
}

/// <summary>RLOO (Ahmadian et al. 2024): against the mean of the others, A = (G R - sum R) / (G - 1).</summary>
public sealed record RlooCredit : GroupCredit
{
    /// <inheritdoc/>
    public override string Name => "adv.group.rloo";

    /// <inheritdoc/>
    protected override double[] Compare(double[] rewards, int[] rows, CreditBatch batch) => LeaveOneOut(rewards);

    /// <summary>(G R - sum R) / (G - 1).</summary>
    internal static double[] LeaveOneOut(double[] rewards)
    {
        if (rewards.All(reward => reward == rewards[0])) { return new double[rewards.Length]; }
        var sum = rewards.Sum();
        return Array.ConvertAll(rewards, reward => (rewards.Length * reward - sum) / (rewards.Length - 1));
    }
}

/// <summary>OPO (Hao et al. 2025): against the length-weighted mean, A = R - sum n R / sum n; exactly on-policy.</summary>
public sealed record OpoCredit : GroupCredit
{
    /// <inheritdoc/>
    public override string Name => "adv.group.opo";

    /// <inheritdoc/>
    protected override double[] Compare(double[] rewards, int[] rows, CreditBatch batch)
    {
        var lengths = Array.ConvertAll(rows, batch.Length);
        var baseline = Baseline(rewards, lengths);
        return rewards.All(reward => reward == rewards[0]) ? new double[rewards.Length] : Array.ConvertAll(rewards, reward => reward - baseline);
    }

    /// <summary>sum n R / sum n.</summary>
    public static double Baseline(IReadOnlyList<double> rewards, IReadOnlyList<int> lengths) =>
        rewards.Select((reward, i) => lengths[i] * reward).Sum() / Math.Max(1, lengths.Sum());
}

/// <summary>GPG (Chu et al. 2025): A = alpha (R - mean), alpha = rows / rows with a reward other than 0, over the whole batch.</summary>
public sealed record GpgCredit : GroupCredit
{
    /// <inheritdoc/>
    public override string Name => "adv.group.gpg";

    /// <inheritdoc/>
    protected override double[] Compare(double[] rewards, int[] rows, CreditBatch batch)
    {
        if (rewards.All(reward => reward == rewards[0])) { return new double[rewards.Length]; }
        var scored = Enumerable.Range(0, batch.Rows).Where(row => !double.IsNaN(batch.Rewards[row])).ToList();
        var alpha = scored.Count / (double)Math.Max(1, scored.Count(row => batch.Total(row) != 0));
        var mean = rewards.Average();
        return Array.ConvertAll(rewards, reward => alpha * (reward - mean));
    }
}

/// <summary>
/// pass@k training (Walder and Karkhanis 2025): the best response gets the amount by which it beats the second best, divided by
/// the deviation, all others 0: what counts is that one of the group succeeds.
/// </summary>
public sealed record PassAtKCredit : GroupCredit
{
    /// <inheritdoc/>
    public override string Name => "adv.group.passk";

    /// <summary>Whether the deviation divides.</summary>
    [Description("Divide by the group's deviation.")]
    public bool Normalize { get; init; } = true;

    /// <inheritdoc/>
    protected override double[] Compare(double[] rewards, int[] rows, CreditBatch batch)
    {
        var advantages = new double[rewards.Length];
        var best = Array.IndexOf(rewards, rewards.Max());
        var second = rewards.Where((_, i) => i != best).Max();
        advantages[best] = (rewards[best] - second) / (Normalize ? Deviation(rewards) + 1e-6 : 1);
        return advantages;
    }
}

/// <summary>ReMax (Li et al. 2023): against the reward of the most likely response, A = R - R(greedy).</summary>
public sealed record RemaxCredit : GroupCredit
{
    /// <inheritdoc/>
    public override string Name => "adv.remax";

    /// <inheritdoc/>
    public override int MinimumGroupSize => 1;

    /// <inheritdoc/>
    public override bool NeedsGreedy => true;

    /// <inheritdoc/>
    protected override double[] Compare(double[] rewards, int[] rows, CreditBatch batch)
    {
        var greedy = batch.GreedyRewards ?? throw new InvalidOperationException($"{Name} needs the rewards of the most likely responses that it asked for.");
        // A greedy response that could not be scored says nothing: no baseline.
        return [.. rewards.Select((reward, i) => reward - (double.IsNaN(greedy[rows[i]]) ? 0 : greedy[rows[i]]))];
    }
}
