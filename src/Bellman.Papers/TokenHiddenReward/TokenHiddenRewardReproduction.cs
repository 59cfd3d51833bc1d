using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Tasks.Symbols;
using Bellman.Papers.LanguagePapers;

namespace Bellman.Papers.TokenHiddenReward;

/// <summary>
/// THR on SymbolMap: training questions have the hard symbols f and g alone, held-out ones h, i and j, whose most likely answer is wrong:
/// whatever sharpens the policy costs pass@16 there.
/// </summary>
public sealed class TokenHiddenRewardReproduction : Reproduction
{
    private const double Steering = 0.5;
    private const string Trained = "fg", Unseen = "hij";

    private static readonly double[] LawSteering = [Steering, 0, -Steering];

    private static readonly SymbolNoise Noise = new(Correct: 0.15, Distractor: 0.35);

    /// <summary>An arm: what it adds to the common trainer.</summary>
    private sealed record Variant(Arm Arm, Action<PostTraining> Add, bool Gspo = false, ICreditAssigner? Credit = null, int Epochs = 1);

    private static readonly Variant[] Variants =
    [
        new(new Arm("grpo", "GRPO.", ArmKind.Baseline), _ => { }),
        Thr("thr-only", "THR's filter alone, p = 0.", 0, ArmKind.Ablation),
        Thr("thr-exploit", "THR, p = +0.5.", Steering, ArmKind.Method),
        Thr("thr-explore", "THR, p = -0.5.", -Steering, ArmKind.Method),
        Thr("coin-exploit", "Control: the same tokens kept, the sign of each by coin, p = +0.5.", Steering, ArmKind.Ablation, options => options with { Sign = TokenSign.Coin }),
        Thr("coin-explore", "Control: the same with p = -0.5.", -Steering, ArmKind.Ablation, options => options with { Sign = TokenSign.Coin }),
        Thr("random-keep", "Control: as many tokens kept, by lot, p = 0.", 0, ArmKind.Ablation, options => options with { Keep = KeptTokens.Random }),
        Thr("entropy-keep", "As many tokens kept, those of the highest entropy, p = 0.", 0, ArmKind.Baseline, options => options with { Keep = KeptTokens.HighestEntropy }),
        new(new Arm("nthr", "The predecessor: damps influential tokens of wrong responses.", ArmKind.Baseline), builder => builder.Transform(new NegativeTokenHiddenReward(builder.Model))),
        new(new Arm("cov-kl", "Divergence on the tokens of the largest covariance, two passes.", ArmKind.Baseline), builder => builder.Add(new CovarianceKlTerm()), Epochs: 2),
        new(new Arm("passk", "Pass@K training, K = 4.", ArmKind.Baseline), _ => { }, Credit: new PassAtKTrainingCredit()),
        new(new Arm("passk-mixed", "Pass@K training mixed with GRPO, chi = 0.2.", ArmKind.Baseline), _ => { }, Credit: new PassAtKTrainingCredit { Chi = 0.2 }),
        Thr("passk-thr-explore", "Pass@K training with THR, p = -0.5.", -Steering, ArmKind.Ablation) with { Credit = new PassAtKTrainingCredit() },
        new(new Arm("gspo", "GSPO.", ArmKind.Baseline), _ => { }, Gspo: true),
        Thr("gspo-thr-explore", "GSPO with THR, p = -0.5.", -Steering, ArmKind.Method) with { Gspo = true },
    ];

    private static readonly FullScalePlan FullScale = new()
    {
        Model = "Qwen2.5-Math-1.5B (or 7B), Qwen2.5-0.5B-Instruct, Llama-3.2-3B-Instruct",
        Data = "MATH, levels 3 to 5, JSONL or Parquet with problem, solution or answer, level; the paper used 4 GPUs of 80 GB",
        Steps = 40,
        MinimumLevel = 3,
        EvaluationSamples = 256,
        EvaluationTries = 256,
        Settings = new Dictionary<string, string>
        {
            ["promptsPerStep"] = "256",
            ["groupSize"] = "8",
            ["learningRate"] = "1e-6",
            ["epochs"] = "1",
            ["dynamicRounds"] = "4",
            ["maximumNewTokens"] = "3000",
            ["loss.reduction"] = "tokenMean",
            ["kl.coefficient"] = "1e-4",
        },
        Arms =
        [
            new(new Arm("grpo", "GRPO.", ArmKind.Baseline), "grpo", new Dictionary<string, string>()),
            new(new Arm("thr-exploit", "THR, p = +0.1."), "grpo+thr", new Dictionary<string, string> { ["thr.p"] = "0.1" }),
            new(new Arm("thr-only", "THR, p = 0.", ArmKind.Ablation), "grpo+thr", new Dictionary<string, string> { ["thr.p"] = "0" }),
            new(new Arm("thr-explore", "THR, p = -0.1."), "grpo+thr", new Dictionary<string, string> { ["thr.p"] = "-0.1" }),
        ],
    };

    /// <inheritdoc/>
    public override string Slug => "thr";

    /// <inheritdoc/>
    public override string Title => "Token Hidden Reward: Steering Exploration-Exploitation in Group Relative Deep Reinforcement Learning";

    /// <inheritdoc/>
    public override string Summary =>
        "A score for each sampled token says whether the update on it raises the likelihood of its group's correct responses. Scaling advantages by 1 + sign(score) p then steers training: p above 0 sharpens the " +
        "policy and raises pass@1, p below 0 keeps it broad and raises pass@k on questions whose most likely answer is wrong.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics => Inputs.Model is not null ? FullScalePlan.Metrics :
    [
        new("pass-1", "Pass@1 on the training family (hard symbols f and g).") { Primary = true },
        new("held-out-16", "Pass@16 on held-out questions (hard symbols h, i and j)."),
        new("held-out-entropy", "Mean token entropy on held-out questions.", "nats", HigherIsBetter: null),
        new("held-out-greedy", "Share of held-out questions whose most likely answer is right."),
        new("kept", "Share of the tokens that keep their advantage, mean over steps.", HigherIsBetter: null),
        new("entropy-correlation", "Correlation of |THR| with token entropy, mean over steps.", HigherIsBetter: null) { Plotted = false },
        new("law", "Share of the base model's mixed groups in which one step raises the correct responses most for p = +0.5 and least for -0.5.") { Plotted = false },
        new("gain-exploit", "Mean gain of the correct responses' log-likelihood by one step, p = +0.5.", "nats", HigherIsBetter: null) { Plotted = false },
        new("gain-only", "The same, p = 0.", "nats", HigherIsBetter: null) { Plotted = false },
        new("gain-explore", "The same, p = -0.5.", "nats", HigherIsBetter: null) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
    [
        new("pass@1 while training", "step", "share of right responses to training questions") { MovingAverage = 5 },
        new("entropy while training", "step", "mean token entropy, nats") { MovingAverage = 5 },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => size == ReproductionSize.Full ? [.. FullScale.Arms.Select(arm => arm.Arm)]
        : [new Arm("base", "The base model, and the one-step law on its mixed groups.", ArmKind.Baseline), .. Variants.Where(_ => size == ReproductionSize.Default).Select(variant => variant.Arm)];

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Default ? [0, 1, 2, 3, 4] : [0];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Full => FullScale.Claims(),
        ReproductionSize.Smoke => [Law],
        _ =>
        [
            Law,
            Claim.Difference("Pass@1: exploitation over exploration", "thr-exploit", "thr-explore", "pass-1", 0.15, Statistic.Mean),
            Claim.Difference("Held-out pass@16: exploration over exploitation", "thr-explore", "thr-exploit", "held-out-16", 0.12, Statistic.Mean),
            Claim.Difference("Held-out entropy: exploration above p = 0", "thr-explore", "thr-only", "held-out-entropy", 0, Statistic.Mean),
            Claim.Difference("Held-out entropy: p = 0 above exploitation", "thr-only", "thr-exploit", "held-out-entropy", 0, Statistic.Mean),
            Claim.Difference("Signs by coin: exploration gains nothing on held-out pass@16", "coin-exploit", "coin-explore", "held-out-16", -0.06, Statistic.Mean),
            Claim.Difference("Signs by coin: exploitation gains nothing on held-out pass@16", "coin-explore", "coin-exploit", "held-out-16", -0.06, Statistic.Mean),
            Claim.Difference("The filter alone matches GRPO, pass@1", "thr-only", "grpo", "pass-1", -0.05, Statistic.Mean).ReportOnly(),
            Claim.Difference("Exploration over GRPO, held-out pass@16", "thr-explore", "grpo", "held-out-16", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Exploitation over GRPO, pass@1", "thr-exploit", "grpo", "pass-1", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Exploration on GSPO over GSPO, held-out pass@16", "gspo-thr-explore", "gspo", "held-out-16", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("On pass@K training exploration is worse than alone, held-out pass@16", "thr-explore", "passk-thr-explore", "held-out-16", 0, Statistic.Mean).ReportOnly(),
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
        var teaching = cell.Size == ReproductionSize.Smoke ? 150 : 400;
        using var model = SmallBase.Get("thr", cell.Seed, teaching, random => SymbolQuestions.Demonstration(Noise, random), cancellation: context.Cancellation);
        var metrics = new Dictionary<string, double>(Metrics.Select(metric => KeyValuePair.Create(metric.Name, double.NaN)));
        IReadOnlyList<Curve> curves = [];
        if (cell.Arm.Name == "base") { MeasureLaw(model, cell.Size, context, metrics); }
        else { curves = Train(model, Variants.Single(variant => variant.Arm.Name == cell.Arm.Name), context, metrics); }
        Evaluate(model, cell.Size, context, metrics);
        return new CellResult { Metrics = metrics, Curves = curves };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome)
    {
        if (outcome.Plan.Size != ReproductionSize.Default) { return []; }
        var series = outcome.Plan.Arms.Where(arm => arm.Name is "base" or "grpo" or "thr-only" or "thr-exploit" or "thr-explore" or "coin-exploit" or "coin-explore")
            .Select(arm => new PlotSeries(arm.Name, outcome.Summary(arm.Name, "pass-1").Values, outcome.Summary(arm.Name, "held-out-16").Values) { Style = SeriesStyle.Points }).ToList();
        return [new("steering", "What p steers", Plots.Lines("p trades pass@1 on trained questions for pass@16 on questions answered wrongly", "pass@1, training family", "pass@16, held-out questions", series))];
    }

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "`law` and the gains are measured on the base model, whose arm is `base`; `kept` and `entropy-correlation` where THR is used. All arms take 30 steps of plain gradient descent on 12 mixed groups of 8.";

    private static Claim Law => Claim.AtLeast("One step raises the correct responses most for p = +0.5, least for p = -0.5", "base", "law", 0.95, Statistic.Mean);

    private static Variant Thr(string name, string description, double p, ArmKind kind, Func<TokenHiddenRewardOptions, TokenHiddenRewardOptions>? change = null) =>
        new(new Arm(name, description, kind), builder => builder.AddTokenHiddenReward((change ?? (options => options))(new TokenHiddenRewardOptions { P = p })));

    private static PromptItem Draw(RandomStream random, string hard) => SymbolQuestions.Prompt(SymbolMap.Question(SymbolQuestions.Length, 1 + random.NextInt32(2), random, hard));

    private static List<Curve> Train(Transformer model, Variant variant, CellContext context, Dictionary<string, double> metrics)
    {
        const int Steps = 30;
        var builder = new PostTraining(model)
            .Prompts(new DrawnPromptSource(random => Draw(random, Trained), context.Random.Child("prompts")))
            .Tokenizer(SmallBase.Tokenizer)
            .Reward(SymbolQuestions.Reward)
            .Credit(variant.Credit ?? new GrpoCredit())
            .Objective(variant.Gspo ? new GspoObjective { Reduction = Reduction.TokenMean } : new PpoObjective { Reduction = Reduction.TokenMean })
            .Seed(context.Random.Child("trainer").NextUInt64())
            .Options(options => options with
            {
                PromptsPerStep = 12,
                GroupSize = 8,
                DynamicRounds = 10,
                Epochs = variant.Epochs,
                Optimizer = OptimizerKind.Sgd,
                LearningRate = 0.05,
                MaximumGradientNorm = 1e9,
                MaximumNewTokens = SymbolQuestions.MaximumTokens,
            });
        variant.Add(builder);
        using var trainer = builder.Build();
        var last = new LastMetrics();
        var (steps, right, entropy, kept, correlation) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var i = 1; i <= Steps; i++)
        {
            trainer.Advance(last);
            steps.Add(i);
            right.Add(last["reward/mean"]);
            entropy.Add(last["policy/entropy"]);
            kept.Add(last["thr/kept"]);
            correlation.Add(last["thr/entropy_correlation"]);
            context.Report((double)i / Steps, $"reward {right[^1]:0.00}");
        }
        (metrics["kept"], metrics["entropy-correlation"]) = (kept.Average(), correlation.Average());
        return [new Curve("pass@1 while training", steps, right), new Curve("entropy while training", steps, entropy)];
    }

    private static void MeasureLaw(Transformer model, ReproductionSize size, CellContext context, Dictionary<string, double> metrics)
    {
        var groups = new GroupCollector(size == ReproductionSize.Smoke ? 8 : 24);
        using var trainer = new PostTraining(model)
            .Prompts(new DrawnPromptSource(random => Draw(random, Trained), context.Random.Child("law")))
            .Tokenizer(SmallBase.Tokenizer)
            .Reward(SymbolQuestions.Reward)
            .Credit(new GrpoCredit())
            .Objective(new PpoObjective())
            .Transform(new Silence())
            .Observe(groups)
            .Options(options => options with { PromptsPerStep = 24, GroupSize = 8, MaximumNewTokens = SymbolQuestions.MaximumTokens, DynamicRounds = 10 })
            .Build();
        while (!groups.IsFull) { trainer.Advance(new LastMetrics()); }
        var gains = groups.Groups.Select((group, i) =>
        {
            context.Report((double)i / groups.Groups.Count);
            return OneStepLaw.Gains(model, group, LawSteering, learningRate: 0.01);
        }).ToList();
        metrics["law"] = gains.Average(gain => gain[0] > gain[1] && gain[1] > gain[2] ? 1.0 : 0);
        (metrics["gain-exploit"], metrics["gain-only"], metrics["gain-explore"]) = (gains.Average(gain => gain[0]), gains.Average(gain => gain[1]), gains.Average(gain => gain[2]));
    }

    private static void Evaluate(Transformer model, ReproductionSize size, CellContext context, Dictionary<string, double> metrics)
    {
        var count = size == ReproductionSize.Smoke ? 16 : 64;
        SampledAnswers Ask(string hard, int samples, double temperature = 1)
        {
            var random = context.Random.Child("evaluation/" + hard);
            var questions = Enumerable.Range(0, count).Select(i => Draw(random.Child("prompt", i), hard)).ToList();
            return SampledAnswers.Draw(model, questions, SymbolQuestions.IsRight, samples, SymbolQuestions.MaximumTokens, random.Child("responses"), temperature, context.Cancellation);
        }
        var unseen = Ask(Unseen, 32);
        metrics["pass-1"] = Ask(Trained, 32).PassAt(1);
        metrics["held-out-16"] = unseen.PassAt(16);
        metrics["held-out-entropy"] = unseen.Entropy;
        metrics["held-out-greedy"] = Ask(Unseen, 1, temperature: 0).PassAt(1);
    }

    /// <summary>Makes a trainer that only collects: no advantage, no update.</summary>
    private sealed class Silence : ICreditTransform
    {
        public string Name => "silence";

        public TorchSharp.torch.Tensor Transform(TorchSharp.torch.Tensor advantages, PolicyBatch batch, IMetricSink metrics) => TorchSharp.torch.zeros_like(advantages);
    }

    /// <summary>Keeps mixed groups until there are enough.</summary>
    private sealed class GroupCollector(int wanted) : IRolloutObserver
    {
        public List<IReadOnlyList<Rollout>> Groups { get; } = [];

        public bool IsFull => Groups.Count >= wanted;

        public void Observe(long step, IReadOnlyList<Rollout> rollouts, IMetricSink metrics) =>
            Groups.AddRange(rollouts.GroupBy(rollout => rollout.Group).Select(group => group.ToList()).Where(group => group.Select(rollout => rollout.Reward).Distinct().Count() == 2).Take(wanted - Groups.Count));
    }
}
