using Bellman.Experiments;

namespace Bellman.Papers.Foundations;

/// <summary>
/// The standard algorithms on the standard tasks: each must solve its task on nearly every seed. What the papers are
/// compared with has to work first.
/// </summary>
public sealed class FoundationsReproduction : Reproduction
{
    private const int ReportEpisodes = 100;

    /// <inheritdoc/>
    public override string Slug => "foundations";

    /// <inheritdoc/>
    public override string Title => "The standard algorithms on the standard tasks";

    /// <inheritdoc/>
    public override string Summary =>
        "Each algorithm solves its task within its steps on nearly every seed, and the plain variant beside it does not where the task was made to tell them apart. " +
        "The policy that counts is the one that was best on selection episodes, 20 or (Pendulum) 100 at a time; its mean return is measured over 100 other episodes.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("score", "return of the selected policy, rescaled so that 0 is a random policy and 1 solves the task", "", true) { Primary = true, References = [new("solved", 1)] },
        new("return", "mean return of the selected policy over 100 episodes", "", true) { Plotted = false },
        new("last-return", "mean return of the last policy over the same episodes", "", true) { Plotted = false },
        new("steps-to-solve", "environment steps until a selection first solved the task", "steps", false) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
        [.. FoundationsArms.All.Select(arm => arm.Task).Distinct().Select(task => new CurveDefinition(task.Name, "environment steps", $"mean return of {task.SelectionEpisodes} episodes of {task.Environment}")
        {
            References = [new("solved", task.Solved)],
        })];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) =>
        [.. FoundationsArms.All.Select(arm => new Arm(arm.Name, arm.Description, arm.Kind) { Task = arm.Task.Name })];

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Smoke ? [0] : [0, 1, 2, 3, 4];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size == ReproductionSize.Smoke
        ? [Claim.AtLeast("PPO learns", "ppo", "return", 100, Statistic.Mean)]
        : [.. FoundationsArms.All.Select(Claimed)];

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context)
    {
        var arm = FoundationsArms.Find(cell.Arm.Name);
        var total = cell.Size == ReproductionSize.Smoke ? arm.SmokeSteps : arm.Steps;
        var training = new FoundationsTraining(arm, total, cell.Size == ReproductionSize.Smoke ? 2 : arm.Selections, cell.Seed, context);
        return training.Run(ReportEpisodes);
    }

    private static Claim Claimed(FoundationsArm arm)
    {
        var (solved, environment) = (arm.Task.Solved, arm.Task.Environment);
        return arm.Requirement == FoundationsRequirement.FailsToSolve
            ? Claim.Every($"{arm.Name} does not solve {environment}", arm.Name, "return", value => value < solved, $"return < {solved}", arm.Share)
            : Optional(Claim.Every($"{arm.Name} solves {environment} within {arm.Steps:N0} steps", arm.Name, "return", value => value >= solved, $"return >= {solved}", arm.Share), arm);
    }

    private static Claim Optional(Claim claim, FoundationsArm arm) => arm.Requirement == FoundationsRequirement.Reported ? claim.ReportOnly() : claim;
}
