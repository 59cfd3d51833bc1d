using Bellman.Algorithms;
using Bellman.Experiments;
using Bellman.Runs;

namespace Bellman.Papers.Mentor;

/// <summary>The paper's reproduction: what is run, measured and claimed.</summary>
public sealed class MentorReproduction : Reproduction
{
    private const string Skill = "skill";
    private const string Reach = "reach";
    private const string Conflict = "conflict";
    private const string Task = "DotReach-v0?reach=0.2";
    private const string EnvironmentSetting = "environment";
    private const int Steps = 24_000;
    private const int Evaluations = 10;
    private const int Episodes = 10;
    private const int DropEpisodes = 64;
    private const double Normal = 45;

    private static readonly ulong[] Few = [0, 1, 2];

    private static readonly string[] Measured =
        ["auc", "return", "drop", "perturbations", "dormant", "trained", "task-oriented", "random", "early-trained", "early-task-oriented", "early-random", "cosine"];

    /// <summary>Small networks, an update a step, perturbations every four thousand updates; the README says where and why this is not the specification's column.</summary>
    internal static MentorOptions Laptop { get; } = new()
    {
        Filters = 16,
        Strides = [2, 2],
        Features = 32,
        Hidden = [128, 128],
        Experts = 8,
        ActiveExperts = 2,
        ExpertWidth = 32,
        GateWidth = 32,
        BatchSize = 64,
        LearningRate = 3e-4,
        CriticLearningRate = 1e-3,
        Gamma = 0.9,
        Shift = 2,
        LearningStarts = 2_000,
        TrainEvery = 1,
        BufferSize = Steps,
        PerturbEvery = 4_000,
        DormantTarget = 0,
        AlphaMaximum = 0.2,
        NoiseEnd = 0.4,
        NoiseSteps = Steps / 2,
    };

    private sealed record Entry(Arm Arm, Func<Cell, CellContext, CellResult> Run);

    private static readonly Entry[] Entries =
    [
        new(new Arm("skill", "Perturbations of a regression network: what is left of its skill.") { Task = Skill, Seeds = [0, 1, 2, 3, 4] }, RunSkill),
        Reached("mentor", "MENTOR.", ArmKind.Method, Laptop),
        Reached("drm", "DrM: a plain actor, moved towards fresh weights.", ArmKind.Baseline, Laptop with { Mixture = false, Perturbation = PerturbationKind.Random }),
        Reached("drq-v2", "DrQ-v2.", ArmKind.Baseline, null),
        Reached("no-mixture", "MENTOR with a plain actor.", ArmKind.Ablation, Laptop with { Mixture = false }),
        Reached("random-perturbation", "MENTOR moved towards fresh weights.", ArmKind.Ablation, Laptop with { Perturbation = PerturbationKind.Random }),
        Conflicting("conflict-mixture", "Four tasks, pairwise opposite, in a mixture of experts.", mixture: true),
        Conflicting("conflict-mlp", "The same in an MLP of as many parameters.", mixture: false),
    ];

    private sealed record FullArm(Arm Arm, MentorOptions? Options);

    private static readonly FullArm[] FullArms =
    [
        new(new Arm("full-mentor", "MENTOR with the published sizes."), new MentorOptions()),
        new(new Arm("full-drm", "DrM.", ArmKind.Baseline), new MentorOptions { Mixture = false, Perturbation = PerturbationKind.Random }),
        new(new Arm("full-drq-v2", "DrQ-v2.", ArmKind.Baseline), null),
    ];

    /// <inheritdoc/>
    public override string Slug => "mentor";

    /// <inheritdoc/>
    public override string Title => "MENTOR: Mixture-of-Experts Network with Task-Oriented Perturbation for Visual Reinforcement Learning";

    /// <inheritdoc/>
    public override string Summary =>
        "Moving an agent's weights towards fresh ones now and then brings dormant neurons back, and costs what was learned. Moved towards a distribution fitted to the weights " +
        "after its own best episodes they keep their skill.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("auc", $"Mean of ten evaluations on the way, divided by {Normal:0}.") { Primary = true },
        new("return", "Return of the last evaluation, mean of ten episodes of 50 steps."),
        new("drop", $"Mean fall of the return (of {DropEpisodes} episodes) across a perturbation.", HigherIsBetter: false),
        new("perturbations", "Perturbations that found something to move to.", HigherIsBetter: null) { Plotted = false },
        new("dormant", "Share of dormant neurons of the actor, mean over steps; 1 before the first update.", HigherIsBetter: false) { Plotted = false },
        new("trained", "Mean squared error of the trained network.", HigherIsBetter: false) { Plotted = false },
        new("task-oriented", "The same after a move of 40% towards the best snapshots.", HigherIsBetter: false) { Plotted = false },
        new("random", "The same after a move of 40% towards fresh weights.", HigherIsBetter: false) { Plotted = false },
        new("early-trained", "Error at step 300, when the set is diverse.", HigherIsBetter: false) { Plotted = false },
        new("early-task-oriented", "The same after a move of 40% towards the best snapshots.", HigherIsBetter: false) { Plotted = false },
        new("early-random", "The same after a move of 40% towards fresh weights.", HigherIsBetter: false) { Plotted = false },
        new("cosine", "Mean cosine of the gradients of tasks with opposite targets.") { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
    [
        new("return", "environment steps", "return of the mean action"),
        new("dormant", "environment steps", "share of dormant neurons"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [.. Entries.Select(entry => entry.Arm with { Seeds = null })],
        ReproductionSize.Full => [.. FullArms.Select(full => full.Arm)],
        _ => [.. Entries.Select(entry => entry.Arm)],
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [0],
        ReproductionSize.Full => [0, 1, 2, 3],
        _ => Few,
    };

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [Kept, Lost],
        ReproductionSize.Full =>
        [
            Claim.Difference("MENTOR against DrM", "full-mentor", "full-drm", "return", 0).ReportOnly(),
            Claim.Difference("MENTOR against DrQ-v2", "full-mentor", "full-drq-v2", "return", 0).ReportOnly(),
        ],
        _ =>
        [
            Kept,
            Lost,
            Claim.CombinedAtMost("Reach: a task-oriented perturbation costs less than half of what a random one costs DrM",
                [new("mentor", "drop"), new("drm", "drop")], drops => drops[0] - drops[1] / 2, 0, Statistic.Mean),
            Claim.Difference("Reach: MENTOR learns no slower than DrM", "mentor", "drm", "auc", -0.03, Statistic.Mean).ReportOnly(),
            Claim.CombinedAtMost("Early, with a diverse set: a task-oriented perturbation keeps skill",
                [new("skill", "early-task-oriented"), new("skill", "early-trained")], errors => errors[0] / errors[1], 3, Statistic.Mean).ReportOnly(),
            Claim.Difference("Reach: MENTOR against DrQ-v2", "mentor", "drq-v2", "auc", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Reach: the mixture helps", "mentor", "no-mixture", "auc", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Reach: task-oriented perturbation helps", "mentor", "random-perturbation", "auc", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Opposite tasks agree more in a mixture (as published, at scale)", "conflict-mixture", "conflict-mlp", "cosine", 0, Statistic.Mean).ReportOnly(),
        ],
    };

    private static Claim Kept => Claim.CombinedAtMost("Regression: a task-oriented perturbation keeps skill, error against the trained network's",
        [new("skill", "task-oriented"), new("skill", "trained")], errors => errors[0] / errors[1], 3, Statistic.Mean);

    private static Claim Lost => Claim.Combined("Regression: a random one loses it, error against the trained network's",
        [new("skill", "random"), new("skill", "trained")], errors => errors[0] / errors[1], 50, Statistic.Mean);

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context)
    {
        if (cell.Size != ReproductionSize.Full) { return Entries.First(entry => entry.Arm.Name == cell.Arm.Name).Run(cell, context); }
        var full = FullArms.First(full => full.Arm.Name == cell.Arm.Name);
        return Learn(cell, context, Inputs.Settings[EnvironmentSetting], full.Options, new DrqOptions(), 1_550_000, 100);
    }

    /// <inheritdoc/>
    public override string? MissingForFull() => Inputs.Settings.Keys.FirstOrDefault(key => key != EnvironmentSetting) is { } unknown
        ? $"'{unknown}' is no setting of it; the one there is is {EnvironmentSetting}."
        : Inputs.Settings.ContainsKey(EnvironmentSetting) ? null
        : "The paper's tasks (DeepMind Control, Meta-World and Adroit from 84 x 84 pixels) are not part of Bellman. Name an environment with square pictures and bounded continuous "
            + $"actions, such as --set {EnvironmentSetting}=Walker2d-v0?pixels=84 (MuJoCo) or {EnvironmentSetting}=DotReach-v0?side=84&radius=6: 3.1 million frames with the published sizes, four seeds.";

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome)
    {
        if (outcome.Plan.Size != ReproductionSize.Default) { return []; }
        var reach = outcome.Plan.Arms.Where(arm => arm.Task == Reach).ToList();
        var falls = reach.Where(arm => arm.Name != "drq-v2").Select(arm => outcome.Summary(arm.Name, "drop")).Select(summary => new PlotBar(summary.Arm.Name, summary.InterquartileMean, summary.Interval, summary.Values)).ToList();
        return
        [
            new NamedFigure("reach", "Return on the way, five methods", Plots.Lines("Reaching a disc from pixels", "environment steps", "return of the mean action",
                [.. reach.Select(arm => LearningCurves.Summarise(arm.Name, [.. outcome.RecordsOf(arm).SelectMany(record => record.Result.Curves).Where(curve => curve.Name == "return")], statistic: Statistic.Mean))])),
            new NamedFigure("drop", "What a perturbation costs", Plots.Bars("Fall of the return across a perturbation", "return before less return after, lower is better", falls)),
        ];
    }

    private static Entry Reached(string name, string description, ArmKind kind, MentorOptions? options) => new(new Arm(name, description, kind) { Task = Reach }, (cell, context) =>
    {
        var smoke = cell.Size == ReproductionSize.Smoke;
        var plain = new DrqOptions
        {
            Filters = Laptop.Filters,
            Strides = Laptop.Strides,
            Features = Laptop.Features,
            Hidden = Laptop.Hidden,
            BatchSize = Laptop.BatchSize,
            LearningRate = Laptop.LearningRate,
            CriticLearningRate = Laptop.CriticLearningRate,
            Gamma = Laptop.Gamma,
            TrainEvery = Laptop.TrainEvery,
            NoiseEnd = Laptop.NoiseEnd,
            Shift = Laptop.Shift,
            LearningStarts = smoke ? 200 : Laptop.LearningStarts,
            BufferSize = Laptop.BufferSize,
            NoiseSteps = Laptop.NoiseSteps,
        };
        return Learn(cell, context, Task, smoke && options is not null ? options with { LearningStarts = 200, PerturbEvery = 60 } : options, plain, smoke ? 400 : Steps, smoke ? 2 : Evaluations);
    });

    private static CellResult Learn(Cell cell, CellContext context, string environment, MentorOptions? options, DrqOptions plain, long total, int evaluations)
    {
        var registry = AllEnvironments.Registry();
        var copies = registry.MakeVector(environment, 1);
        using IAgent agent = options is null ? new DrqV2(copies, plain, cell.Seed) : new MentorAgent(copies, options, cell.Seed);
        var learner = (agent as MentorAgent)?.Learner;
        var (x, returns, dormant, falls) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        var (sum, updates) = (0.0, 0L);
        double? held = null;
        using var silence = new MetricLog();
        while (agent.Steps < total)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (learner is { PerturbsNext: true } && held is null) { held = Return(DropEpisodes, 2_000); }
            var before = learner?.Perturbations ?? 0;
            agent.Advance(silence);
            if (held is { } level && learner?.Perturbations > before) { falls.Add(level - Return(DropEpisodes, 2_000)); }
            if (learner is { PerturbsNext: false }) { held = null; }
            if (learner is not null) { (sum, updates) = (sum + learner.Dormant, updates + 1); }
            if (agent.Steps % (total / evaluations) > 0) { continue; }
            x.Add(agent.Steps);
            returns.Add(Return(Episodes, 1_000));
            dormant.Add(learner?.Dormant ?? double.NaN);
            context.Report((double)agent.Steps / total, $"return {returns[^1]:0.##}");
        }
        var curves = new List<Curve> { new("return", x, returns) };
        if (learner is not null) { curves.Add(new Curve("dormant", x, dormant)); }
        return Result(curves, ("auc", returns.Average() / Normal), ("return", returns[^1]), ("drop", falls.Count > 0 ? falls.Average() : double.NaN),
            ("perturbations", learner?.Perturbations ?? double.NaN), ("dormant", learner is null ? double.NaN : sum / updates));

        double Return(int episodes, ulong offset) =>
            Evaluation.Run(agent.Policy, () => registry.Make(environment), episodes, cell.Seed + offset, cancellation: context.Cancellation).MeanReturn;
    }

    private static CellResult RunSkill(Cell cell, CellContext context)
    {
        const double Kept = 0.6;
        using var regression = new SkillRegression(cell.Seed);
        regression.Train(300);
        var early = regression.Perturb(Kept);
        regression.Train(1_500);
        var trained = regression.Perturb(Kept);
        var (nine, two) = (regression.Perturb(0.9), regression.Perturb(0.2));
        return Result([], ("trained", trained.Trained), ("task-oriented", trained.TaskOriented), ("random", trained.Random),
            ("early-trained", early.Trained), ("early-task-oriented", early.TaskOriented), ("early-random", early.Random)) with
        {
            Notes = new Dictionary<string, string>
            {
                ["errors"] = FormattableString.Invariant(
                    $"trained {trained.Trained:0.0000}; towards snapshots {nine.TaskOriented:0.0000}, {trained.TaskOriented:0.0000}, {two.TaskOriented:0.0000} and towards fresh weights {nine.Random:0.000}, {trained.Random:0.000}, {two.Random:0.000} with 0.9, 0.6, 0.2 of the weights kept"),
            },
        };
    }

    private static Entry Conflicting(string name, string description, bool mixture) => new(new Arm(name, description, ArmKind.Ablation) { Task = Conflict, Seeds = [0, 1, 2, 3, 4] }, (cell, _) =>
        Result([], ("cosine", TaskConflict.Cosine(mixture, cell.Seed, cell.Size == ReproductionSize.Smoke ? 200 : 1_500))));

    private static CellResult Result(IReadOnlyList<Curve> curves, params (string Name, double Value)[] measured)
    {
        var metrics = Measured.ToDictionary(name => name, _ => double.NaN);
        foreach (var (name, value) in measured) { metrics[name] = value; }
        return new CellResult { Metrics = metrics, Curves = curves };
    }
}
