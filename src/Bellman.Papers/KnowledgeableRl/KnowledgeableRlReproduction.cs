using Bellman.Experiments;
using Bellman.Papers.LanguagePapers;

namespace Bellman.Papers.KnowledgeableRl;

/// <summary>KnowRL (arXiv 2506.19807) on two-letter facts: refusing what cannot be known, and thinking in true facts.</summary>
public sealed class KnowledgeableRlReproduction : Reproduction
{
    /// <summary>An arm and what it does to the base; its curves, if any.</summary>
    private sealed record Variant(Arm Arm, Func<KnowledgeableRlRun, IReadOnlyList<Curve>> Train);

    private static readonly Variant[] Variants =
    [
        new(new Arm("base", "The taught base, untouched.", ArmKind.Baseline), _ => []),
        Reinforced("knowrl", "Form + correctness with refusals + facts.", ArmKind.Method, options => options),
        Reinforced("only-when-wrong", "The released program's combination: facts soften wrong answers only.", ArmKind.Method, options => options with { Combination = RewardCombination.OnlyWhenWrong }),
        Reinforced("refusal-minus-1", "A refusal pays as little as a wrong answer.", ArmKind.Ablation, options => options with { RewardRefusal = -1, Force = true }),
        Reinforced("no-fact", "Without the facts' reward.", ArmKind.Ablation, options => options with { FactWeight = 0 }),
        Reinforced("no-correct", "Without the correctness reward.", ArmKind.Ablation, options => options with { CorrectWeight = 0 }),
        Reinforced("format-only", "The form alone.", ArmKind.Ablation, options => options with { CorrectWeight = 0, FactWeight = 0 }),
        Reinforced("length-penalty", "Facts by the released program's score: a single one is worth nothing.", ArmKind.Ablation, options => options with { FactScore = FactScore.RatioWithLengthPenalty }),
        Reinforced("capped-count", "Facts by their number.", ArmKind.Ablation, options => options with { FactScore = FactScore.CappedCount }),
        Reinforced("truthrl", "TruthRL: +1, 0, -1 for the outcome alone.", ArmKind.Baseline, options => options with { RewardCorrect = 1, RewardRefusal = 0, RewardWrong = -1, RewardFormat = 0, FactWeight = 0 }),
        Reinforced("knowrl-dapo", "KnowRL's reward under DAPO.", ArmKind.Method, options => options, "dapo"),
        Reinforced("knowrl-drgrpo", "KnowRL's reward under Dr. GRPO.", ArmKind.Method, options => options, "drgrpo"),
        Offline("sft", "Imitates the right answers of all trained entities.", run => run.Imitate()),
        Offline("dpo", "DPO, right answers against own ones.", run => run.PreferGold()),
        Offline("facttune-fs", "DPO on own responses ranked by their share of supported facts.", run => run.PreferFactual()),
    ];

    private static readonly ulong[] Many = Arm.FirstSeeds(100);

    private static readonly FullScalePlan FullScale = new()
    {
        Model = "DeepSeek-R1-Distill-Qwen-7B or Skywork-OR1-7B-Preview",
        Data = "the released questions (JSON list of question, answers, title), with --set knowrl.knowledge=FILE naming the SQLite file of articles; the paper used one GPU of 80 GB with adapters of rank 128",
        Steps = 150,
        Settings = new Dictionary<string, string>
        {
            ["promptsPerStep"] = "8",
            ["groupSize"] = "10",
            ["epochs"] = "1",
            ["learningRate"] = "1e-5",
            ["warmUpSteps"] = "5",
            ["maximumNewTokens"] = "1024",
            ["kl.coefficient"] = "0.001",
            ["loss.reduction"] = "tokenMean",
            ["adv.epsilon"] = "1e-4",
        },
        Arms =
        [
            new(new Arm("grpo", "GRPO on exact answers.", ArmKind.Baseline), "grpo", new Dictionary<string, string>()),
            new(new Arm("knowrl", "KnowRL, additive."), "grpo+knowrl", new Dictionary<string, string>()),
        ],
    };

    /// <inheritdoc/>
    public override string Slug => "knowrl";

    /// <inheritdoc/>
    public override string Title => "KnowRL: Exploring Knowledgeable Reinforcement Learning for Factuality";

    /// <inheritdoc/>
    public override string Summary =>
        "A positive reward for an honest refusal teaches a model to say what it does not know, and a reward for the share of its thinking's facts that a knowledge base supports makes the thinking true.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics => Inputs.Model is not null ? FullScalePlan.Metrics :
    [
        new("incorrect-held-out", "Wrong answers about entities that were neither taught nor trained.", HigherIsBetter: false) { Primary = true },
        new("refused-held-out", "Refusals about them."),
        new("correct-known", "Right answers about taught entities."),
        new("refused-known", "Refusals about taught entities.", HigherIsBetter: false),
        new("false-facts-known", "Share of the thinking's facts that are false, taught entities.", HigherIsBetter: false),
        new("false-facts-held-out", "The same about entities never taught.", HigherIsBetter: false),
        new("facts-known", "Facts in the thinking about a taught entity.", "facts", HigherIsBetter: null),
        new("malformed", "Responses in another form.", HigherIsBetter: false),
        new("seconds", "Time of the cell.", "s", HigherIsBetter: false) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
    [
        new("refusals in training", "step", "share of responses that refuse") { MovingAverage = 5 },
        new("false facts in training", "step", "share of the thinking's facts that are false") { MovingAverage = 5 },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => size switch
    {
        ReproductionSize.Full => [.. FullScale.Arms.Select(arm => arm.Arm)],
        ReproductionSize.Smoke => [.. Variants.Select(variant => variant.Arm).Where(arm => arm.Name is "base" or "knowrl" or "no-fact")],
        // Seeds differ so much that five decide nothing: the arms of the gates have more.
        _ => [.. Variants.Select(variant => variant.Arm.Name is "base" or "knowrl" or "refusal-minus-1" ? variant.Arm with { Seeds = Many } : variant.Arm)],
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Default ? [0, 1, 2, 3, 4] : [0];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Full => FullScale.Claims(),
        ReproductionSize.Smoke => [FewerFalseFacts(0.8)],
        _ =>
        [
            Claim.Difference("(1) Held-out entities: fewer wrong answers than without paid refusals", "refusal-minus-1", "knowrl", "incorrect-held-out", 0.12, Statistic.Mean),
            Claim.Difference("(1) and fewer than the base", "base", "knowrl", "incorrect-held-out", 0.06, Statistic.Mean),
            FewerFalseFacts(0.5),
            Claim.Difference("(3) Taught entities: more right answers than the base", "knowrl", "base", "correct-known", 0.05, Statistic.Mean),
            Claim.Difference("(4) Facts alone do not teach boundaries: wrong answers not below the base", "no-correct", "base", "incorrect-held-out", 0, Statistic.Mean),
            Claim.Difference("The released combination: fewer wrong answers than the base", "base", "only-when-wrong", "incorrect-held-out", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Imitating right answers: more wrong answers than KnowRL", "sft", "knowrl", "incorrect-held-out", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("TruthRL: more false facts than KnowRL", "truthrl", "knowrl", "false-facts-known", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("The same reward under DAPO: fewer wrong answers than the base", "base", "knowrl-dapo", "incorrect-held-out", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("The same reward under Dr. GRPO: fewer wrong answers than the base", "base", "knowrl-drgrpo", "incorrect-held-out", 0, Statistic.Mean).ReportOnly(),
        ],
    };

    /// <inheritdoc/>
    public override string? MissingForFull() => FullScale.Missing(Inputs);

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context)
    {
        if (cell.Size == ReproductionSize.Full) { return FullScale.Run(cell, context, Inputs); }
        // Cells share torch, which is used by one thread at a time.
        using var turn = TorchTurn.Take();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var run = new KnowledgeableRlRun(cell.Seed, cell.Size == ReproductionSize.Smoke ? new KnowledgeableScale(400, 25, 16) : new KnowledgeableScale(700, 80, 32), context);
        var curves = Variants.Single(variant => variant.Arm.Name == cell.Arm.Name).Train(run);
        var metrics = run.Measure();
        metrics["seconds"] = clock.Elapsed.TotalSeconds;
        return new CellResult { Metrics = metrics, Curves = curves };
    }

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "80 steps of 12 questions x 8 responses, taught and untaught entities in equal shares; measured on 30 taught and 10 never trained entities, 32 responses each. The base knows the taught ones nine times in ten at best and can only guess the others.";

    private static Claim FewerFalseFacts(double factor) => Claim.Combined($"(2) Taught entities: false facts at most {factor} of those without the facts' reward",
        [new("no-fact", "false-facts-known"), new("knowrl", "false-facts-known")], values => factor * values[0] - values[1], 0, Statistic.Mean);

    private static Variant Reinforced(string name, string description, ArmKind kind, Func<KnowledgeableRlOptions, KnowledgeableRlOptions> change, string method = "") =>
        new(new Arm(name, description, kind), run => run.Reinforce(change(new KnowledgeableRlOptions()), method));

    private static Variant Offline(string name, string description, Action<KnowledgeableRlRun> train) => new(new Arm(name, description, ArmKind.Baseline), run =>
    {
        train(run);
        return [];
    });
}
