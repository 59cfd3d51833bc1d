namespace Bellman.Language;

/// <summary>Objectives, loss terms and credit assigners.</summary>
internal static class PolicyComponents
{
    public static IReadOnlyList<ComponentEntry> All { get; } =
    [
        new("loss.pg", "The plain policy gradient (REINFORCE, A2C): -A log pi.", typeof(ReinforceObjective)),
        new("loss.ppo", "The clipped surrogate, with clip-higher and dual clip.", typeof(PpoObjective)),
        new("loss.gspo", "One clipped ratio a sequence.", typeof(GspoObjective)),
        new("loss.cispo", "Clipped importance weights: no token loses its gradient.", typeof(CispoObjective)),
        new("loss.gmpo", "The geometric mean of clipped token ratios.", typeof(GmpoObjective)),
        new("loss.sapo", "A smooth gate in place of the clip.", typeof(SapoObjective)),
        new("opt.trpo", "A natural-gradient step within a bound on the KL.", typeof(TrustRegion)),
        new("term.kl", "The divergence from the reference in the loss.", typeof(KlTerm)),
        new("term.entropy", "An entropy bonus.", typeof(EntropyTerm)),
        new("term.nll_correct", "Imitation of the batch's correct responses (VAPO).", typeof(PositiveExampleTerm)),
        new("term.value", "The critic's clipped loss.", typeof(ValueTerm)),
        new("term.ptx", "Pretraining text or demonstrations beside the rewards.", typeof(SupervisedTerm)),
        new("adv.reinforce", "The reward itself, minus the batch's mean.", typeof(ReinforceCredit)),
        new("adv.reinforcepp", "Token returns whitened over the batch; with groupBaseline the group's mean goes first.", typeof(ReinforcePlusPlusCredit)),
        new("adv.gae", "Generalised advantage estimation over tokens, with a critic.", typeof(GaeCredit)),
        new("adv.vapo", "Decoupled traces: the critic's 1, the actor's by length.", typeof(VapoCredit)),
        new("adv.remax", "Against the reward of the most likely response.", typeof(RemaxCredit)),
        new("adv.cotro", "Chain-of-thought rewards: own step, or reward to go.", typeof(ChainOfThoughtCredit)),
        new("adv.prm", "Process supervision compared within a group.", typeof(ProcessCredit)),
        new("adv.prime", "Implicit process rewards and outcomes, leave-one-out.", typeof(PrimeCredit)),
        new("adv.group.grpo", "Distance from the group's mean in its deviations.", typeof(GrpoCredit)),
        new("adv.group.drgrpo", "Distance from the group's mean.", typeof(DrGrpoCredit)),
        new("adv.group.rloo", "Distance from the mean of the others.", typeof(RlooCredit)),
        new("adv.group.opo", "Distance from the length-weighted mean.", typeof(OpoCredit)),
        new("adv.group.gpg", "Distance from the mean, scaled by the share of rewarded rows.", typeof(GpgCredit)),
        new("adv.group.passk", "Only the best response, by its lead over the second.", typeof(PassAtKCredit)),
    ];
}
