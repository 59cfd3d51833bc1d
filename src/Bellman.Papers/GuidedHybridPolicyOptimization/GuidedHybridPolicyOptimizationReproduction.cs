using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Tasks.Symbols;
using Bellman.Papers.LanguagePapers;

namespace Bellman.Papers.GuidedHybridPolicyOptimization;

/// <summary>
/// Guidance on SymbolMap where it is needed: training questions hold 5 or 6 hard symbols, of which the base model never gets all right, so
/// that GRPO's groups are all wrong and teach nothing.
/// </summary>
public sealed class GuidedHybridPolicyOptimizationReproduction : Reproduction
{
    private const int Steps = 60, SmokeSteps = 20, EarlySteps = 10, PromptsPerStep = 12, Hardest = SymbolQuestions.Length;

    private static readonly SymbolNoise Noise = new(Correct: 0.15, Distractor: 0.35);

    private static readonly GuidedHybridPolicyOptimizationOptions Usual = new() { ColdStartSteps = 0 };

    private static readonly HintWriter Writer = new(prompt => prompt.Target as string, _ => null, (prompt, hint) => SmallBase.Tokenizer.Encode(SymbolQuestions.Text(prompt.Text, hint)));

    /// <summary>An arm: guidance or none, the number of steps, and the curriculum.</summary>
    private sealed record Variant(Arm Arm, GuidedHybridPolicyOptimizationOptions? Guidance, int Steps = Steps, bool Curriculum = false, Func<PromptItem, bool>? AlwaysHinted = null);

    private static readonly Variant[] Variants =
    [
        new(new Arm("grpo", "GRPO.", ArmKind.Baseline), null),
        new(new Arm("grpo-budget", "GRPO for 100 steps: about as many completions as GHPO samples.", ArmKind.Baseline), null, Steps: 100),
        new(new Arm("grpo-cl", "GRPO, first the questions of 5 hard symbols, then those of 6.", ArmKind.Baseline), null, Curriculum: true),
        new(new Arm("grpo-cl-hint", "The same with half of the solution as a hint on every question of 6.", ArmKind.Baseline), Usual with { Stages = [0.5] }, Curriculum: true, AlwaysHinted: prompt => prompt.Text.All(SymbolMap.IsHard)),
        new(new Arm("hint-all", "Half of the solution as a hint on every question, no detection.", ArmKind.Ablation), Usual with { Stages = [0.5], Detect = false }),
        new(new Arm("ghpo", "GHPO: 25%, 50%, 75% as needed."), Usual),
        new(new Arm("ghpo-25", "GHPO with the stage of 25% alone.", ArmKind.Ablation), Usual with { Stages = [0.25] }),
        new(new Arm("ghpo-50", "GHPO with the stage of 50% alone.", ArmKind.Ablation), Usual with { Stages = [0.5] }),
        new(new Arm("ghpo-75", "GHPO with the stage of 75% alone.", ArmKind.Ablation), Usual with { Stages = [0.75] }),
        new(new Arm("ghpo-cold", "GHPO after 10 steps of plain GRPO.", ArmKind.Ablation), Usual with { ColdStartSteps = 10 }),
        new(new Arm("ghpo-released", "GHPO with the released trainer's binding of prompts.", ArmKind.Ablation), Usual with { PromptBinding = PromptBinding.ReleasedTrainer }),
    ];

    private static readonly FullScalePlan FullScale = new()
    {
        Model = "Qwen2.5-Math-7B or Qwen2.5-7B",
        Data = "hkgc/math3to5_olympiads_aime (Parquet), or any file with problem, solution and answer; the paper used 8 GPUs",
        // 5 epochs of about 18,000 questions in batches of 196.
        Steps = 460,
        EvaluationSamples = 32,
        EvaluationTries = 32,
        Settings = new Dictionary<string, string>
        {
            ["promptsPerStep"] = "196",
            ["groupSize"] = "8",
            ["learningRate"] = "1e-6",
            ["warmUpSteps"] = "46",
            ["epochs"] = "1",
            ["maximumNewTokens"] = "2048",
            ["loss.reduction"] = "tokenMean",
            ["adv.epsilon"] = "1e-4",
            ["kl.coefficient"] = "0",
        },
        Arms =
        [
            new(new Arm("grpo", "GRPO.", ArmKind.Baseline), "grpo", new Dictionary<string, string>()),
            new(new Arm("ghpo", "GHPO."), "grpo+ghpo", new Dictionary<string, string> { ["ghpo.coldStartSteps"] = "20" }),
        ],
    };

    /// <inheritdoc/>
    public override string Slug => "ghpo";

    /// <inheritdoc/>
    public override string Title => "GHPO: Adaptive Guidance for Stable and Efficient LLM Reinforcement Learning";

    /// <inheritdoc/>
    public override string Summary =>
        "When every response to a prompt is wrong, GRPO learns nothing from it. Asking again with the first quarter, half or three quarters of the reference solution in the prompt restores a signal, and the policy " +
        "that is trained so solves the questions without hints.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics => Inputs.Model is not null ? FullScalePlan.Metrics :
    [
        new("success-6", "Share of right responses to fresh questions of 6 hard symbols, without hints.") { Primary = true },
        new("success-3", "The same for 3 hard symbols."),
        new("success-0", "The same for none.") { Plotted = false },
        new("informative", "Share of groups with a non-zero advantage in the first 10 steps."),
        new("difficult-last", "Share of prompts that no plain response solved, last 10 steps.", HigherIsBetter: false),
        new("completions", "Completions sampled.", "completions", HigherIsBetter: false) { Plotted = false },
        new("gradient", "Mean norm of the gradient.", HigherIsBetter: null) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
    [
        new("plain success while training", "step", "right plain responses to training questions") { MovingAverage = 5 },
        new("difficult prompts", "step", "prompts that no plain response solved") { MovingAverage = 5 },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => size == ReproductionSize.Full ? [.. FullScale.Arms.Select(arm => arm.Arm)]
        : [.. Variants.Select(variant => variant.Arm).Where(arm => size == ReproductionSize.Default || arm.Name is "grpo" or "ghpo")];

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Default ? [0, 1, 2, 3, 4] : [0];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Full => FullScale.Claims(),
        ReproductionSize.Smoke => [Claim.AtLeast("GHPO's groups teach something", "ghpo", "informative", 0.4, Statistic.Mean)],
        _ =>
        [
            Claim.AtLeast("GHPO solves questions of 6 hard symbols without hints", "ghpo", "success-6", 0.7, Statistic.Mean),
            Claim.AtMost("GRPO does not", "grpo", "success-6", 0.15, Statistic.Mean),
            Claim.AtLeast("GHPO's groups teach something from the beginning", "ghpo", "informative", 0.5, Statistic.Mean),
            Claim.AtMost("GRPO's do not", "grpo", "informative", 0.05, Statistic.Mean),
            Claim.AtMost("Nor does GRPO with GHPO's completions solve them", "grpo-budget", "success-6", 0.15, Statistic.Mean).ReportOnly(),
            Claim.Difference("GHPO over the curriculum with hints", "ghpo", "grpo-cl-hint", "success-6", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("GHPO over hints on every question", "ghpo", "hint-all", "success-6", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("GHPO over the released trainer's binding", "ghpo", "ghpo-released", "success-6", 0, Statistic.Mean).ReportOnly(),
        ],
    };

    /// <inheritdoc/>
    public override string? MissingForFull() => FullScale.Missing(Inputs);

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context)
    {
        if (cell.Size == ReproductionSize.Full) { return FullScale.Run(cell, context, Inputs); }
        using var turn = TorchTurn.Take();
        var (teaching, variant) = (cell.Size == ReproductionSize.Smoke ? 160 : 400, Variants.Single(candidate => candidate.Arm.Name == cell.Arm.Name));
        using var model = SmallBase.Get("ghpo", cell.Seed, teaching, random => SymbolQuestions.Demonstration(Noise, random, hintShare: 0.3), cancellation: context.Cancellation);
        var metrics = new Dictionary<string, double>();
        var curves = Train(model, variant, cell.Size == ReproductionSize.Smoke ? SmokeSteps : variant.Steps, context, metrics);
        foreach (var hard in new[] { 0, 3, Hardest }) { metrics[$"success-{hard}"] = Success(model, hard, cell.Size == ReproductionSize.Smoke ? 16 : 64, context); }
        return new CellResult { Metrics = metrics, Curves = curves };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome)
    {
        if (outcome.Plan.Size != ReproductionSize.Default) { return []; }
        var series = outcome.Plan.Arms.Where(arm => arm.Name is "grpo" or "hint-all" or "ghpo").Select(arm => LearningCurves.Summarise(arm.Name == "hint-all" ? "half as a hint on all" : arm.Name,
            [.. outcome.RecordsOf(arm).SelectMany(record => record.Result.Curves.Where(curve => curve.Name == "difficult prompts"))], 5, Statistic.Mean)).ToList();
        return [new("difficult", "Prompts that no plain response solves", Plots.Lines("Guidance teaches what nobody could do at first", "step", "share of prompts that no response solved", series))];
    }

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "Success is measured on fresh questions without hints. In the arm `hint-all` and on the hardest questions of `grpo-cl-hint` every response is drawn with a hint, so their `difficult-last` is about hinted prompts.";

    private static List<Curve> Train(Transformer model, Variant variant, int total, CellContext context, Dictionary<string, double> metrics)
    {
        var drawn = 0;
        PromptItem Next(RandomStream random)
        {
            var isEarly = drawn++ < PromptsPerStep * total / 2;
            var hard = variant.Curriculum ? (isEarly ? Hardest - 1 : Hardest) : Hardest - random.NextInt32(2);
            return SymbolQuestions.Prompt(SymbolMap.Question(SymbolQuestions.Length, hard, random));
        }
        var counter = new CompletionCounter();
        var builder = new PostTraining(model)
            .Prompts(new DrawnPromptSource(Next, context.Random.Child("prompts")))
            .Tokenizer(SmallBase.Tokenizer)
            .Reward(SymbolQuestions.Reward)
            .Reward(counter, weight: 0)
            .Credit(new GrpoCredit { Epsilon = 1e-4 })
            .Objective(new PpoObjective { Reduction = Reduction.TokenMean })
            .Seed(context.Random.Child("trainer").NextUInt64())
            .Options(options => options with { PromptsPerStep = PromptsPerStep, GroupSize = 8, LearningRate = 3e-4, SecondMoment = 0.95, MaximumNewTokens = SymbolQuestions.MaximumTokens });
        if (variant.Guidance is { } guidance) { builder.UseGuidance(guidance, Writer, variant.AlwaysHinted); }
        using var trainer = builder.Build();
        var last = new LastMetrics();
        var (steps, informative, difficult, success, gradient) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var i = 1; i <= total; i++)
        {
            last.Clear();
            trainer.Advance(last);
            steps.Add(i);
            informative.Add(1 - last["group/zero_std"]);
            var isGuided = variant.Guidance is not null;
            difficult.Add(isGuided ? last["ghpo/difficult_0"] : 1 - last["group/pass_rate"]);
            success.Add(isGuided ? double.IsNaN(last["ghpo/plain_accuracy"]) ? last["ghpo/hinted_accuracy"] : last["ghpo/plain_accuracy"] : last["reward/mean"]);
            if (!double.IsNaN(last["gradient/norm"])) { gradient.Add(last["gradient/norm"]); }
            context.Report((double)i / total, $"difficult {difficult[^1]:0.00}");
        }
        metrics["informative"] = informative.Take(EarlySteps).Average();
        metrics["difficult-last"] = difficult.TakeLast(EarlySteps).Average();
        metrics["completions"] = counter.Count;
        metrics["gradient"] = gradient.Count == 0 ? 0 : gradient.Average();
        return [new Curve("plain success while training", steps, success), new Curve("difficult prompts", steps, difficult)];
    }

    private static double Success(Transformer model, int hard, int questions, CellContext context)
    {
        var random = context.Random.Child("evaluation", hard);
        var prompts = Enumerable.Range(0, questions).Select(i => SymbolQuestions.Prompt(SymbolMap.Question(SymbolQuestions.Length, hard, random.Child("question", i)))).ToList();
        return SampledAnswers.Draw(model, prompts, SymbolQuestions.IsRight, 8, SymbolQuestions.MaximumTokens, random.Child("responses"), cancellation: context.Cancellation).PassAt(1);
    }

    /// <summary>Counts every completion that was scored, those that a later stage replaced included.</summary>
    private sealed class CompletionCounter : IReward
    {
        public string Name => "count";

        public int Count { get; private set; }

        public RewardScores Score(IReadOnlyList<Rollout> rollouts, RewardContext context)
        {
            Count += rollouts.Count;
            return new RewardScores([.. rollouts.Select(_ => (double?)0)]);
        }
    }
}
