namespace Bellman.Language;

/// <summary>
/// Changes the mixed rewards of a step after all of its rounds are drawn and scored and before credit is assigned: a bonus for
/// novelty, a discount for the likely. Whole groups are seen, whatever the rounds they came from; histories of prompts, pass
/// rates and <c>reward/mean</c> keep the task's own reward.
/// </summary>
public interface IRewardAugmentation
{
    /// <summary>The name it is logged by.</summary>
    string Name { get; }

    /// <summary>Whether it needs the frozen reference, the policy as it was before training.</summary>
    bool NeedsReference => false;

    /// <summary>The fewest responses to a prompt that it can compare.</summary>
    int MinimumGroupSize => 1;

    /// <summary>What a user should know about it beside this credit assigner; null for nothing.</summary>
    string? WarningBeside(ICreditAssigner credit) => null;

    /// <summary>Changes <see cref="Rollout.Reward"/>; NaN (not scorable) stays NaN.</summary>
    void Augment(IReadOnlyList<Rollout> rollouts, RewardContext context);
}
