using Bellman.Experiments;
using Bellman.Language;
using Bellman.Papers.LanguagePapers;

namespace Bellman.Papers.RepresentationExploration;

/// <summary>RepExp (arXiv 2510.11686) at laptop scale: verifier calls saved at inference, variety kept in training.</summary>
public sealed class RepresentationExplorationReproduction : Reproduction
{
    private const string Inference = "inference";
    private const string Training = "training";

    private static readonly FullScalePlan FullScale = new()
    {
        Model = "Qwen2.5-7B-Instruct",
        Data = "MATH, GSM8K or DAPO-Math, JSONL or Parquet with question or problem, answer or solution; the paper used 8 GPUs of 80 GB, and the frozen copy needs a forward pass of its own",
        Steps = 100,
        EvaluationSamples = 256,
        EvaluationTries = 256,
        Settings = new Dictionary<string, string>
        {
            ["promptsPerStep"] = "1024",
            ["groupSize"] = "8",
            ["epochs"] = "1",
            ["miniBatches"] = "4",
            ["learningRate"] = "1e-6",
            ["maximumNewTokens"] = "1024",
            ["kl.coefficient"] = "0",
            ["loss.reduction"] = "tokenMean",
        },
        Arms =
        [
            new(new Arm("grpo", "GRPO.", ArmKind.Baseline), "grpo", new Dictionary<string, string>()),
            new(new Arm("repexp", "GRPO with the bonus, beta 0.01, projected to 32."), "grpo+repexp", new Dictionary<string, string>()),
        ],
    };

    /// <summary>An arm of the training part: what it adds to the common trainer; null leaves the base as it is.</summary>
    private sealed record TrainingArm(string Name, string Description, ArmKind Kind, Func<PostTraining, PostTraining>? Add, ICreditAssigner? Credit = null);

    private static readonly TrainingArm[] TrainingArms =
    [
        new("base", "The taught base, untouched.", ArmKind.Baseline, null),
        new("grpo", "GRPO on the task's reward.", ArmKind.Baseline, builder => builder),
        new("repexp", "GRPO with the bonus, beta 0.01.", ArmKind.Method, builder => Explore(builder)),
        new("unlikeliness", "GRPO with the unlikeliness reward.", ArmKind.Baseline, builder => builder.Augment(new UnlikelinessReward())),
        new("entropy", "GRPO with an entropy bonus of 0.01.", ArmKind.Baseline, builder => builder.Add(new EntropyTerm { Coefficient = 0.01 })),
        new("off-if-all-correct", "No bonus where every response is right.", ArmKind.Ablation, builder => Explore(builder, o => o with { TurnOffIfAllCorrect = true })),
        new("policy-features", "Features of the policy being trained.", ArmKind.Ablation, builder => Explore(builder, o => o with { Features = FeatureModel.Policy })),
        new("uncentred", "Features without centring.", ArmKind.Ablation, builder => Explore(builder, o => o with { Centre = false })),
        new("leave-one-out", "The bonus without bound.", ArmKind.Ablation, builder => Explore(builder, o => o with { BonusType = BonusType.LeaveOneOut })),
        new("beta-low", "beta 0.001.", ArmKind.Ablation, builder => Explore(builder, o => o with { Beta = 0.001 })),
        new("beta-high", "beta 0.1.", ArmKind.Ablation, builder => Explore(builder, o => o with { Beta = 0.1 })),
        new("mean-only", "Advantages without division by the deviation (Dr. GRPO).", ArmKind.Ablation, builder => Explore(builder), new DrGrpoCredit()),
    ];

    /// <inheritdoc/>
    public override string Slug => "repexp";

    /// <inheritdoc/>
    public override string Title => "Representation-Based Exploration for Language Models: From Test-Time to Post-Training";

    /// <inheritdoc/>
    public override string Summary =>
        "Responses whose hidden states lie outside the ellipsoid of the others are shown to a verifier first, which saves calls, or paid a hundredth more in training, which keeps the variety that reinforcement takes away.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics => Inputs.Model is not null ? FullScalePlan.Metrics :
    [
        new("pass16", "A hidden strategy is met in 16 tries.") { Primary = true },
        new("pass1", "A hidden strategy is met in one try."),
        new("pass4", "A hidden strategy is met in 4 tries."),
        new("pass64", "A hidden strategy is met in 64 tries."),
        new("criterion", "A response is right by the strategy it names: what training pays."),
        new("rarest-strategy", "Share of responses that are right by the rarest of the three strategies."),
        new("chosen-pass4", "A right candidate is among the first 4 of 64 in the arm's order."),
        new("samples-to-correct", "Candidates verified until the first right one; 65 where there is none.", "calls", HigherIsBetter: false),
        new("solvable", "Share of pools with a right candidate.") { Plotted = false },
        new("seconds", "Time of the cell.", "s", HigherIsBetter: false) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } = [new("pass at k", "tries k", "probability of meeting a hidden strategy")];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => size switch
    {
        ReproductionSize.Full => [.. FullScale.Arms.Select(arm => arm.Arm)],
        ReproductionSize.Smoke => [Of("random", "", ArmKind.Baseline, Inference), Of("coreset", "", ArmKind.Method, Inference), .. TrainingArms.Where(arm => arm.Name is "grpo" or "repexp").Select(arm => Of(arm.Name, arm.Description, arm.Kind, Training))],
        _ =>
        [
            .. TrainingArms.Select(arm => Of(arm.Name, arm.Description, arm.Kind, Training)),
            Of("coreset", "The candidate farthest outside the chosen ones' ellipsoid comes next.", ArmKind.Method, Inference),
            Of("random", "A random order (its expectation).", ArmKind.Baseline, Inference),
            Of("farthest-point", "The candidate farthest from the nearest chosen one comes next.", ArmKind.Baseline, Inference),
            Of("random-high-temperature", "A random order of a pool drawn at temperature 1.6.", ArmKind.Baseline, Inference),
            Of("coreset-last-token", "The last token's state in place of the mean.", ArmKind.Ablation, Inference),
            Of("coreset-uncentred", "Features without centring.", ArmKind.Ablation, Inference),
            Of("coreset-noise", "Counter-check: a base whose errors are noise.", ArmKind.Ablation, Inference),
            Of("random-noise", "A random order on that base.", ArmKind.Baseline, Inference),
        ],
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Default ? [0, 1, 2, 3, 4] : [0];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Full => FullScale.Claims(),
        ReproductionSize.Smoke => [Claim.Difference("The coreset finds right candidates sooner", "coreset", "random", "chosen-pass4", 0).ReportOnly()],
        _ =>
        [
            Claim.Difference("Inference: among the first 4 the coreset has a right candidate more often than a random order", "coreset", "random", "chosen-pass4", 0.2, Statistic.Mean),
            Claim.Combined("Inference: verifier calls until the first right candidate, coreset at most 0.85 of random", [new("random", "samples-to-correct"), new("coreset", "samples-to-correct")], values => 0.85 * values[0] - values[1], 0, Statistic.Mean),
            Claim.Difference("Training (1): pass@16 by a hidden strategy, RepExp over GRPO", "repexp", "grpo", "pass16", 0.2, Statistic.Mean),
            Claim.Difference("Training (2): the trained criterion is not lost", "repexp", "grpo", "criterion", -0.05, Statistic.Mean),
            Claim.Combined("Training (3): without the bonus in solved groups the gain disappears (difference to GRPO below 0.08)", [new("off-if-all-correct", "pass16"), new("grpo", "pass16")], values => 0.08 - Math.Abs(values[0] - values[1]), 0, Statistic.Mean),
            Claim.Difference("Counter-check: on a base whose errors are noise the coreset is no better than random", "random-noise", "coreset-noise", "chosen-pass4", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Mean pooling over the last token's state", "coreset", "coreset-last-token", "chosen-pass4", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("RepExp over the unlikeliness reward, pass@16", "repexp", "unlikeliness", "pass16", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("GRPO loses pass@16 against its own base", "base", "grpo", "pass16", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("RepExp does not", "repexp", "base", "pass16", 0, Statistic.Mean).ReportOnly(),
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
        var smoke = cell.Size == ReproductionSize.Smoke;
        var (measured, curves) = cell.Arm.Task == Inference ? (Pools(smoke).Measure(cell.Arm.Name, cell.Seed, context), []) : Train(cell, smoke, context);
        var metrics = Metrics.ToDictionary(metric => metric.Name, metric => measured.GetValueOrDefault(metric.Name, double.NaN));
        metrics["seconds"] = clock.Elapsed.TotalSeconds;
        return new CellResult { Metrics = metrics, Curves = curves };
    }

    private static CandidatePools Pools(bool smoke) => smoke ? new CandidatePools(10, 64, 200) : new CandidatePools(40, 64, 400);

    private static (Dictionary<string, double>, IReadOnlyList<Curve>) Train(Cell cell, bool smoke, CellContext context)
    {
        var arm = TrainingArms.Single(arm => arm.Name == cell.Arm.Name);
        var run = smoke ? new StrategyTraining(200, 20, 12, 16) : new StrategyTraining(400, 80, 48, 64);
        return run.Measure(arm.Add, arm.Credit ?? new GrpoCredit(), cell.Seed, context);
    }

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "Inference arms rank pools of 64 candidates to 40 questions; training arms take 80 steps of 12 questions x 8 responses and are measured on 48 questions x 64 responses, each of which must use a strategy that the prompt does not name.";

    private static Arm Of(string name, string description, ArmKind kind, string task) => new(name, description.Length > 0 ? description : name, kind) { Task = task };

    private static PostTraining Explore(PostTraining builder, Func<RepresentationExplorationOptions, RepresentationExplorationOptions>? change = null) =>
        builder.AddRepresentationExploration(options => (change ?? (same => same))(options with { ProjectionDimension = 16 }));
}
