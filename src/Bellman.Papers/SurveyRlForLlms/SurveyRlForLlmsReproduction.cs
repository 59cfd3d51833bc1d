using System.Diagnostics;
using Bellman.Experiments;

namespace Bellman.Papers.SurveyRlForLlms;

/// <summary>The bake-off: every technique family that the survey names, in one harness, on two laptop-scale tasks.</summary>
public sealed class SurveyRlForLlmsReproduction : Reproduction
{
    private const string TransformerPrefix = "transformer-";
    private const string WellTaughtPrefix = "well-taught-";

    // As many as give the taught model the specification's accuracy of about a quarter; see README.md.
    private const int Demonstrations = 4;
    private const int ManyDemonstrations = 64;

    private static readonly (string Name, string Description, Action<TransformerRun> Run)[] Taught =
    [
        ("sft", "The transformer taught by the demonstrators.", _ => { }),
        ("grpo", "GRPO, 100 steps.", run => run.Online("grpo")),
        ("dapo", "DAPO, 100 steps.", run => run.Online("dapo")),
        ("drgrpo", "Dr. GRPO, 100 steps.", run => run.Online("drgrpo")),
        ("prm", "Process rewards, 100 steps.", run => run.Online("prm", process: true)),
        ("rft", "Imitates right samples.", run => run.Imitate()),
        ("dpo-nll", "DPO with imitation of the chosen response.", run => run.Preferences("pref.rpo", 5e-4, share: 2)),
        ("kto", "KTO.", run => run.Preferences("pref.kto")),
        ("simpo", "SimPO.", run => run.Preferences("pref.simpo")),
        ("dpo", "DPO.", run => run.Preferences("pref.dpo")),
    ];

    private static readonly (string Name, string Description, Action<TransformerRun> Run)[] Transformers =
    [
        .. Taught,
        .. Taught.Where(arm => arm.Name is "sft" or "rft" or "dpo-nll" or "dpo").Select(arm => arm with { Name = WellTaughtPrefix + arm.Name, Description = $"{arm.Description} Taught with 64 demonstrations of each prompt in place of 4." }),
    ];

    /// <inheritdoc/>
    public override string Slug => "survey-rl-for-llms";

    /// <inheritdoc/>
    public override string Title => "A Technical Survey of Reinforcement Learning Techniques for Large Language Models";

    /// <inheritdoc/>
    public override string Summary =>
        "Every technique family of the survey's taxonomy runs in one harness, and comparing them reproduces the orderings that the literature reports. The exact part trains a table of logits " +
        "on a task small enough to enumerate, so accuracy, divergence and the optimum are exact; the transformer part repeats the main comparisons on held-out prompts.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics => BakeOffResult.Metrics;

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
    [
        new("accuracy against KL", "divergence from the reference, nats", "accuracy"),
        new("accuracy against tokens", "tokens drawn for training", "accuracy"),
        new("accuracy against KL, transformer", "divergence from the taught model, nats", "accuracy on held-out prompts"),
        new("accuracy against tokens, transformer", "tokens drawn for training", "accuracy on held-out prompts"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) =>
    [
        .. TabularArms.All.Where(arm => size != ReproductionSize.Smoke || arm.Drawn).Select(arm => size == ReproductionSize.Smoke ? arm.Arm with { Seeds = [0] } : arm.Arm),
        .. Transformers.Where(arm => size != ReproductionSize.Smoke || arm.Name is "sft" or "grpo" or "dpo")
            .Select(arm => new Arm(TransformerPrefix + arm.Name, arm.Description, KindOf(arm.Name)) { Seeds = size == ReproductionSize.Smoke || IsWellTaught(arm.Name) ? null : SeedsOfTransformers }),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Smoke ? [0] : [0, 1, 2];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size == ReproductionSize.Smoke
        ? [Claim.AtLeast("GRPO learns on the table", "grpo", "accuracy", 0.45, Statistic.Mean), Claim.AtLeast("DPO learns on the table", "dpo", "accuracy", 0.45, Statistic.Mean)]
        : BakeOffClaims.All;

    /// <inheritdoc/>
    public override string? MissingForFull() =>
        "The paper's scale needs a model folder of 7 to 8 billion parameters (Llama or Qwen2 layout), UltraFeedback-binarized and GSM8K beside it, and GPUs with 8 x 80 GB (or one with LoRA).";

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context)
    {
        // Cells share torch, which is used by one thread at a time.
        using var turn = TorchTurn.Take();
        var clock = Stopwatch.StartNew();
        var result = cell.Arm.Name.StartsWith(TransformerPrefix, StringComparison.Ordinal)
            ? RunTransformer(cell, context)
            : RunTable(cell, context);
        return result.ToCell(clock.Elapsed.TotalSeconds);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome) => BakeOffFigures.All(outcome, TransformerPrefix);

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "Arms without a prefix are exact: a table of logits for RunSum modulo 5, measured by enumerating all 1,555 responses to all 125 prompts. `optimum-kl` is the divergence from the policy that " +
        "maximises proxy reward minus 0.3 KL; it means something for the arms named optimum-*, dpo-soft-labels, rebel-scores and dpo-hard-labels. Arms named transformer-* are measured on 200 held-out prompts, " +
        "32 responses each. Thresholds are those of a reference prototype of the same tasks; the survey reports no numbers of its own.";

    // Lessons of four demonstrations differ more from seed to seed.
    private static IReadOnlyList<ulong> SeedsOfTransformers { get; } = [0, 1, 2, 3, 4, 5, 6];

    private static bool IsWellTaught(string name) => name.StartsWith(WellTaughtPrefix, StringComparison.Ordinal);

    private static ArmKind KindOf(string name) => IsWellTaught(name) ? ArmKind.Ablation : name == "sft" ? ArmKind.Baseline : ArmKind.Method;

    private static BakeOffResult RunTable(Cell cell, CellContext context)
    {
        var arm = TabularArms.Find(cell.Arm.Name);
        using var run = new TabularRun(context, cell.Size == ReproductionSize.Smoke ? 0.1 : 1);
        arm.Run(run);
        return run.Measure(arm.Drawn);
    }

    private static BakeOffResult RunTransformer(Cell cell, CellContext context)
    {
        var arm = Transformers.Single(arm => TransformerPrefix + arm.Name == cell.Arm.Name);
        var demonstrations = IsWellTaught(arm.Name) ? ManyDemonstrations : Demonstrations;
        var scale = cell.Size == ReproductionSize.Smoke ? new TransformerScale(20, 64, demonstrations, 3, 4, 2) : new TransformerScale(2400, 256, demonstrations, 100, 200, 32);
        using var run = new TransformerRun(context, cell.Seed, scale);
        arm.Run(run);
        return run.Measure();
    }
}
