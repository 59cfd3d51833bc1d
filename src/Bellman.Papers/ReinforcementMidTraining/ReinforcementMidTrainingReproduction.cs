using Bellman.Experiments;
using Bellman.Papers.LanguagePapers;

namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>RMT (arXiv 2509.24375) on documents of letters: thinking that becomes short and right, without forgetting the text.</summary>
public sealed class ReinforcementMidTrainingReproduction : Reproduction
{
    private static readonly ReinforcementMidTrainingOptions Laptop = new() { Budget = 24, MinimumBudget = 6, Gamma = 0.2, AnswerReserve = 3, NextTokenDocuments = NextTokenDocuments.OfCorpus };

    /// <summary>An arm, what it does to the base, and the budget in its test prompts.</summary>
    private sealed record Variant(Arm Arm, Func<ReinforcementMidTrainingRun, IReadOnlyList<Curve>> Train, Func<int, int> TestBudget);

    private static readonly Variant[] Variants =
    [
        new(new Arm("base", "The taught base, which thinks before it predicts (NTR).", ArmKind.Baseline), _ => [], _ => ReinforcementMidTrainingRun.PlainBudget),
        Trained("rpt", "Reinforcement pre-training: hard targets, hits alone, no budget, no next-token prediction.", ArmKind.Baseline, options => options with { BudgetKind = BudgetKind.None, Curriculum = CurriculumKind.HardOnly, NextTokenWeight = 0 }),
        Trained("rmt", "Budget, curriculum, selective reinforcement and next-token prediction.", ArmKind.Method, options => options),
        Trained("no-budget", "No budget, no reward for length.", ArmKind.Ablation, options => options with { BudgetKind = BudgetKind.None }),
        Trained("uniform-tiers", "All tiers alike in place of the curriculum.", ArmKind.Ablation, options => options with { Curriculum = CurriculumKind.Uniform }),
        Trained("hard-only", "The hard tier alone.", ArmKind.Ablation, options => options with { Curriculum = CurriculumKind.HardOnly }),
        Trained("no-ntp", "Without next-token prediction on the other tokens.", ArmKind.Ablation, options => options with { NextTokenWeight = 0 }),
        Trained("text-of-targets", "Next-token prediction on the targets' own documents, as the paper has it.", ArmKind.Ablation, options => options with { NextTokenDocuments = NextTokenDocuments.OfTargets }),
        Trained("fixed-budget", "The budget fixed at its mean.", ArmKind.Ablation, options => options with { BudgetKind = BudgetKind.Fixed }),
        Trained("linear-length", "The shorter the better, in place of the triangle.", ArmKind.Ablation, options => options with { LengthShape = LengthShape.Linear }),
        Trained("length-if-hit", "Length is paid for hits only.", ArmKind.Ablation, options => options with { LengthOnlyIfHit = true }),
        new(new Arm("ntp-only", "Next-token prediction alone.", ArmKind.Baseline), run => run.Predict(), _ => ReinforcementMidTrainingRun.PlainBudget),
    ];

    private static readonly FullScalePlan FullScale = new()
    {
        Model = "DeepSeek-R1-Distill-Qwen-14B or Qwen3-14B",
        Data = "Omni-MATH, JSONL or Parquet with problem, solution, answer; the paper used 16 GPUs of 80 GB",
        Steps = 316,
        Settings = new Dictionary<string, string>
        {
            ["promptsPerStep"] = "128",
            ["groupSize"] = "8",
            ["epochs"] = "1",
            ["learningRate"] = "1e-6",
            ["temperature"] = "0.8",
            ["maximumNewTokens"] = "1616",
            ["kl.coefficient"] = "0",
            ["loss.reduction"] = "tokenMean",
            ["rmt.steps"] = "316",
            ["rmt.documents"] = "4051",
        },
        Arms =
        [
            new(new Arm("rpt", "RPT: hard targets, hits alone.", ArmKind.Baseline), "grpo+rmt", new Dictionary<string, string> { ["rmt.budgetKind"] = "none", ["rmt.curriculum"] = "hardOnly", ["rmt.nextTokenWeight"] = "0" }),
            new(new Arm("rmt", "RMT."), "grpo+rmt", new Dictionary<string, string>()),
        ],
    };

    /// <inheritdoc/>
    public override string Slug => "rmt";

    /// <inheritdoc/>
    public override string Title => "RMT: Reinforcement Mid-Training";

    /// <inheritdoc/>
    public override string Summary =>
        "Between pre-training and post-training a model thinks before it predicts the uncertain tokens of plain text. A shrinking budget makes the thinking short, a curriculum keeps easy tokens right, and next-token " +
        "prediction on all other tokens keeps the text itself.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics => Inputs.Model is not null ? FullScalePlan.Metrics :
    [
        new("accuracy", "Predictions that hit after thinking, mean over two, three and four hops.") { Primary = true },
        new("accuracy-easy", "The same after two hops."),
        new("accuracy-medium", "The same after three."),
        new("accuracy-hard", "The same after four."),
        new("thinking-length", "Tokens of the thinking.", "tokens", HigherIsBetter: false),
        new("late-length", "Tokens of the thinking in the last ten steps of training.", "tokens", HigherIsBetter: null) { Plotted = false },
        new("plain-loss", "Loss of a token of plain documents.", "nats", HigherIsBetter: false) { Plotted = false },
        new("plain-loss-increase", "How much more than the base's.", "nats", HigherIsBetter: false),
        new("plain-accuracy", "Predictions that hit without thinking, as plain text."),
        new("seconds", "Time of the cell.", "s", HigherIsBetter: false) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
    [
        new("thinking length", "step", "tokens of thinking") { MovingAverage = 5 },
        new("hits", "step", "share of predictions that hit") { MovingAverage = 5 },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => size switch
    {
        ReproductionSize.Full => [.. FullScale.Arms.Select(arm => arm.Arm)],
        ReproductionSize.Smoke => [.. Variants.Select(variant => variant.Arm).Where(arm => arm.Name is "rpt" or "rmt")],
        // What is only reported takes three seeds; what is gated takes ten, for RPT's thinking ends long in some and short in others.
        _ => [.. Variants.Select(variant => variant.Arm.Name is "base" or "rpt" or "rmt" ? variant.Arm : variant.Arm with { Seeds = [0, 1, 2] })],
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Default ? Arm.FirstSeeds(10) : [0];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Full => FullScale.Claims(),
        ReproductionSize.Smoke => [Shorter(0.85)],
        _ =>
        [
            Shorter(0.7),
            Claim.Difference("(2) Accuracy: not below RPT", "rmt", "rpt", "accuracy", -0.02, Statistic.Mean),
            Claim.Difference("(2) Accuracy: above the base", "rmt", "base", "accuracy", 0.5, Statistic.Mean),
            Claim.AtMost("(3) The loss of plain text hardly rises", "rmt", "plain-loss-increase", 0.006, Statistic.Mean),
            Claim.Difference("(3) and less than RPT's", "rpt", "rmt", "plain-loss-increase", 0, Statistic.Mean),
            Claim.Combined("(4) The thinking's length is within 40% of the last budget, 6", [new("rmt", "late-length")], values => 0.4 - Math.Abs(values[0] / 6 - 1), 0, Statistic.Mean),
            Claim.Difference("Without next-token prediction the loss of plain text rises more", "no-ntp", "rmt", "plain-loss-increase", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Text of the targets' documents alone shifts the text's distribution", "text-of-targets", "rmt", "plain-loss-increase", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Without the budget the thinking is longer", "no-budget", "rmt", "thinking-length", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Hard targets alone: less accurate on easy ones", "rmt", "hard-only", "accuracy-easy", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Next-token prediction alone does not teach thinking", "rmt", "ntp-only", "accuracy", 0.3, Statistic.Mean).ReportOnly(),
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
        var scale = cell.Size == ReproductionSize.Smoke ? new MidTrainingScale(350, 40, 30) : new MidTrainingScale(900, 120, 150);
        using var run = new ReinforcementMidTrainingRun(cell.Seed, scale, context);
        var variant = Variants.Single(variant => variant.Arm.Name == cell.Arm.Name);
        var curves = variant.Train(run);
        var metrics = run.Measure(variant.TestBudget(scale.Steps));
        metrics["seconds"] = clock.Elapsed.TotalSeconds;
        return new CellResult { Metrics = metrics, Curves = curves };
    }

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "120 steps of 12 targets x 8 responses for every arm, five seeds for what is gated and three for ablations; measured on 150 items of each number of hops, 4 responses each at temperature 1, with the arm's last budget in the prompt (30 where it keeps none). " +
        "`plain-accuracy` is the same prediction without thinking: the base was taught the text itself well, only its thinking is bad.";

    private static Claim Shorter(double factor) => Claim.Combined($"(1) Thinking at most {factor} as long as RPT's", [new("rpt", "thinking-length"), new("rmt", "thinking-length")], values => factor * values[0] - values[1], 0, Statistic.Mean);

    private static Variant Trained(string name, string description, ArmKind kind, Func<ReinforcementMidTrainingOptions, ReinforcementMidTrainingOptions> change)
    {
        var options = change(Laptop);
        return new(new Arm(name, description, kind), run => run.Train(options), steps => NextTokenSource.Budget(options with { Steps = steps })?.At(steps) ?? ReinforcementMidTrainingRun.PlainBudget);
    }
}
