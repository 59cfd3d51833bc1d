namespace Bellman.Language;

/// <summary>The preference family.</summary>
internal static class PreferenceComponents
{
    public static IReadOnlyList<ComponentEntry> All { get; } =
    [
        new("pref.dpo", "Direct preference optimisation.", typeof(DpoLoss)),
        new("pref.cdpo", "DPO with labels taken to be wrong now and then.", typeof(ConservativeDpoLoss)),
        new("pref.robust", "DPO, unbiased under label noise.", typeof(RobustDpoLoss)),
        new("pref.ipo", "Log-ratios drawn to a fixed distance.", typeof(IpoLoss)),
        new("pref.hinge", "A hinge on the log-ratios (RSO).", typeof(HingeLoss)),
        new("pref.slic", "A hinge on likelihoods, with imitation, without a reference.", typeof(SlicLoss)),
        new("pref.simpo", "Length-normalised, with a margin, without a reference.", typeof(SimpoLoss)),
        new("pref.cpo", "Preferences and imitation without a reference.", typeof(CpoLoss)),
        new("pref.orpo", "Imitation and an odds ratio in one stage.", typeof(OrpoLoss)),
        new("pref.kto", "Good and bad on their own, around a reference point.", typeof(KtoLoss)),
        new("pref.bco", "A classifier of good and bad around a running mean.", typeof(BcoLoss)),
        new("pref.bco_pair", "The same on pairs, without the mean.", typeof(BcoPairLoss)),
        new("pref.nca", "Keeps the chosen response likely.", typeof(NcaLoss)),
        new("pref.exo", "The exact reverse KL of a smoothed label.", typeof(ExoLoss)),
        new("pref.sppo", "Self-play: log-ratios drawn to plus and minus one half over beta.", typeof(SppoLoss)),
        new("pref.apo_zero", "Raises chosen, lowers rejected.", typeof(ApoZeroLoss)),
        new("pref.apo_down", "Lowers both, the rejected more.", typeof(ApoDownLoss)),
        new("pref.aot", "Stochastic dominance of the sorted differences.", typeof(AotLoss)),
        new("pref.aot_unpaired", "Stochastic dominance of chosen over rejected.", typeof(AotUnpairedLoss)),
        new("pref.discopop", "A discovered mixture of logistic and exponential.", typeof(DiscoPopLoss)),
        new("pref.dpo_norm", "DPO by length-normalised log-ratios (Tulu 3).", typeof(NormalizedDpoLoss)),
        new("pref.rdpo", "DPO with a penalty for length.", typeof(LengthRegularizedDpoLoss)),
        new("pref.ld_dpo", "DPO in which the longer response's extra tokens count less.", typeof(LengthDesensitizedDpoLoss)),
        new("pref.dpop", "DPO that keeps the chosen response likely.", typeof(DpoPositiveLoss)),
        new("pref.rpo", "DPO with imitation of the chosen response.", typeof(DpoNllLoss)),
        new("pref.odpo", "DPO with an offset by the difference in reward.", typeof(OffsetDpoLoss)),
        new("pref.fdpo", "DPO under another divergence.", typeof(DivergenceDpoLoss)),
        new("pref.tdpo1", "Token-level DPO.", typeof(TokenDpo1Loss)),
        new("pref.tdpo2", "Token-level DPO, the chosen side as a baseline.", typeof(TokenDpo2Loss)),
        new("pref.stepdpo", "DPO on the first differing step.", typeof(StepDpoLoss)),
        new("pref.wpo", "DPO weighted by how likely the pair is.", typeof(WeightedDpoLoss)),
        new("pref.rrhf", "Ranks average likelihoods, imitates the best.", typeof(RrhfLoss)),
        new("pref.pro", "Plackett-Luce on average likelihoods.", typeof(ProLoss)),
        new("pref.pl", "Plackett-Luce on implicit rewards.", typeof(PlackettLuceDpoLoss)),
        new("pref.rebel", "Regresses log-ratios on rewards.", typeof(RebelLoss)),
        new("pref.una", "Regresses the implicit reward on any feedback.", typeof(UnaLoss)),
        new("pref.modpo", "DPO for one objective, the others as a margin.", typeof(MultiObjectiveDpoLoss)),
        new("pref.spin", "DPO against the previous iterate.", typeof(SpinLoss)),
        new("pref.xpo", "DPO with optimism.", typeof(ExploratoryPreferenceLoss)),
    ];
}
