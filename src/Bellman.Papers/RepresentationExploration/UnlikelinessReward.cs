using Bellman.Language;

namespace Bellman.Papers.RepresentationExploration;

/// <summary>
/// A baseline (He et al. 2025, reconstructed): correct responses that the policy finds likely are paid less. Of the correct responses of a
/// group, ranked by likelihood from 0 (the most likely), r = r* (1 - strength (G - rank) / G).
/// </summary>
/// <param name="strength">From 0 to 1; 0.25 usually.</param>
public sealed class UnlikelinessReward(double strength = 0.25) : IRewardAugmentation
{
    private readonly double strength = strength is >= 0 and <= 1 ? strength : throw new UsageException($"The strength of the unlikeliness reward cannot be {strength}: it is from 0 to 1.");

    /// <inheritdoc/>
    public string Name => "unlikeliness";

    /// <inheritdoc/>
    public int MinimumGroupSize => 2;

    /// <inheritdoc/>
    public void Augment(IReadOnlyList<Rollout> rollouts, RewardContext context)
    {
        foreach (var group in rollouts.Where(rollout => !double.IsNaN(rollout.Reward)).GroupBy(rollout => rollout.Group))
        {
            var size = group.Count();
            var right = group.Where(rollout => rollout.TaskReward >= context.PassThreshold).OrderByDescending(rollout => rollout.LogProbabilities.Sum()).ToList();
            for (var rank = 0; rank < right.Count; rank++) { right[rank].Reward *= 1 - strength * (size - rank) / size; }
        }
    }
}
