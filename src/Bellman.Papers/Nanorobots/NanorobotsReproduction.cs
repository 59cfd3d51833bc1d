using Bellman.Experiments;

namespace Bellman.Papers.Nanorobots;

/// <summary>The paper's reproduction: what is run, measured and claimed. <see cref="NanorobotsCells"/> runs it.</summary>
public sealed class NanorobotsReproduction : Reproduction
{
    /// <inheritdoc/>
    public override string Slug => "nanorobots";

    /// <inheritdoc/>
    public override string Title =>
        "Simulation of Nanorobots with Artificial Intelligence and Reinforcement Learning for Advanced Cancer Cell Detection and Tracking";

    /// <inheritdoc/>
    public override string Summary =>
        "A robot that senses biomarker concentration finds and tracks a randomly moving cell among obstacles in three dimensions, with Q-learning " +
        "choosing its movement strategy. In the published program the table cannot learn that choice, and the movement rules find the cell; in the " +
        "corrected mode reward and transitions depend on the action, and the learned table decides.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("success", "Share of episodes in which the cell was captured before the horizon; of a swarm: share of the cells reached.") { Primary = true },
        new("steps", "Mean steps of an episode, a failure counting the whole horizon.", "steps", HigherIsBetter: false),
        new("median-steps", "Median steps of the successful episodes.", "steps", HigherIsBetter: false),
        new("final-distance", "Mean distance to the (nearest) cell at the end.", "length units", HigherIsBetter: false),
        new("mean-distance", "Mean distance to the cell over the steps of an episode.", "length units", HigherIsBetter: false),
        new("mean-concentration", "Mean concentration at the robot over the steps of an episode."),
        new("collisions", "Mean number of moves an episode that an obstacle cancelled.", "moves", HigherIsBetter: false),
        // The two states that decide the task.
        new("far-choice", "1 where the greedy action while far and clear is toward the biomarkers, else 0."),
        new("near-choice", "1 where the greedy action while near and clear is toward the cell, else 0."),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
    [
        new("episode length", "training episode", "steps") { MovingAverage = 5 },
        new("mean reward", "training episode", "reward a step") { MovingAverage = 5 },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => NanorobotsCells.Arms;

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [0],
        ReproductionSize.Full => Arm.FirstSeeds(30),
        _ => [0, 1, 2, 3, 4, 5],
    };

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size == ReproductionSize.Smoke
        ? [Claim.AtLeast("After 10 training episodes the robot finds the cell", "q-learning", "success", 0.8, Statistic.Mean)]
        :
        [
            Claim.AtLeast("Q-learning finds the cell within 1000 steps", "q-learning", "success", 0.95, Statistic.Mean),
            Claim.AtMost("It takes few steps (median of successes)", "q-learning", "median-steps", 300, Statistic.Mean),
            Claim.Ratio("Random macro-actions take several times the steps", "random", "q-learning", "steps", 2.5, Statistic.Mean),
            Claim.AtMost("Following biomarkers alone seldom succeeds", "biomarker-only", "success", 0.35, Statistic.Mean),
            Claim.AtMost("Heading for the cell alone does not succeed", "cell-only", "success", 0.05, Statistic.Mean),
            Claim.Every("Far and clear, the table learned: toward biomarker", "q-learning", "far-choice", choice => choice == 1, "= 1"),
            Claim.Every("Near and clear, the table learned: toward cell", "q-learning", "near-choice", choice => choice == 1, "= 1"),
            Claim.Difference("Q-learning is no worse than the map a person would write", "q-learning", "hand-map", "success", -0.02, Statistic.Mean),
            Claim.AtLeast("Published mode: the cell is found", "published", "success", 0.9, Statistic.Mean),
            Claim.AtLeast("Published mode: median steps, lower bound", "published", "median-steps", 200, Statistic.Mean),
            Claim.AtMost("Published mode: median steps, upper bound", "published", "median-steps", 270, Statistic.Mean),
            Claim.Difference("Published mode: random actions in place of the table find the cell as often", "published-random", "published", "success", -0.02, Statistic.Mean),
            Claim.Difference("Nor than that map with the same share of random actions", "q-learning", "hand-map-wandering", "success", -0.02, Statistic.Mean).ReportOnly(),
            Claim.Difference("Clipping the shaping reward matters", "q-learning", "no-clipping", "success", 0, Statistic.Mean).ReportOnly(),
            Claim.Ratio("Obstacles cost steps", "q-learning", "no-obstacles", "steps", 1, Statistic.Mean).ReportOnly(),
            Claim.AtLeast("Without any particle's position, by concentration differences alone", "gradient", "success", 0.95, Statistic.Mean).ReportOnly(),
            Claim.AtLeast("Published swarm: cells reached by some robot", "swarm-published", "success", 1, Statistic.Mean).ReportOnly(),
            Claim.AtLeast("Competing robots with one shared table: cells captured", "swarm-shared", "success", 1, Statistic.Mean).ReportOnly(),
            Claim.AtLeast("Competing robots with a table each: cells captured", "swarm-separate", "success", 1, Statistic.Mean).ReportOnly(),
        ];

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context) => NanorobotsCells.Run(cell, context);

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "**The published mode is no evidence for reinforcement learning.** While the robot is far, its program rewards both actions alike (the concentration " +
        "before the move) and the next state is always the same; while it is near, the chosen action is not used. The table therefore cannot learn the choice: " +
        "the arm `published-random`, which ignores it, finds the cell as often. What finds the cell are the hand-written movement rules. In the corrected mode " +
        "(arm `q-learning`) the choice matters, as the fixed and random policies beside it show. What it learns is the map a person would write: given the same " +
        "share of random actions, that map (`hand-map-wandering`) does as well.\n\n" +
        "Units are arbitrary and nothing here is a physiological or medical statement. Success means capture before the horizon; an episode that ends by the " +
        "horizon is a failure of 1000 steps. The paper reports no number to compare with; thresholds come from a reference prototype of the same task.\n\n" +
        "Beside each cell of `q-learning` lie `heatmap.png` (the field in the three coordinate planes with one robot's path), `trace.csv` (that episode step by " +
        "step) and, in the cell's notes, the learned table.";
}
