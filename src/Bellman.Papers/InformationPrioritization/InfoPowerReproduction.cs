using Bellman.Algorithms;
using Bellman.Experiments;

namespace Bellman.Papers.InformationPrioritization;

/// <summary>The paper's reproduction: what is run, measured and claimed.</summary>
public sealed class InfoPowerReproduction : Reproduction
{
    private const string Probe = "probe";
    private const string Control = "control";
    private const string Task = "DotCentreDistracted-v0";
    private const int Updates = 900;
    private const int NoiseUpdates = 300;
    private const string EnvironmentSetting = "environment";

    // Ablations and control are reported without a verdict.
    private static readonly ulong[] Fewer = [0, 1, 2];

    private static readonly InfoPowerOptions Laptop = new()
    {
        Target = 0.6,
        Multiplier = 1,
        MultiplierStepSize = 0.1,
        MaximumMultiplier = 50,
        InverseHidden = 64,
    };

    private sealed record Entry(Arm Arm, Func<Cell, CellContext, CellResult> Run);

    private static readonly Entry[] Entries =
    [
        Probed("infopower", "Dual ascent on the weight of empowerment, c0 = 0.6 nats.", ArmKind.Method, new(Laptop)),
        Probed("no-empowerment", "Contrast and forward information alone.", ArmKind.Baseline, new(null)),
        Probed("fixed-1", "Empowerment with a fixed weight of 1.", ArmKind.Ablation, new(Fixed(1))),
        Probed("fixed-5", "Empowerment with a fixed weight of 5.", ArmKind.Ablation, new(Fixed(5))),
        Probed("fixed-20", "Empowerment with a fixed weight of 20.", ArmKind.Ablation, new(Fixed(20))),
        Probed("lower-target", "Dual ascent, c0 = 0.4 nats.", ArmKind.Ablation, new(Laptop with { Target = 0.4 })),
        Probed("infeasible-target", "Dual ascent, c0 = 1.5 nats: more than the actions can be told.", ArmKind.Ablation, new(Laptop with { Target = 1.5 })),
        Probed("inverse-only", "Empowerment without contrast.", ArmKind.Ablation, new(Fixed(5)) { Contrast = false }),
        Probed("leaking", "A posterior that reads the recurrent state, which has seen the action.", ArmKind.Ablation, new(Laptop) { ActionFree = false }),
        Probed("noise", "Observations are noise: there is nothing to be told of actions.", ArmKind.Method, new(Fixed(5)) { NoiseOnly = true }),
        Probed("noise-leaking", "The same with the posterior that reads the recurrent state.", ArmKind.Ablation, new(Fixed(5)) { NoiseOnly = true, ActionFree = false }),
        Controlled("control-infopower", "InfoPower learns to bring the dot to the middle.", ArmKind.Method, Laptop with { Target = 0.4 }, InfoPowerOptions.Dreamer),
        Controlled("control-contrast", "The same without empowerment, a contrastive Dreamer.", ArmKind.Baseline, null, InfoPowerOptions.Dreamer),
        Controlled("control-reconstruction", "Dreamer, which reconstructs what it sees.", ArmKind.Baseline, null, new DreamerOptions()),
    ];

    private sealed record FullArm(Arm Arm, InfoPowerOptions? Options, DreamerOptions Dreamer);

    private static readonly FullArm[] FullArms =
    [
        new(new Arm("full-infopower", "InfoPower with Dreamer's sizes."), new InfoPowerOptions(), InfoPowerOptions.Dreamer),
        new(new Arm("full-contrast", "A contrastive Dreamer.", ArmKind.Baseline), null, InfoPowerOptions.Dreamer),
        new(new Arm("full-reconstruction", "Dreamer.", ArmKind.Baseline), null, new DreamerOptions()),
    ];

    /// <inheritdoc/>
    public override string Slug => "infopower";

    /// <inheritdoc/>
    public override string Title => "INFOrmation Prioritization through EmPOWERment in Visual Model-Based RL";

    /// <inheritdoc/>
    public override string Summary =>
        "A latent model that only has to tell observations apart keeps whatever is brightest. Under the constraint that its latents also tell what was done " +
        "between them, it keeps what the agent controls, and ignores what no action changes.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("position", "R² with which the dot's position is read from the latents of held-out sequences.") { Primary = true, References = [new("all of it", 1)] },
        new("distractor", "R² with which the distractor's position is read.", HigherIsBetter: false),
        new("empowerment", "Lower bound on the information about the action in two latents, on held-out sequences.", "nats", HigherIsBetter: null),
        new("multiplier", "Weight of empowerment at the end, lambda.", HigherIsBetter: null) { Plotted = false },
        new("contrast-loss", "InfoNCE loss, mean of the last 50 updates.", "nats", HigherIsBetter: null),
        new("return", "Return of the greedy policy at the end, mean of 50 episodes of 50 steps."),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
    [
        new("multiplier", "update", "weight of empowerment"),
        new("empowerment", "update", "nats, on training batches") { MovingAverage = 5, References = [new("target 0.6", 0.6)] },
        new("return", "environment steps", "return of the greedy policy"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [.. Entries.Select(entry => entry.Arm with { Seeds = null }).Where(arm => arm.Name is "infopower" or "no-empowerment" or "control-infopower")],
        ReproductionSize.Full => [.. FullArms.Select(full => full.Arm)],
        _ => [.. Entries.Select(entry => entry.Arm)],
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [0],
        ReproductionSize.Full => [0, 1, 2, 3, 4],
        _ => [0, 1, 2, 3, 4],
    };

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke =>
        [
            Claim.Every("After 200 updates the losses are finite", "infopower", "contrast-loss", double.IsFinite, "finite"),
            Claim.AtLeast("The weight of empowerment has risen", "infopower", "multiplier", 1.5, Statistic.Mean),
        ],
        ReproductionSize.Full =>
        [
            Claim.Ratio("InfoPower against a contrastive Dreamer", "full-infopower", "full-contrast", "return", 1.2).ReportOnly(),
            Claim.Ratio("InfoPower against Dreamer", "full-infopower", "full-reconstruction", "return", 1.2).ReportOnly(),
        ],
        _ =>
        [
            Claim.AtMost("Without empowerment the dot is not encoded", "no-empowerment", "position", 0.2, Statistic.Mean),
            Claim.AtLeast("the distractor is", "no-empowerment", "distractor", 0.7, Statistic.Mean),
            Claim.AtLeast("InfoPower encodes the dot", "infopower", "position", 0.8, Statistic.Mean),
            Claim.AtMost("and not the distractor", "infopower", "distractor", 0.3, Statistic.Mean),
            Claim.AtMost("Where observations are noise nothing is found to control", "noise", "empowerment", 0.05, Statistic.Mean),
            Claim.AtMost("A fixed weight of 1 is too small: the dot", "fixed-1", "position", 0.2, Statistic.Mean).ReportOnly(),
            Claim.AtLeast("A fixed weight of 5 is enough: the dot", "fixed-5", "position", 0.8, Statistic.Mean).ReportOnly(),
            Claim.Difference("Contrast is dearer when the latent is spent on the dot", "infopower", "no-empowerment", "contrast-loss", 0.5, Statistic.Mean).ReportOnly(),
            Claim.AtLeast("A target of 1.5 nats cannot be met: lambda climbs to its bound", "infeasible-target", "multiplier", 45, Statistic.Mean).ReportOnly(),
            Claim.AtMost("A leaking posterior does not need the dot", "leaking", "position", 0.8, Statistic.Mean).ReportOnly(),
            Claim.AtLeast("and finds empowerment in noise", "noise-leaking", "empowerment", 3, Statistic.Mean).ReportOnly(),
            Claim.Difference("Control: InfoPower against the same without empowerment", "control-infopower", "control-contrast", "return", 0, Statistic.Mean).ReportOnly(),
            Claim.Difference("Control: InfoPower against Dreamer", "control-infopower", "control-reconstruction", "return", 0, Statistic.Mean).ReportOnly(),
        ],
    };

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context)
    {
        if (cell.Size != ReproductionSize.Full) { return Entries.First(entry => entry.Arm.Name == cell.Arm.Name).Run(cell, context); }
        var full = FullArms.First(full => full.Arm.Name == cell.Arm.Name);
        return Learn(cell, context, Inputs.Settings[EnvironmentSetting], full.Options, full.Dreamer, 1_000_000, 10);
    }

    /// <inheritdoc/>
    public override string? MissingForFull() => Inputs.Settings.Keys.FirstOrDefault(key => key != EnvironmentSetting) is { } unknown
        ? $"'{unknown}' is no setting of it; the one there is is {EnvironmentSetting}."
        : Inputs.Settings.ContainsKey(EnvironmentSetting) ? null
        : "The paper's tasks are those of DeepMind Control from 64 x 64 pixels with natural films behind, which are not part of Bellman. Name an environment with bounded continuous actions, "
            + $"such as --set {EnvironmentSetting}=DotReach-v0?side=64&background=0.5 (moving waves behind the discs) or {EnvironmentSetting}=HalfCheetah-v0?pixels=64x1 (MuJoCo): a million steps, Dreamer's sizes, five seeds.";

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome)
    {
        if (outcome.Plan.Size != ReproductionSize.Default) { return []; }
        var kept = new[] { "no-empowerment", "fixed-1", "fixed-5", "infopower" }.SelectMany(arm => new[] { ("position", "dot"), ("distractor", "distractor") }.Select(pair =>
        {
            var summary = outcome.Summary(arm, pair.Item1);
            return new PlotBar($"{arm}: {pair.Item2}", summary.InterquartileMean, summary.Interval, summary.Values);
        })).ToList();
        return
        [
            new NamedFigure("latents", "What can be read from latents of two numbers, with and without empowerment", Plots.Bars("What a latent of two numbers keeps", "R² on held-out sequences", kept)),
            Lines(outcome, "multiplier", "The weight of empowerment rises until its target is met, and is released", "update", "weight of empowerment", ["infopower", "lower-target", "infeasible-target"]),
            Lines(outcome, "return", "Return while learning in imagination", "environment steps", "return of 50 steps", ["control-infopower", "control-contrast", "control-reconstruction"]),
        ];
    }

    private static NamedFigure Lines(ReproductionOutcome outcome, string curve, string title, string x, string y, string[] arms) => new(curve, title, Plots.Lines(title, x, y,
    [
        .. arms.Select(name => LearningCurves.Summarise(name, [.. outcome.RecordsOf(outcome.Plan.Arms.First(arm => arm.Name == name))
            .SelectMany(record => record.Result.Curves).Where(found => found.Name == curve)], statistic: Statistic.Mean)),
    ]));

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "*position* and *distractor* are R² of least squares on (z, z², 1) of held-out sequences, the mean of both coordinates. *empowerment* is a lower bound and may be negative. " +
        "The arms `control-...` learn in imagination with 4,000 environment steps; the greedy policy is measured.";

    private static InfoPowerOptions Fixed(double weight) => Laptop with { Multiplier = weight, MultiplierStepSize = 0 };

    private static Entry Probed(string name, string description, ArmKind kind, InfoVecSetting setting) => new(new Arm(name, description, kind) { Task = Probe, Seeds = kind == ArmKind.Ablation ? Fewer : null }, (cell, context) =>
    {
        using var task = new InfoVec(setting, cell.Seed);
        var updates = cell.Size == ReproductionSize.Smoke ? 200 : setting.NoiseOnly ? NoiseUpdates : Updates;
        var log = new LastMetrics();
        var (x, multipliers, bounds, contrast) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var update = 1; update <= updates; update++)
        {
            task.Update(log);
            if (update > updates - 50) { contrast.Add(log["model/contrast"]); }
            if (update % 10 > 0) { continue; }
            x.Add(update);
            multipliers.Add(task.Multiplier);
            bounds.Add(log["infopower/empowerment"]);
            context.Report((double)update / updates, $"lambda {task.Multiplier:0.#}");
        }
        var (position, distractor) = task.Probe();
        var curves = new List<Curve>();
        if (setting.Options is not null && !setting.NoiseOnly) { curves.AddRange([new Curve("multiplier", x, multipliers), new Curve("empowerment", x, bounds)]); }
        return Result(curves, ("position", position), ("distractor", distractor), ("empowerment", task.HeldOutBound()), ("multiplier", setting.Options is null ? double.NaN : task.Multiplier), ("contrast-loss", contrast.Average()));
    });

    private static Entry Controlled(string name, string description, ArmKind kind, InfoPowerOptions? options, DreamerOptions dreamer) => new(new Arm(name, description, kind) { Task = Control, Seeds = Fewer }, (cell, context) =>
    {
        var laptop = dreamer with
        {
            Deterministic = 32,
            Stochastic = 4,
            Hidden = 64,
            EncoderHidden = [64],
            Embedding = 32,
            KlWeight = 0.1,
            FreeNats = 0,
            BatchSize = 16,
            SequenceLength = 10,
            ModelLearningRate = 3e-3,
            ActorLearningRate = 1e-3,
            ValueLearningRate = 1e-3,
            Horizon = 8,
            LearningStarts = 500,
            BufferSize = 20_000,
            TargetMomentum = 0,
        };
        return Learn(cell, context, Task, options, laptop, cell.Size == ReproductionSize.Smoke ? 600 : 4_000, 50);
    });

    private static CellResult Learn(Cell cell, CellContext context, string environment, InfoPowerOptions? options, DreamerOptions dreamer, long total, int episodes)
    {
        var registry = AllEnvironments.Registry();
        var copies = registry.MakeVector(environment, 1);
        using var agent = options is null ? new Dreamer(copies, dreamer, cell.Seed) : InfoPower.Create(copies, dreamer, options, cell.Seed, total);
        var (x, returns) = (new List<double>(), new List<double>());
        using var silence = new Runs.MetricLog();
        var every = total / 10;
        while (agent.Steps < total)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            agent.Advance(silence);
            if (agent.Steps % every > 0) { continue; }
            x.Add(agent.Steps);
            returns.Add(Evaluation.Run(agent.Policy, () => registry.Make(environment), agent.Steps < total ? 10 : episodes, cell.Seed + 1000, cancellation: context.Cancellation).MeanReturn);
            context.Report((double)agent.Steps / total, $"return {returns[^1]:0.##}");
        }
        return Result([new Curve("return", x, returns)], ("return", returns[^1]));
    }

    private static CellResult Result(IReadOnlyList<Curve> curves, params (string Name, double Value)[] measured)
    {
        var metrics = new Dictionary<string, double>();
        foreach (var name in new[] { "position", "distractor", "empowerment", "multiplier", "contrast-loss", "return" }) { metrics[name] = double.NaN; }
        foreach (var (name, value) in measured) { metrics[name] = value; }
        return new CellResult { Metrics = metrics, Curves = curves };
    }

    /// <summary>Keeps what was measured last under each name.</summary>
    private sealed class LastMetrics : IMetricSink
    {
        private readonly Dictionary<string, double> values = [];

        public double this[string name] => values.GetValueOrDefault(name, double.NaN);

        public void Add(string name, double value) => values[name] = value;

        public void Episode(double episodeReturn, int length) { }
    }
}
