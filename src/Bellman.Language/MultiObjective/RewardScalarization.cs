using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>Several rewards into one number a response.</summary>
public static class RewardScalarization
{
    /// <summary>sum_k w_k R_k (MORLHF).</summary>
    public static double Weighted(IReadOnlyList<double> rewards, IReadOnlyList<double> weights) => rewards.Select((reward, k) => weights[k] * reward).Sum();

    /// <summary>min_k w_k (R_k - z_k): also reaches the concave parts of the front.</summary>
    public static double Tchebycheff(IReadOnlyList<double> rewards, IReadOnlyList<double> weights, IReadOnlyList<double> ideal) =>
        rewards.Select((reward, k) => weights[k] * (reward - ideal[k])).Min();

    /// <summary>
    /// GDPO (decoupled normalisation): each reward is normalised within its group, weighted and summed, and the sums are
    /// normalised over the batch. Summing first lets the reward of the largest spread decide.
    /// </summary>
    /// <param name="rewards">[rewards][rows].</param>
    /// <param name="weights">One a reward.</param>
    /// <param name="groups">[rows].</param>
    /// <param name="epsilon">Added to deviations.</param>
    public static double[] Decoupled(IReadOnlyList<double[]> rewards, IReadOnlyList<double> weights, int[] groups, double epsilon = 1e-4)
    {
        var sums = new double[groups.Length];
        for (var k = 0; k < rewards.Count; k++)
        {
            foreach (var rows in Enumerable.Range(0, groups.Length).GroupBy(row => groups[row]).Select(group => group.ToArray()))
            {
                var normalized = Normalize(Array.ConvertAll(rows, row => rewards[k][row]), epsilon);
                for (var i = 0; i < rows.Length; i++) { sums[rows[i]] += weights[k] * normalized[i]; }
            }
        }
        return Normalize(sums, epsilon);
    }

    /// <summary>(R - mean) / (s + epsilon), s with n - 1; zeros where all are equal.</summary>
    public static double[] Normalize(double[] values, double epsilon = 1e-4)
    {
        if (values.Length < 2 || values.All(value => value == values[0])) { return new double[values.Length]; }
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        return Array.ConvertAll(values, value => (value - mean) / (deviation + epsilon));
    }
}

/// <summary>Credit from several rewards by decoupled normalisation; the rollouts' components are the rewards.</summary>
public sealed record GdpoCredit : ICreditAssigner
{
    /// <inheritdoc/>
    public string Name => "moo.gdpo";

    /// <inheritdoc/>
    public int MinimumGroupSize => 2;

    /// <summary>Weights in the order of the rewards.</summary>
    [Description("Weight of each reward, in the order in which rewards were added; 1 each when none are given.")]
    [Range(-1e6, 1e6)]
    public double[] Weights { get; init; } = [];

    /// <inheritdoc/>
    public Credit Assign(CreditBatch batch, IMetricSink metrics)
    {
        if (batch.Rollouts.Count == 0) { throw new InvalidOperationException($"{Name} needs the rollouts and their reward components."); }
        var names = batch.Rollouts.SelectMany(rollout => rollout.Components.Keys).Distinct().ToList();
        if (Weights.Length > 0 && Weights.Length != names.Count) { throw new UsageException($"{Name} has {Weights.Length} weights and there are {names.Count} rewards ({string.Join(", ", names)}). Give one weight a reward."); }
        var scored = Enumerable.Range(0, batch.Rows).Where(row => !double.IsNaN(batch.Rewards[row])).ToArray();
        var rewards = names.ConvertAll(name => Array.ConvertAll(scored, row => batch.Rollouts[row].Components.TryGetValue(name, out var value) ? value ?? 0 : 0));
        var weights = Weights.Length > 0 ? Weights : [.. names.Select(_ => 1.0)];
        var perRow = new double[batch.Rows];
        Array.Fill(perRow, double.NaN);
        var normalized = RewardScalarization.Decoupled(rewards, weights, Array.ConvertAll(scored, row => batch.Groups[row]));
        for (var i = 0; i < scored.Length; i++) { perRow[scored[i]] = normalized[i]; }
        return new Credit(batch.Spread(perRow));
    }
}
