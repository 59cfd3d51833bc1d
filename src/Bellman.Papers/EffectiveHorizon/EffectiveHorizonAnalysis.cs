using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.EffectiveHorizon;

/// <summary>Options of <see cref="EffectiveHorizonAnalysis"/>.</summary>
public sealed record EffectiveHorizonOptions
{
    /// <summary>Largest planning depth examined.</summary>
    [Description("Largest planning depth k examined; deeper ones cost time and are rarely needed.")]
    [Range(1, 1000)]
    public int MaximumDepth { get; init; } = 6;

    /// <summary>Values within this of the highest count as tied.</summary>
    [Description("Values within this of the highest count as tied. 0 compares exactly, as the published analysis does, and lets rounding split ties; 1e-9 is safer.")]
    [Range(0.0, 1.0)]
    public double TieTolerance { get; init; }

    /// <summary>Discount of the values that are acted on.</summary>
    [Description("Discount of Q^k. A learner that discounts acts on discounted values; what its actions are worth is still counted in full.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Gamma { get; init; } = 1;

    /// <summary>How far below the optimum an action still counts as optimal.</summary>
    [Description("How far an action's optimal value may lie below the best and still count as optimal.")]
    [Range(0.0, 1.0)]
    public double OptimalityTolerance { get; init; } = 1e-4;
}

/// <summary>How hard a process is for planning on top of random play.</summary>
/// <param name="Optimal">Highest expected return.</param>
/// <param name="Random">Expected return of uniform play.</param>
/// <param name="Worst">Lowest expected return.</param>
/// <param name="StateCount">Reachable states (cell, action executed last); the start counts once for every action, as in the published analysis.</param>
/// <param name="GreedyReturns">Of depth k = 1, 2, ...: the return of the worst policy that is greedy for Q^k.</param>
/// <param name="MinimumDepth">Smallest k for which every greedy policy is optimal (min_k); null when none examined is.</param>
/// <param name="PlanningWindow">The same starting from immediate rewards instead of random play (epw); null when no depth up to the horizon is.</param>
/// <param name="Gaps">Of each depth: Delta_k, the smallest difference between best and second-best value over all reachable states.</param>
/// <param name="EffectiveHorizon">min over solvable k of k + log_A(1 / Delta_k^2); infinite when no examined depth is.</param>
public sealed record EffectiveHorizonReport(double Optimal, double Random, double Worst, int StateCount, IReadOnlyList<double> GreedyReturns,
    int? MinimumDepth, int? PlanningWindow, IReadOnlyList<double> Gaps, double EffectiveHorizon);

/// <summary>
/// Grades a process exactly, before any training (Laidlaw et al. 2023, section 4): how many Bellman-optimality steps on the
/// random policy's values make greedy action optimal, and the stochastic effective horizon that bounds SQIRL's sample complexity.
/// Returns are undiscounted; the values acted on are too, unless <see cref="EffectiveHorizonOptions.Gamma"/> says otherwise.
/// </summary>
public static class EffectiveHorizonAnalysis
{
    /// <summary>Analyses a process.</summary>
    /// <param name="model">The process with its horizon and stickiness.</param>
    /// <param name="options">How deep and how exact; null for the defaults.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public static EffectiveHorizonReport Analyse(StickyModel model, EffectiveHorizonOptions? options = null)
    {
        options = OptionSet.Validated(options ?? new EffectiveHorizonOptions(), "effective horizon");
        var optimal = Induct(model, Maximum);
        var random = Induct(model, Mean);
        var depths = new List<double[][]> { options.Gamma == 1 ? random : Induct(model, Mean, options.Gamma) };
        // Q^{i+1}_t(s,a) = E[ r + gamma max_a' Q^i_{t+1}(s',a') ]
        while (depths.Count < options.MaximumDepth) { depths.Add(Deepen(model, depths[^1], options.Gamma)); }
        var solvable = depths.ConvertAll(values => IsOptimal(model, values, optimal, options));
        double[] gaps = [.. depths.Select(values => Gap(model, values))];
        var minimum = solvable.IndexOf(true);
        return new EffectiveHorizonReport(
            Start(model, optimal[0], Maximum),
            Start(model, random[0], Mean),
            Start(model, Induct(model, Minimum)[0], Minimum),
            model.States.Count - 1 + model.Actions,
            [.. depths.Select(values => GreedyReturn(model, values, options.TieTolerance))],
            minimum < 0 ? null : minimum + 1,
            PlanningWindow(model, optimal, options),
            gaps,
            Enumerable.Range(0, depths.Count).Where(i => solvable[i]).Select(i => i + 1 + Math.Log(1 / (gaps[i] * gaps[i]), Math.Max(2, model.Actions)))
                .DefaultIfEmpty(double.PositiveInfinity).Min());
    }

    /// <summary>Q of a policy that takes <paramref name="valueOf"/> the actions' values in every state, for each step.</summary>
    private static double[][] Induct(StickyModel model, ValueOf valueOf, double gamma = 1)
    {
        var values = new double[model.Horizon][];
        double[]? following = null;
        for (var time = model.Horizon - 1; time >= 0; time--)
        {
            values[time] = model.Backup(following);
            following = States(model, values[time], valueOf, gamma);
        }
        return values;
    }

    private static double[][] Deepen(StickyModel model, double[][] values, double gamma) =>
        [.. Enumerable.Range(0, model.Horizon).Select(time => model.Backup(time + 1 < model.Horizon ? States(model, values[time + 1], Maximum, gamma) : null))];

    /// <summary>Whether every action that is greedy for <paramref name="values"/> is optimal wherever such actions lead.</summary>
    private static bool IsOptimal(StickyModel model, double[][] values, double[][] optimal, EffectiveHorizonOptions options)
    {
        foreach (var (time, states) in model.Reachable((time, state) => Greedy(Row(model, values[time], state), options.TieTolerance)))
        {
            foreach (var state in states)
            {
                var best = Maximum(Row(model, optimal[time], state));
                foreach (var action in Greedy(Row(model, values[time], state), options.TieTolerance))
                {
                    if (optimal[time][state * model.Actions + action] < best - options.OptimalityTolerance) { return false; }
                }
            }
        }
        return true;
    }

    /// <summary>Backward, the return of the worst choice among the greedy ones in every state.</summary>
    private static double GreedyReturn(StickyModel model, double[][] values, double tolerance)
    {
        double[]? following = null;
        for (var time = model.Horizon - 1; time >= 0; time--)
        {
            var returns = model.Backup(following);
            following = new double[model.States.Count];
            for (var state = 0; state < following.Length; state++)
            {
                following[state] = Greedy(Row(model, values[time], state), tolerance).Min(action => returns[state * model.Actions + action]);
            }
        }
        return following?[0] ?? 0;
    }

    private static int? PlanningWindow(StickyModel model, double[][] optimal, EffectiveHorizonOptions options)
    {
        var immediate = model.Backup(null);
        double[][] values = [.. Enumerable.Repeat(immediate, model.Horizon)];
        for (var depth = 1; depth <= model.Horizon; depth++)
        {
            if (IsOptimal(model, values, optimal, options)) { return depth; }
            values = Deepen(model, values, options.Gamma);
        }
        return null;
    }

    /// <summary>Delta_k: the least difference between the best value and the best of the other actions; rounding (1e-12) is no difference.</summary>
    private static double Gap(StickyModel model, double[][] values)
    {
        var gap = double.PositiveInfinity;
        foreach (var (time, states) in model.Reachable((_, _) => Enumerable.Range(0, model.Actions)))
        {
            foreach (var state in states)
            {
                var row = Row(model, values[time], state);
                var best = Maximum(row);
                foreach (var value in row) { if (best - value > 1e-12) { gap = Math.Min(gap, best - value); } }
            }
        }
        return gap;
    }

    private static List<int> Greedy(ReadOnlySpan<double> row, double tolerance)
    {
        var best = Maximum(row);
        var greedy = new List<int>();
        for (var action = 0; action < row.Length; action++) { if (row[action] >= best - tolerance) { greedy.Add(action); } }
        return greedy;
    }

    private static double Start(StickyModel model, double[] values, ValueOf valueOf) => valueOf(Row(model, values, 0));

    private static double[] States(StickyModel model, double[] values, ValueOf valueOf, double gamma) =>
        [.. Enumerable.Range(0, model.States.Count).Select(state => gamma * valueOf(Row(model, values, state)))];

    private static ReadOnlySpan<double> Row(StickyModel model, double[] values, int state) => values.AsSpan(state * model.Actions, model.Actions);

    private static double Maximum(ReadOnlySpan<double> row)
    {
        var best = row[0];
        foreach (var value in row) { best = Math.Max(best, value); }
        return best;
    }

    private static double Minimum(ReadOnlySpan<double> row)
    {
        var least = row[0];
        foreach (var value in row) { least = Math.Min(least, value); }
        return least;
    }

    private static double Mean(ReadOnlySpan<double> row)
    {
        var sum = 0.0;
        foreach (var value in row) { sum += value; }
        return sum / row.Length;
    }

    private delegate double ValueOf(ReadOnlySpan<double> row);
}
