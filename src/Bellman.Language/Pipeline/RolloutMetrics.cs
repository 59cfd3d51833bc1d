namespace Bellman.Language;

/// <summary>What every step measures about its rollouts.</summary>
internal static class RolloutMetrics
{
    public static void Write(IReadOnlyList<Rollout> rollouts, double passThreshold, IMetricSink metrics)
    {
        if (rollouts.Count == 0) { return; }
        foreach (var name in rollouts[0].Components.Keys)
        {
            var known = rollouts.Select(rollout => rollout.Components.GetValueOrDefault(name)).OfType<double>().ToList();
            if (known.Count > 0) { metrics.Add($"reward/{name}", known.Average()); }
        }
        var scored = rollouts.Where(rollout => !double.IsNaN(rollout.Reward)).ToList();
        metrics.Add("reward/unscored", 1 - (double)scored.Count / rollouts.Count);
        if (scored.Count > 0)
        {
            metrics.Add("reward/mean", scored.Average(rollout => rollout.Reward));
            metrics.Add("group/pass_rate", scored.GroupBy(rollout => rollout.Group).Average(group => group.Any(rollout => rollout.Reward >= passThreshold) ? 1.0 : 0));
        }
        metrics.Add("response/length", rollouts.Average(rollout => rollout.OwnTokens));
        metrics.Add("response/cut", rollouts.Average(rollout => rollout.Ended ? 0.0 : 1));
        metrics.Add("response/empty", rollouts.Average(rollout => rollout.Tokens.Length == 0 ? 1.0 : 0));
        var entropies = rollouts.SelectMany(rollout => rollout.Entropies).ToList();
        if (entropies.Count > 0) { metrics.Add("policy/entropy", entropies.Average()); }
        foreach (var rollout in scored) { metrics.Episode(rollout.Reward, rollout.OwnTokens); }
    }
}
