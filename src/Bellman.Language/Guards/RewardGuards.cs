using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>Bounds on what a reward can do to a policy that learns to exploit it.</summary>
public sealed record RewardGuardOptions
{
    /// <summary>Bound on |reward|.</summary>
    [Description("Rewards beyond plus or minus this are cut; none for no bound.")]
    [Range(0.0, 1e12, MinimumIsExclusive = true)]
    public double? Clip { get; init; }

    /// <summary>Whether rewards are whitened over the batch.</summary>
    [Description("Subtract the batch's mean reward and divide by its deviation.")]
    public bool Whiten { get; init; }

    /// <summary>Taken from the reward of a response without an end token.</summary>
    [Description("Taken from the reward of a response that was cut at the limit.")]
    [Range(0.0, 1e6)]
    public double MissingEndPenalty { get; init; }

    /// <summary>Taken from the reward for every token.</summary>
    [Description("Taken from the reward for every token of the response.")]
    [Range(-1e6, 1e6)]
    public double LengthPenalty { get; init; }
}

/// <summary>Applies <see cref="RewardGuardOptions"/> to the mixed reward of a batch; NaN (unscorable) stays NaN.</summary>
public static class RewardGuards
{
    /// <summary>The guarded rewards.</summary>
    /// <param name="rewards">[rows].</param>
    /// <param name="lengths">[rows].</param>
    /// <param name="ended">[rows]: whether the response ended by itself.</param>
    /// <param name="options">Which guards.</param>
    public static double[] Apply(double[] rewards, IReadOnlyList<int> lengths, IReadOnlyList<bool> ended, RewardGuardOptions options)
    {
        var guarded = rewards.Select((reward, row) => reward - (ended[row] ? 0 : options.MissingEndPenalty) - options.LengthPenalty * lengths[row]).ToArray();
        if (options.Clip is { } bound) { guarded = Array.ConvertAll(guarded, reward => double.IsNaN(reward) ? reward : Math.Clamp(reward, -bound, bound)); }
        if (!options.Whiten) { return guarded; }
        var known = Array.FindAll(guarded, reward => !double.IsNaN(reward));
        if (known.Length < 2) { return guarded; }
        var mean = known.Average();
        var deviation = Math.Sqrt(known.Sum(reward => (reward - mean) * (reward - mean)) / (known.Length - 1));
        return Array.ConvertAll(guarded, reward => deviation < 1e-8 ? reward - mean : (reward - mean) / (deviation + 1e-8));
    }
}

/// <summary>
/// Watches a proxy reward against a gold one that is not trained on: over-optimisation shows as the proxy rising while
/// the gold falls from its best.
/// </summary>
public sealed class OverOptimizationMonitor(double tolerance = 0.05) : IStateful
{
    private double bestGold = double.NegativeInfinity;
    private double proxyAtBest = double.NegativeInfinity;

    /// <summary>Whether the last measurement showed over-optimisation.</summary>
    public bool IsOverOptimized { get; private set; }

    /// <summary>Takes in a measurement of both.</summary>
    public void Add(double proxy, double gold, IMetricSink metrics)
    {
        if (gold > bestGold) { (bestGold, proxyAtBest) = (gold, proxy); }
        IsOverOptimized = gold < bestGold - tolerance && proxy > proxyAtBest;
        metrics.Add("guard/proxy", proxy);
        metrics.Add("guard/gold", gold);
        metrics.Add("guard/over_optimized", IsOverOptimized ? 1 : 0);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(bestGold), ref bestGold);
        state.Value(nameof(proxyAtBest), ref proxyAtBest);
    }
}
