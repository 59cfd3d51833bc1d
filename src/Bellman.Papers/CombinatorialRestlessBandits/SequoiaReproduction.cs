using Bellman.Experiments;

namespace Bellman.Papers.CombinatorialRestlessBandits;

/// <summary>The paper's reproduction: what is run, measured and claimed. <see cref="SequoiaArms"/> says what the arms are.</summary>
public sealed class SequoiaReproduction : Reproduction
{
    /// <inheritdoc/>
    public override string Slug => "sequoia";

    /// <inheritdoc/>
    public override string Title => "Reinforcement learning with combinatorial actions for coupled restless bandits";

    /// <inheritdoc/>
    public override string Summary =>
        "With its Q-network embedded into a mixed-integer program, Q-learning finds the best feasible joint action of arms that constraints couple, and plans " +
        "where looking one step ahead pulls the wrong arms: those that pay at once and little.";

    /// <inheritdoc/>
    public override IReadOnlyList<MetricDefinition> Metrics { get; } =
    [
        new("reward", "Mean expected reward a step over 100 episodes, the same beginnings and chances for every policy; a seed is an instance.") { Primary = true, Plotted = false },
        new("solve-ms", "Mean time of a program, setting it up included.", "ms", HigherIsBetter: false) { Plotted = false },
        new("solves", "Programs solved in training and evaluation.", "programs", HigherIsBetter: null) { Plotted = false },
        new("time-outs", "Programs that ran out of time; the best action so far was taken, or a random feasible one.", "programs", HigherIsBetter: false) { Plotted = false },
        new("milp-error", "Largest difference between a program's and the best listed value, in relation to 1 + |value|.", "", HigherIsBetter: false) { Plotted = false },
        new("rows", "Constraints of the program.", "rows", HigherIsBetter: null) { Plotted = false },
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<CurveDefinition> Curves { get; } =
        [.. new[] { "capacity-6", "capacity-8", "schedule-10", "path-10", "interventions-12" }.Select(task => new CurveDefinition($"reward on {task}", "episode", "mean expected reward a step") { MovingAverage = 5 })];

    /// <inheritdoc/>
    public override IReadOnlyList<Arm> Arms(ReproductionSize size) => SequoiaArms.Arms(size);

    /// <inheritdoc/>
    public override IReadOnlyList<ulong> Seeds(ReproductionSize size) => size == ReproductionSize.Smoke ? [0] : [0, 1, 2, 3, 4];

    /// <inheritdoc/>
    public override IReadOnlyList<Claim> Claims(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [Claim.Ratio("After 15 episodes SEQUOIA earns more than one-step planning", "capacity-6", "capacity-6-myopic", "reward", 1.3, Statistic.Mean)],
        ReproductionSize.Full => [Claim.Ratio("The London Underground: SEQUOIA against one-step planning", "tube-20", "tube-20-myopic", "reward", 1, Statistic.Mean).ReportOnly()],
        _ =>
        [
            Claim.Ratio("6 arms: SEQUOIA is near the exact optimum", "capacity-6", "capacity-6-optimum", "reward", 0.93, Statistic.Mean),
            Claim.Ratio("8 arms: it earns more than one-step planning", "capacity-8", "capacity-8-myopic", "reward", 1.4, Statistic.Mean),
            Claim.Combined("8 arms: and more than the better of sampling and one-step planning",
                [new("capacity-8", "reward"), new("capacity-8-sampling", "reward"), new("capacity-8-myopic", "reward")], v => v[0] / Math.Max(v[1], v[2]), 1.2, Statistic.Mean),
            Claim.Difference("8 arms: no less than DQN with greedy actions", "capacity-8", "capacity-8-iterative-dqn", "reward", 0, Statistic.Mean),
            Claim.Difference("8 arms, 40 instances: a target that stays myopic is no better", "capacity-8-listed", "capacity-8-frozen-listed", "reward", 0, Statistic.Mean),
            Claim.AtMost("Programs find what listing finds", "oracle", "milp-error", 1e-4, Statistic.Mean),
            Claim.Ratio("Schedules: SEQUOIA earns more than one-step planning", "schedule-10", "schedule-10-myopic", "reward", 1.3, Statistic.Mean),
            Claim.Ratio("Walks: SEQUOIA earns more than one-step planning", "path-10", "path-10-myopic", "reward", 1.3, Statistic.Mean),
            Claim.Ratio("Interventions: it is not worse than one-step planning", "interventions-12", "interventions-12-myopic", "reward", 0.97, Statistic.Mean),
            Claim.Ratio("8 arms: SEQUOIA as a share of the exact optimum", "capacity-8", "capacity-8-optimum", "reward", 0.93, Statistic.Mean).ReportOnly(),
            Claim.Difference("8 arms: the released settings against the default", "capacity-8", "capacity-8-official", "reward", 0, Statistic.Mean).ReportOnly(),
            Claim.Ratio("8 arms: Q-learning adds to the pre-trained network", "capacity-8", "capacity-8-pretrained", "reward", 1, Statistic.Mean).ReportOnly(),
            Claim.AtMost("Constants of 100,000 in place of intervals: error of a program", "oracle-big-m", "milp-error", 1e-4, Statistic.Mean).ReportOnly(),
            Claim.AtMost("6 arms: programs that ran out of time", "capacity-6", "time-outs", 0, Statistic.Mean).ReportOnly(),
        ],
    };

    /// <inheritdoc/>
    public override CellResult RunCell(Cell cell, CellContext context) => SequoiaArms.Run(cell, context);

    /// <inheritdoc/>
    public override string? MissingForFull() => SequoiaArms.TubeIsThere ? null
        : $"The walks of the full size are on the London Underground: set {SequoiaArms.TubeVariable} to the folder that holds london_stations.csv (id, latitude, longitude, name, ...) and london_connections.csv (station1, station2, line, time).";

    /// <inheritdoc/>
    public override IReadOnlyList<NamedFigure> Figures(ReproductionOutcome outcome)
    {
        var arms = outcome.Plan.Arms.Select(arm => arm.Name).ToHashSet();
        var figures = new List<NamedFigure>();
        foreach (var task in new[] { "capacity-6", "capacity-8" })
        {
            if (!arms.Contains($"{task}-optimum") || !outcome.IsComplete) { continue; }
            var optimum = Statistics.Mean([.. outcome.Summary($"{task}-optimum", "reward").Values]);
            // Those with instances of their own (40) cannot be held against the optimum of the others.
            var bars = outcome.Plan.Arms.Where(arm => arm.Task == task && arm.Seeds is null && !arm.Name.EndsWith("-optimum", StringComparison.Ordinal))
                .Select(arm => outcome.Summary(arm.Name, "reward")).Select(summary => new PlotBar(summary.Arm.Name, summary.InterquartileMean, summary.Interval, summary.Values)).ToList();
            figures.Add(new NamedFigure(task, $"Reward a step of each method on {task}, with the exact optimum", Plots.Bars($"Reward a step on {task}", "mean expected reward a step, higher is better", bars, [new ReferenceLine("exact optimum, mean over instances", optimum)])));
        }
        if (!arms.Contains(SequoiaArms.TimingName(SequoiaArms.Timed[0], SequoiaArms.Sizes[^1]))) { return figures; }
        var byArms = SequoiaArms.Timed.Select(family => outcome.Scaling(family.ToString().ToLowerInvariant(), "solve-ms", SequoiaArms.Sizes.Select(size => ((double)size, SequoiaArms.TimingName(family, size))), Statistic.Mean)).ToList();
        figures.Add(new NamedFigure("solve-time-arms", "Time of a program against the number of arms", Plots.Lines("Time of a program against arms (hidden 8-8, gap 2%, limit 2 s)", "arms", "ms a program", byArms, logarithmic: LogarithmicAxes.Y)));
        var byRows = SequoiaArms.Timed.Select(family =>
        {
            var points = SequoiaArms.Sizes.Select(size => SequoiaArms.TimingName(family, size))
                .Select(name => (Rows: outcome.Summary(name, "rows").Values, Times: outcome.Summary(name, "solve-ms").Values)).Where(pair => pair.Rows.Count > 0)
                .Select(pair => (Rows: Statistics.Mean([.. pair.Rows]), Times: Statistics.Mean([.. pair.Times]))).OrderBy(pair => pair.Rows).ToList();
            return new PlotSeries(family.ToString().ToLowerInvariant(), [.. points.Select(point => point.Rows)], [.. points.Select(point => point.Times)]) { Style = SeriesStyle.MarkedLine };
        }).ToList();
        figures.Add(new NamedFigure("solve-time-rows", "Time of a program against its constraints", Plots.Lines("Time of a program against its constraints", "constraints", "ms a program", byRows, logarithmic: LogarithmicAxes.Y)));
        return figures;
    }

    /// <inheritdoc/>
    public override string Remarks(ReproductionOutcome outcome) =>
        "The optimum is that of the horizon, undiscounted, by dynamic programming over all joint states; it is an expectation, the other columns are means of 100 " +
        "episodes, so a surplus of up to 2% is chance. `capacity-6` and `capacity-8` train and act by mixed-integer programs, the other families list. " +
        "Every action is checked against the constraints, and a program without an answer would be counted in *time-outs*. Times of programs are this machine's.";
}
