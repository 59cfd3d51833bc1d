using Bellman.Experiments;

namespace Bellman.Papers.SurveyRlForLlms;

/// <summary>The thresholds of the survey's bake-off (checks N1 to N9 and the transformer's), on the mean over seeds.</summary>
internal static class BakeOffClaims
{
    public static IReadOnlyList<Claim> All { get; } =
    [
        .. TabularArms.All.Where(arm => !double.IsNaN(arm.Greedy)).SelectMany(arm => new[]
        {
            Claim.AtLeast($"N1 {arm.Arm.Name}: the most likely answers are right", arm.Arm.Name, "greedy", arm.Greedy, Statistic.Mean),
            Claim.AtLeast($"N1 {arm.Arm.Name}: accuracy", arm.Arm.Name, "accuracy", arm.Accuracy, Statistic.Mean),
        }),
        Claim.AtMost("N2 KL in the reward reaches the exact optimum", "optimum-reward-kl", "optimum-kl", 0.05, Statistic.Mean),
        Claim.AtLeast("N3 k3 in the loss has another fixed point", "optimum-k3-loss", "optimum-kl", 0.2, Statistic.Mean),
        Claim.AtMost("k2 in the loss reaches the optimum too", "optimum-k2-loss", "optimum-kl", 0.05, Statistic.Mean).ReportOnly(),
        Claim.AtLeast("N4 without KL the proxy is exploited", "hacking", "proxy", 1.1, Statistic.Mean),
        Claim.AtMost("N4 and the true reward is lost", "hacking", "accuracy", 0.5, Statistic.Mean),
        Claim.AtMost("N5 DPO with soft labels reaches the optimum", "dpo-soft-labels", "optimum-kl", 0.1, Statistic.Mean),
        Claim.AtMost("N5 REBEL reaches the optimum", "rebel-scores", "optimum-kl", 0.1, Statistic.Mean),
        Claim.AtLeast("N5 DPO with labels drawn once does not", "dpo-hard-labels", "optimum-kl", 1, Statistic.Mean),
        Claim.AtMost("N6 process rewards: hardly any right answer hides its way", "prm", "unfaithful", 0.03, Statistic.Mean),
        Claim.AtLeast("N6 GRPO: some do", "grpo", "unfaithful", 0.1, Statistic.Mean),
        Claim.Difference("N7 DAPO's answers are longer than GRPO's", "dapo", "grpo", "length", 0.15, Statistic.Mean),
        Claim.Difference("N7 Dr. GRPO's answers are longer than GRPO's", "drgrpo", "grpo", "length", 0.15, Statistic.Mean),
        Claim.Difference("N8 with 30% flipped labels robust DPO is better than DPO", "robust-noise", "dpo-noise", "accuracy", 0.03, Statistic.Mean),
        Claim.AtLeast("N9 summed rewards: right", "two-rewards", "accuracy", 0.95, Statistic.Mean),
        Claim.AtLeast("N9 summed rewards: brief", "two-rewards", "brevity", 0.95, Statistic.Mean),
        Claim.AtMost("N9 the soup of two policies is not both", "two-rewards-soup", "accuracy", 0.95, Statistic.Mean),
        Claim.AtLeast("Transformer: GRPO", "transformer-grpo", "accuracy", 0.8, Statistic.Mean),
        Claim.AtLeast("Transformer: DAPO", "transformer-dapo", "accuracy", 0.8, Statistic.Mean),
        Claim.AtLeast("Transformer: RFT", "transformer-rft", "accuracy", 0.65, Statistic.Mean),
        Claim.AtLeast("Transformer: DPO with NLL", "transformer-dpo-nll", "accuracy", 0.65, Statistic.Mean),
        Claim.Difference("Transformer: DPO finds the minority's behaviour", "transformer-dpo", "transformer-sft", "greedy", 0.3, Statistic.Mean),
        Claim.Difference("Transformer: imitation beside DPO matters", "transformer-dpo-nll", "transformer-dpo", "accuracy", 0.2, Statistic.Mean),
        Claim.Difference("Transformer: GRPO is better than RFT", "transformer-grpo", "transformer-rft", "accuracy", 0, Statistic.Mean),
        Claim.Difference("Transformer: DAPO is better than RFT", "transformer-dapo", "transformer-rft", "accuracy", 0, Statistic.Mean),
        Claim.Difference("Transformer: RFT is better than DPO", "transformer-rft", "transformer-dpo", "accuracy", 0, Statistic.Mean),
        Claim.Difference("Taught with 64 demonstrations a prompt: imitation beside DPO matters as much", "transformer-well-taught-dpo-nll", "transformer-well-taught-dpo", "accuracy", 0.2, Statistic.Mean).ReportOnly(),
        Claim.Difference("Taught with 64 demonstrations a prompt: RFT is better than DPO", "transformer-well-taught-rft", "transformer-well-taught-dpo", "accuracy", 0, Statistic.Mean).ReportOnly(),
    ];
}
