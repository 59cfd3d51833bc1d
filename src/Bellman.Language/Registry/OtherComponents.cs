namespace Bellman.Language;

/// <summary>Reward models, value learning, several objectives, search and guards.</summary>
internal static class OtherComponents
{
    public static IReadOnlyList<ComponentEntry> All { get; } =
    [
        new("rm.bt", "A scalar reward from preferences.", typeof(BradleyTerry)),
        new("rm.ensemble", "Several reward models as one.", typeof(RewardEnsemble)),
        new("rm.orm", "A classifier of final answers.", typeof(StepRewards)),
        new("rm.prm", "A classifier of steps.", typeof(StepRewards)),
        new("rm.implicit", "Token rewards of a model trained on outcomes.", typeof(ImplicitProcessReward)),
        new("rm.generative", "A judge's expected score.", typeof(GenerativeReward)),
        new("value.ilql", "Implicit Q-learning over tokens, with its conservative term.", typeof(IlqlOptions)),
        new("value.verifierq", "Q-learning over reasoning steps.", typeof(VerifierQOptions)),
        new("value.archer", "Critics over turns, off-policy from a replay.", typeof(ArcherCredit)),
        new("loss.dro", "The optimum's equation with a separate value.", typeof(DroLoss)),
        new("loss.oreo", "The optimum's equation at every token, with a separate value.", typeof(OreoLoss)),
        new("loss.apo_star", "The optimum's equation with the value from reference samples.", typeof(OptimalAdvantageLoss)),
        new("moo.scalarise", "Weighted sums and Tchebycheff.", typeof(RewardScalarization)),
        new("moo.gdpo", "Each reward normalised on its own.", typeof(GdpoCredit)),
        new("moo.soup", "Weighted means of policies.", typeof(RewardedSoup)),
        new("moo.ric", "The reward written before the prompt.", typeof(RewardsInContext)),
        new("moo.safe", "Reward under a bound on cost.", typeof(LagrangeMultiplier)),
        new("infer.best_of_n", "The best of several answers; votes; their bounds.", typeof(BestOfN)),
        new("infer.beam", "Beam search over steps with a verifier.", typeof(StepBeamSearch)),
        new("infer.mcts", "Monte-Carlo tree search over steps.", typeof(TreeSearch)),
        new("guard.reward", "Clip, whitening, length and missing end.", typeof(RewardGuards)),
        new("guard.kl", "A coefficient that keeps the KL near its target.", typeof(AdaptiveKlCoefficient)),
        new("guard.monitor", "Proxy against gold.", typeof(OverOptimizationMonitor)),
        new("reward.verifiable", "A task's own checker.", typeof(TaskReward)),
        new("reward.learned", "One reward model, or several.", typeof(LearnedReward)),
        new("reward.exec", "Hidden tests of code, failures graded.", typeof(ExecutionFeedback)),
        new("rollout.tools", "What tools cost; their words carry no loss.", typeof(ToolCosts)),
        new("feedback.ai", "A chat model judges, asked in both orders.", typeof(ChatJudge)),
        new("recipe.cai", "Critique and revision by a constitution.", typeof(ConstitutionalRevision)),
        new("recipe.filter", "Sample, score, select, imitate: RFT, RAFT, ReST, STaR, expert iteration.", typeof(FilterRecipe)),
        new("recipe.vstar", "STaR that keeps its failures: a verifier learned from right and wrong answers chooses.", typeof(VStarRecipe)),
        new("recipe.selfplay", "Rounds of preferences against oneself: SPIN, online DPO, self-rewarding.", typeof(SelfPlayRecipe)),
        new("recipe.nash_md", "The opponent is a geometric mixture with the reference.", typeof(NashMirrorDescent)),
        new("recipe.hybrid", "Reinforcement and imitation in one loss.", typeof(HybridLoss)),
        new("reward.overlong", "A soft punishment of overlong responses.", typeof(OverlongShaping)),
    ];
}
