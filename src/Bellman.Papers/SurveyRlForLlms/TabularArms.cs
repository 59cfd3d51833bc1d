using Bellman.Experiments;
using Bellman.Language;

namespace Bellman.Papers.SurveyRlForLlms;

/// <summary>An arm of the exact part and what it does.</summary>
/// <param name="Arm">Its name and description.</param>
/// <param name="Run">Trains.</param>
internal sealed record TabularArm(Arm Arm, Action<TabularRun> Run)
{
    /// <summary>Whether its course is drawn; with every arm's the plots would show nothing.</summary>
    public bool Drawn { get; init; }

    /// <summary>The bound on greedy accuracy (check N1); NaN for none.</summary>
    public double Greedy { get; init; } = double.NaN;

    /// <summary>The bound on accuracy (check N1); NaN for none.</summary>
    public double Accuracy { get; init; } = double.NaN;
}

/// <summary>Every technique family of the survey on RunSum modulo 5.</summary>
internal static class TabularArms
{
    private static readonly IReadOnlyList<ulong> TwoSeeds = [0, 1];
    private static readonly IReadOnlyList<ulong> FourSeeds = [0, 1, 2, 3];

    public static IReadOnlyList<TabularArm> All { get; } =
    [
        Baseline("sft-reference", "The demonstrators' distribution, untouched.", _ => { }),
        Online("grpo", drawn: true), Online("drgrpo"), Online("dapo", drawn: true), Online("gspo"), Online("gmpo"), Online("sapo"), Online("cispo"),
        Online("reinforce", drawn: true), Online("rloo"), Online("remax"), Online("reinforcepp"), Online("opo"), Online("gpg"), Online("ppo", drawn: true), Online("a2c"),
        Technique("prm", "Process rewards from the exact checker, compared within the group.", run => run.Online("prm", rewards: builder => builder.Reward(run.Right).Reward(run.Steps)), drawn: true),
        Technique("cotro", "Chain-of-thought rewards, reward to go.", run => run.Online("cotro", rewards: builder => builder.Reward(run.Right).Reward(run.Steps)), accuracy: 0.75),
        Preference("dpo", drawn: true), Preference("ipo", "average=false"), Preference("cdpo", "noise=0.3"), Preference("hinge", "beta=0.1"), Preference("slic"),
        Preference("simpo", greedy: 0.92, accuracy: 0.75), Preference("cpo"), Preference("orpo"), Preference("kto", drawn: true), Preference("bco", greedy: 0.65, accuracy: 0.65),
        Preference("nca", "beta=0.1"), Preference("sppo", "beta=0.1"), Preference("apo_zero"), Preference("dpop"), Preference("rpo", drawn: true), Preference("dpo_norm", greedy: 0.92, accuracy: 0.75),
        Preference("rebel"), Preference("una"),
        Technique("stepdpo", "DPO on the first differing step.", run => run.Preferences("pref.stepdpo", pairs: [.. run.Pool().Pairs(8, run.Random.Child("pairs")).Select(pair => Stepwise(run, pair))])),
        Technique("rrhf", "Ranks all 16, imitates the best.", run => run.Rankings("pref.rrhf")),
        Technique("spin", "The right chain against own responses.", run => run.SelfPlay()),
        Technique("rft", "Imitates right samples of the reference.", run => run.Filter(1), drawn: true),
        Technique("raft", "Three rounds of sampling and imitation.", run => run.Filter(3), drawn: true),
        Technique("star", "Two rounds, each from the base, failures rationalised.", run => run.Filter(2, fromBase: true, rationalise: (prompt, _) => run.Task.Chain(prompt.Tokens))),
        Ablation("optimum-reward-kl", "KL in the reward, proxy reward: must reach the exact optimum.", run => run.Online("rloo", "rewardKl=0.3", 300, builder => builder.Reward(run.Proxy), decay: true)),
        Ablation("optimum-k3-loss", "k3 in the loss, proxy reward: another fixed point.", run => run.Online("rloo", "kl.coefficient=0.3&kl.reduction=sequenceMeanTokenSum", 300, builder => builder.Reward(run.Proxy), decay: true)),
        Ablation("optimum-k2-loss", "k2 in the loss, whose gradient is the KL's.", run => run.Online("rloo", "kl.coefficient=0.3&kl.estimator=k2&kl.reduction=sequenceMeanTokenSum", 300, builder => builder.Reward(run.Proxy), decay: true)),
        Ablation("hacking", "The proxy reward without KL.", run => run.Online("rloo", "", 300, builder => builder.Reward(run.Proxy), decay: true)),
        Ablation("dpo-soft-labels", "DPO on random pairs with the Bradley-Terry model's probabilities.", run => run.Preferences("pref.dpo", "beta=0.3", Random(run), 300)),
        Ablation("rebel-scores", "REBEL on random pairs with rewards.", run => run.Preferences("pref.rebel", "beta=0.3", [.. Random(run).Select(pair => pair with { Strength = double.NaN })], 300)),
        Ablation("dpo-hard-labels", "DPO on the same pairs with labels drawn once.", run => run.Preferences("pref.dpo", "beta=0.3", Sampled(run), 300)),
        Ablation("dpo-noise", "DPO with 30% of the labels flipped.", run => run.Preferences("pref.dpo", pairs: Noisy(run))) with { Arm = new("dpo-noise", "DPO with 30% of the labels flipped.", ArmKind.Ablation) { Seeds = FourSeeds } },
        Ablation("robust-noise", "Robust DPO on the same.", run => run.Preferences("pref.robust", "noise=0.3", Noisy(run))) with { Arm = new("robust-noise", "Robust DPO on the same.", ArmKind.Ablation) { Seeds = FourSeeds } },
        Ablation("two-rewards", "Right and brief, half each, summed.", run => run.Online("rloo", "", 300, builder => builder.Reward(run.Right, 0.5).Reward(TabularRun.Brief, 0.5))),
        Ablation("two-rewards-soup", "The mean of a policy for right and one for brief.", Soup),
    ];

    public static TabularArm Find(string name) => All.Single(arm => arm.Arm.Name == name);

    private static TabularArm Online(string key, bool drawn = false) =>
        Technique(key.Replace('_', '-'), PostTrainingMethod.Find(key).Summary, run => run.Online(key), drawn: drawn);

    private static TabularArm Preference(string key, string settings = "", bool drawn = false, double greedy = 0.95, double accuracy = 0.8) =>
        Technique(key.Replace('_', '-'), ComponentRegistry.Find("pref." + key).Summary, run => run.Preferences("pref." + key, settings), greedy, accuracy, drawn);

    private static TabularArm Technique(string name, string description, Action<TabularRun> run, double greedy = 0.95, double accuracy = 0.8, bool drawn = false) =>
        new(new Arm(name, description) { Seeds = TwoSeeds }, run) { Drawn = drawn, Greedy = greedy, Accuracy = accuracy };

    private static TabularArm Baseline(string name, string description, Action<TabularRun> run) => new(new Arm(name, description, ArmKind.Baseline) { Seeds = TwoSeeds }, run);

    private static TabularArm Ablation(string name, string description, Action<TabularRun> run) => new(new Arm(name, description, ArmKind.Ablation) { Seeds = TwoSeeds }, run);

    private static PreferenceExample Stepwise(TabularRun run, PreferenceExample pair)
    {
        var (chosen, rejected) = StepDpoLoss.StepMasks(pair.Chosen, pair.Rejected, token => token == run.Task.Comma || token == run.Task.End);
        return pair with { ChosenMask = chosen, RejectedMask = rejected };
    }

    private static IReadOnlyList<PreferenceExample> Random(TabularRun run) =>
        run.Pool((prompt, response) => run.Task.ProxyReward(prompt, response), 64).RandomPairs(64, run.Random.Child("pairs"));

    private static List<PreferenceExample> Sampled(TabularRun run)
    {
        var labels = run.Random.Child("labels");
        return [.. Random(run).Select(pair => labels.NextBoolean(pair.Strength)
            ? pair with { Strength = double.NaN }
            : pair with { Strength = double.NaN, Chosen = pair.Rejected, Rejected = pair.Chosen, ChosenScore = pair.RejectedScore, RejectedScore = pair.ChosenScore })];
    }

    private static IReadOnlyList<PreferenceExample> Noisy(TabularRun run) => run.Pool().Pairs(8, run.Random.Child("pairs"), flipped: 0.3);

    private static void Soup(TabularRun run)
    {
        using var brief = run.Another();
        brief.Online("rloo", "", 300, builder => builder.Reward(TabularRun.Brief));
        run.Online("rloo", "", 300);
        run.MixWith(brief);
    }
}
