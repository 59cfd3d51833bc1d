using Bellman.Language;
using Bellman.Papers.DynamicRewardWeighting;
using Bellman.Papers.ExploreExploitGrpo;
using Bellman.Papers.GuidedHybridPolicyOptimization;
using Bellman.Papers.KnowledgeableRl;
using Bellman.Papers.ReinforcementMidTraining;
using Bellman.Papers.RepresentationExploration;
using Bellman.Papers.TokenHiddenReward;

namespace Bellman.Papers;

/// <summary>The papers' methods that are put on another after a plus sign: <c>bellman posttrain --method grpo+thr</c>. A new one adds one line.</summary>
public static class PaperMethods
{
    /// <summary>The methods, by key, which is the paper's slug.</summary>
    public static IReadOnlyList<MethodAddition> All { get; } =
    [
        MethodAddition.Of<TokenHiddenRewardOptions>("thr", "Token hidden reward: each token's advantage by what its update does to the group's correct responses.", (builder, options) => builder.AddTokenHiddenReward(options)),
        MethodAddition.Of<RepresentationExplorationOptions>("repexp", "Pays responses whose representations are new within their group.", (builder, options) => builder.AddRepresentationExploration(_ => options)),
        MethodAddition.Of<KnowledgeableRlOptions>("knowrl", "Rewards honest refusals and the supported facts of the thinking.", (builder, options) => builder.AddKnowledgeableRl(options)),
        MethodAddition.Of<ReinforcementMidTrainingOptions>("rmt", "Reasons about the uncertain tokens of the questions' own texts.", (builder, options) => builder.AddReinforcementMidTraining(options)),
        MethodAddition.Of<GuidedHybridPolicyOptimizationOptions>("ghpo", "Guidance: prompts that all responses fail are asked again with the beginning of their solution.", (builder, options) => builder.UseGuidance(options)),
        MethodAddition.Of<ExploreExploitGrpoOptions>("xrpo", "Rollouts where they reduce uncertainty, solved questions before failed ones, unlikely correct responses count more.", (builder, options) => builder.UseExploreExploit(options)),
        MethodAddition.Of<DynamicRewardWeightingOptions>(RewardWeighting.Key, "Weighs several rewards anew in every step, by gradient influence or by the growth of the Pareto front.", (builder, options) => builder.AddDynamicRewardWeighting(options)),
    ];
}
