using Bellman.Language;
using Bellman.Papers.GuidedHybridPolicyOptimization;
using Bellman.Papers.TokenHiddenReward;

namespace Bellman.Papers;

/// <summary>The papers' methods that are put on another after a plus sign: <c>bellman posttrain --method grpo+thr</c>. A new one adds one line.</summary>
public static class PaperMethods
{
    /// <summary>The methods, by key, which is the paper's slug.</summary>
    public static IReadOnlyList<MethodAddition> All { get; } =
    [
        MethodAddition.Of<TokenHiddenRewardOptions>("thr", "Token hidden reward: each token's advantage by what its update does to the group's correct responses.", (builder, options) => builder.AddTokenHiddenReward(options)),
        MethodAddition.Of<GuidedHybridPolicyOptimizationOptions>("ghpo", "Guidance: prompts that all responses fail are asked again with the beginning of their solution.", (builder, options) => builder.UseGuidance(options)),
    ];
}
