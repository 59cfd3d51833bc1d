using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Tasks.Symbols;
using Bellman.Papers.LanguagePapers;

namespace Bellman.Papers.DynamicRewardWeighting;

/// <summary>Accuracy, brevity and form on "ShortMarkedMap": fixed weights, weights by gradient influence, meta-rewards by hypervolume.</summary>
public sealed class DynamicRewardWeightingReproduction : Reproduction
{
    private const int Steps = 60, SmokeSteps = 15, Every = 10, InvarianceSteps = 10, ValidationQuestions = 24, ValidationSamples = 4;

    private const double Rate = 5e-4, SlowerRate = 3e-4;
    private const double LeastAccuracy = 0.45, MostConciseness = 0.28;

    private static readonly string[] Names = ["accuracy", "conciseness", "clarity"];
    private static readonly double[] Balanced = [0.334, 0.333, 0.333], AccuracyFirst = [0.5, 0.25, 0.25], EfficiencyFirst = [0.25, 0.375, 0.375];
    private static readonly DynamicRewardWeightingOptions Fixed = new() { Rule = WeightRule.Fixed, Weights = Balanced };
    private static readonly DynamicRewardWeightingOptions Influence = new() { Weights = Balanced };
    private static readonly DynamicRewardWeightingOptions Meta = new() { Rule = WeightRule.Hypervolume, Weights = Balanced, HypervolumeScale = 100, MetaPlacement = MetaPlacement.Advantage };

    /// <summary>An arm.</summary>
    private sealed record Variant(Arm Arm, DynamicRewardWeightingOptions Options, bool Rloo = false, bool Decay = false, bool Trap = false, double LearningRate = Rate);

    private static readonly Variant[] Variants =
    [
        new(new Arm("fixed-balanced", "Fixed weights .334, .333, .333.", ArmKind.Baseline), Fixed),
        new(new Arm("fixed-accuracy", "Fixed weights .5, .25, .25.", ArmKind.Baseline), Fixed with { Weights = AccuracyFirst }),
        new(new Arm("fixed-efficiency", "Fixed weights .25, .375, .375.", ArmKind.Baseline), Fixed with { Weights = EfficiencyFirst }),
        new(new Arm("fixed-decay", "Balanced, the learning rate falling to 0.", ArmKind.Baseline), Fixed, Decay: true),
        new(new Arm("accuracy-only", "Accuracy alone.", ArmKind.Baseline), Fixed with { Weights = [1, 0, 0] }),
        new(new Arm("conciseness-only", "Conciseness alone.", ArmKind.Baseline), Fixed with { Weights = [0, 1, 0] }),
        new(new Arm("clarity-only", "Clarity alone.", ArmKind.Baseline), Fixed with { Weights = [0, 0, 1] }),
        new(new Arm("random", "Weights drawn in every step.", ArmKind.Baseline), Fixed with { Rule = WeightRule.Random }),
        new(new Arm("mgda", "Weights of the shortest combination of gradients.", ArmKind.Baseline), Fixed with { Rule = WeightRule.MinimumNorm }),
        new(new Arm("loss-scale", "Weights inverse to the spread of each reward.", ArmKind.Baseline), Fixed with { Rule = WeightRule.Scale }),
        new(new Arm("gradient", "Weights by gradient influence, ratio 0.1."), Influence),
        new(new Arm("gradient-3e-4", "Ratio 0.1 at a learning rate of 3e-4 instead of 5e-4.", ArmKind.Ablation), Influence, LearningRate: SlowerRate),
        new(new Arm("gradient-fast", "The same, ratio 1.", ArmKind.Ablation), Influence with { Ratio = 1 }),
        new(new Arm("gradient-slow", "The same, ratio 0.01.", ArmKind.Ablation), Influence with { Ratio = 0.01 }),
        new(new Arm("gradient-layer-1", "The second layer's gradients alone.", ArmKind.Ablation), Influence with { FirstLayer = 1, LastLayer = 1 }),
        new(new Arm("gradient-others", "Influence without an objective's own gradient.", ArmKind.Ablation), Influence with { SelfTerm = false }),
        new(new Arm("gradient-frozen", "Weights stay after 20 steps.", ArmKind.Ablation), Influence with { FreezeAfter = 20 }),
        new(new Arm("meta", "Meta-reward on advantages, growth x 100."), Meta),
        new(new Arm("meta-reward", "Meta-reward on rewards, as published.", ArmKind.Ablation), Meta with { MetaPlacement = MetaPlacement.Reward }),
        new(new Arm("meta-rloo", "Meta-reward on rewards, RLOO.", ArmKind.Ablation), Meta with { MetaPlacement = MetaPlacement.Reward }, Rloo: true),
        new(new Arm("trap-fixed", "Accuracy only with 5 fillers or more; fixed balanced.", ArmKind.Baseline), Fixed, Trap: true),
        new(new Arm("trap-gradient", "The same, weights by influence.", ArmKind.Ablation), Influence, Trap: true),
    ];

    private static readonly FullScalePlan FullScale = new()
    {
        Model = "Qwen3-8B or deepseek-llm-7b-chat",
        Data = "questions with problem, solution and answer: 300 problems of MATH-500 for training (--held-out for the 100 of the test); the paper used 8 GPUs",
        // 90 epochs of 300 prompts in batches of 64.
        Steps = 420,
        Settings = new Dictionary<string, string>
        {
            ["promptsPerStep"] = "64",
            ["groupSize"] = "8",
            ["miniBatches"] = "2",
            ["learningRate"] = "1e-6",
            ["epochs"] = "1",
            ["maximumNewTokens"] = "2048",
            ["kl.coefficient"] = "0.001",
            // The ratio is not clipped, so that the loss is linear in the advantages.
            ["loss.clipLow"] = "1",
            ["loss.clipHigh"] = "100",
        },
        Arms =
        [
            new(new Arm("fixed", "Fixed balanced weights.", ArmKind.Baseline), $"grpo+{RewardWeighting.Key}", new Dictionary<string, string> { [$"{RewardWeighting.Key}.rule"] = "fixed" }),
            new(new Arm("gradient", "Weights by gradient influence, layers 10 to 25 in the paper (firstLayer, lastLayer)."), $"grpo+{RewardWeighting.Key}", new Dictionary<string, string> { [$"{RewardWeighting.Key}.mu"] = "1e-5" }),
            new(new Arm("meta", "Meta-reward by hypervolume."), $"grpo+{RewardWeighting.Key}", new Dictionary<string, string> { [$"{RewardWeighting.Key}.rule"] = "hypervolume" }),
        ],
    };

    /// <inheritdoc/>
    public override string Slug => RewardWeighting.Key;

    /// <inheritdoc/>
    public override string Title => "Learning to Optimize Multi-Objective Alignment Through Dynamic Reward Weighting";

    /// <inheritdoc/>
    public override string Summary =>
        "Several rewards are weighed anew in every step: by how much each objective's gradient serves the common progress, or all together by whether the last checkpoint enlarged the Pareto front.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics => Inputs.Model is not null ? FullScalePlan.Metrics :
    [
        new("hypervolume", "Hypervolume of the visited front of (accuracy, 1 - length / 17, clarity), reference 0.") { Primary = true },
        new("accuracy", "Accuracy at the end."),
        new("length", "Tokens of a response at the end.", "tokens", HigherIsBetter: false),
        new("clarity", "Clarity at the end."),
        new("front-step", "Mean step of the checkpoints on the run's front.", "steps", HigherIsBetter: false) { Plotted = false },
        new("weight-accuracy", "Accuracy's weight at the end.", HigherIsBetter: null),
        new("weight-conciseness", "Conciseness's weight at the end.", HigherIsBetter: null),
        new("settled", "1 where accuracy's weight ends at 0.45 or more and conciseness's at 0.28 or less.", HigherIsBetter: null) { Plotted = false },
        new("warnings", "Steps that warned: an objective without influence for 10 steps, or a flat meta-reward for 20.", "steps", HigherIsBetter: null) { Plotted = false },
        new("parameter-change", "Relative distance after 10 steps from the parameters of a run with fixed balanced weights and the same draws.", HigherIsBetter: null) { Plotted = false },
        new("seconds", "Time of the cell.", "s", HigherIsBetter: false) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
    [
        new("accuracy's weight", "step", "weight of accuracy"),
        new("conciseness's weight", "step", "weight of conciseness"),
        new("clarity's weight", "step", "weight of clarity"),
        new("accuracy", "step", "accuracy on held-out questions"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => size switch
    {
        ReproductionSize.Full => [.. FullScale.Arms.Select(arm => arm.Arm)],
        ReproductionSize.Smoke => [.. Variants.Select(variant => variant.Arm).Where(arm => arm.Name is "fixed-balanced" or "gradient" or "meta")],
        _ => [.. Variants.Select(variant => variant.Arm)],
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Default ? [0, 1, 2, 3, 4] : [0];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Full => FullScale.Claims(),
        ReproductionSize.Smoke => [Claim.AtLeast("(2) Accuracy's weight rises", "gradient", "weight-accuracy", Balanced[0], Statistic.Mean)],
        _ =>
        [
            Claim.Difference("(1) Weights by influence: hypervolume as with fixed balanced weights", "gradient", "fixed-balanced", "hypervolume", -0.005, Statistic.Mean),
            Claim.Combined("(1) and at least 0.97 of the best fixed weights'",
                [new("gradient", "hypervolume"), new("fixed-balanced", "hypervolume"), new("fixed-accuracy", "hypervolume"), new("fixed-efficiency", "hypervolume")], values => values[0] / values.Skip(1).Max(), 0.97, Statistic.Mean),
            Claim.AtLeast("(2) Accuracy's weight rises", "gradient", "weight-accuracy", LeastAccuracy, Statistic.Mean),
            Claim.AtMost("(2) Conciseness's falls", "gradient", "weight-conciseness", MostConciseness, Statistic.Mean),
            Claim.AtLeast("(2) in every seed", "gradient", "settled", 1, Statistic.Mean),
            Claim.AtMost("(3) A meta-reward on rewards changes nothing under GRPO", "meta-reward", "parameter-change", 1e-3, Statistic.Mean),
            Claim.AtLeast("(3) Under RLOO it does", "meta-rloo", "parameter-change", 1e-3, Statistic.Mean),
            Claim.Difference("Meta-reward on advantages over fixed balanced weights", "meta", "fixed-balanced", "hypervolume", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Influence over random weights", "gradient", "random", "hypervolume", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Influence over MGDA", "gradient", "mgda", "hypervolume", 0, Statistic.Mean).ReportOnly(),
            Claim.AtLeast("(2) At a learning rate of 3e-4 accuracy's weight rises as far", "gradient-3e-4", "weight-accuracy", LeastAccuracy, Statistic.Mean).ReportOnly(),
            Claim.AtLeast("Ratio 1 collapses to accuracy", "gradient-fast", "weight-accuracy", 0.99, Statistic.Mean).ReportOnly(),
            Claim.AtMost("(4) Conflicting objectives: fixed weights end in wrong answers", "trap-fixed", "accuracy", 0.05, Statistic.Mean).ReportOnly(),
            Claim.AtMost("(4) So do weights by influence", "trap-gradient", "accuracy", 0.05, Statistic.Mean).ReportOnly(),
            Claim.AtMost("(4) which lower accuracy's weight", "trap-gradient", "weight-accuracy", 0.25, Statistic.Mean).ReportOnly(),
        ],
    };

    /// <inheritdoc/>
    public override string? MissingForFull() => FullScale.Missing(Inputs);

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context)
    {
        if (cell.Size == ReproductionSize.Full) { return FullScale.Run(cell, context, Inputs); }
        using var turn = TorchTurn.Take();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (isSmoke, variant) = (cell.Size == ReproductionSize.Smoke, Variants.Single(candidate => candidate.Arm.Name == cell.Arm.Name));
        Transformer Base() => SmallBase.Get("marked-map", cell.Seed, isSmoke ? 160 : 500, MarkedMap.Demonstration, cancellation: context.Cancellation);
        using var model = Base();
        var result = Train(model, variant, isSmoke ? SmokeSteps : Steps, isSmoke ? 12 : 48, FixedParameters(Base, variant, context), context);
        return result with { Metrics = result.Metrics.Append(new("seconds", clock.Elapsed.TotalSeconds)).ToDictionary() };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome)
    {
        if (outcome.Plan.Size != ReproductionSize.Default) { return []; }
        var series = (from arm in outcome.Plan.Arms
                      where arm.Name is "gradient" or "trap-gradient"
                      from name in Names
                      select LearningCurves.Summarise(name + (arm.Name == "gradient" ? "" : ", trap"),
                          [.. outcome.RecordsOf(arm).SelectMany(record => record.Result.Curves.Where(curve => curve.Name == name + "'s weight"))], 1, Statistic.Mean)).ToList();
        return [new("weights", "Weights by gradient influence", Plots.Lines("Weights follow what serves the common progress", "step", "weight", series))];
    }

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "60 steps of 12 questions x 8 responses, a checkpoint every 10 steps measured on 48 questions x 8; `trap` grants accuracy only with 5 fillers or more.";

    private static PostTrainer Build(Transformer model, Variant variant, CellContext context)
    {
        var validation = context.Random.Child("validation");
        var questions = Enumerable.Range(0, ValidationQuestions).Select(i => MarkedMap.Draw(validation.Child("question", i))).ToList();
        IReward[] rewards = [MarkedMap.Accuracy(variant.Trap), new ConcisenessReward(), MarkedMap.Clarity];
        // Every objective in 0 to 1, so that growth is on one scale.
        var measured = new ObjectiveValidation(() => questions, ValidationSamples,
            [.. rewards.Select(reward => reward is ConcisenessReward ? new ValidationObjective("length", Maximise: false, (rollouts, _) => rollouts.Average(rollout => rollout.OwnTokens) / MarkedMap.MaximumTokens) : ObjectiveValidation.Of(reward))]);
        return new PostTraining(model)
            .Prompts(new DrawnPromptSource(MarkedMap.Draw, context.Random.Child("prompts")))
            .Tokenizer(SmallBase.Tokenizer)
            .Reward(rewards[0]).Reward(rewards[1], 0).Reward(rewards[2], 0)
            .Credit(variant.Rloo ? new RlooCredit() : new GrpoCredit())
            .Objective(new PpoObjective())
            .Seed(context.Random.Child("trainer").NextUInt64())
            .Options(options => options with { PromptsPerStep = 12, GroupSize = 8, LearningRate = variant.LearningRate, DecaySteps = variant.Decay ? Steps : 0, MaximumNewTokens = MarkedMap.MaximumTokens })
            .AddDynamicRewardWeighting(variant.Options, variant.Options.Rule == WeightRule.Hypervolume ? measured : null)
            .Build();
    }

    private static CellResult Train(Transformer model, Variant variant, int total, int questions, double[] fixedParameters, CellContext context)
    {
        using var trainer = Build(model, variant, context);
        var last = new LastMetrics();
        var (steps, weights) = (new List<double>(), Names.Select(_ => new List<double>()).ToArray());
        var (at, points, change, warnings) = (new List<double> { 0 }, new List<double[]> { Checkpoint(model, variant, questions, context) }, 0.0, 0);
        for (var step = 1; step <= total; step++)
        {
            last.Clear();
            trainer.Advance(last);
            steps.Add(step);
            for (var i = 0; i < Names.Length; i++) { weights[i].Add(last[$"drw/weight_{Names[i]}"]); }
            if (step == InvarianceSteps) { change = Distance(Parameters(model), fixedParameters); }
            if (Names.Any(name => last[$"drw/warning_no_influence_{name}"] > 0) || last["drw/warning_meta_is_flat"] > 0) { warnings++; }
            if (step % Every == 0 || step == total)
            {
                at.Add(step);
                points.Add(Checkpoint(model, variant, questions, context));
            }
            context.Report((double)step / total, $"accuracy {points[^1][0]:0.00}");
        }
        var front = ParetoFront.NonDominated(points);
        var metrics = new Dictionary<string, double>
        {
            ["hypervolume"] = ParetoFront.Hypervolume(points, [0, 0, 0]),
            ["accuracy"] = points[^1][0],
            ["length"] = (1 - points[^1][1]) * MarkedMap.MaximumTokens,
            ["clarity"] = points[^1][2],
            ["front-step"] = front.Average(i => at[i]),
            ["weight-accuracy"] = weights[0][^1],
            ["weight-conciseness"] = weights[1][^1],
            ["settled"] = weights[0][^1] >= LeastAccuracy && weights[1][^1] <= MostConciseness ? 1 : 0,
            ["warnings"] = warnings,
            ["parameter-change"] = change,
        };
        return new CellResult { Metrics = metrics, Curves = [.. Names.Select((name, i) => new Curve(name + "'s weight", steps, weights[i])), new Curve("accuracy", at, [.. points.Select(point => point[0])])] };
    }

    /// <summary>(accuracy, 1 - length / 17, clarity) on questions of its own.</summary>
    private static double[] Checkpoint(Transformer model, Variant variant, int questions, CellContext context)
    {
        var random = context.Random.Child("evaluation");
        var prompts = Enumerable.Range(0, questions).Select(i => MarkedMap.Draw(random.Child("question", i))).ToList();
        var accuracy = SampledAnswers.Draw(model, prompts, (prompt, text) => MarkedMap.IsRight(prompt.Text, text) && (!variant.Trap || text.Count(letter => letter == '.') >= MarkedMap.TrapFillers), 8, MarkedMap.MaximumTokens, random.Child("responses"), cancellation: context.Cancellation);
        return [accuracy.PassAt(1), 1 - accuracy.Length / MarkedMap.MaximumTokens, accuracy.Texts.SelectMany(row => row).Average(text => MarkedMap.IsClear(text) ? 1.0 : 0)];
    }

    /// <summary>The parameters after 10 steps with fixed balanced weights, from the same base with the same draws.</summary>
    private static double[] FixedParameters(Func<Transformer> create, Variant variant, CellContext context)
    {
        using var model = create();
        using var trainer = Build(model, variant with { Options = Fixed }, context);
        var last = new LastMetrics();
        for (var i = 0; i < InvarianceSteps; i++) { trainer.Advance(last); }
        return Parameters(model);
    }

    private static double[] Parameters(Transformer model) => [.. model.Trainable.SelectMany(tensor => tensor.Value.detach().ToDoubles())];

    /// <summary>|theta - theta_fixed| / |theta_fixed|.</summary>
    private static double Distance(double[] parameters, double[] fixedParameters) =>
        Math.Sqrt(parameters.Zip(fixedParameters, (a, b) => (a - b) * (a - b)).Sum() / fixedParameters.Sum(value => value * value));
}
