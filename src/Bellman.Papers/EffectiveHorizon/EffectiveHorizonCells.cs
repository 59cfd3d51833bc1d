using Bellman.Algorithms;
using Bellman.Algorithms.Tabular;
using Bellman.Environments;
using Bellman.Experiments;
using Bellman.Runs;

namespace Bellman.Papers.EffectiveHorizon;

/// <summary>One arm: a process and how it is solved.</summary>
/// <param name="Process">What is solved.</param>
/// <param name="Method">The last part of the arm's name.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Kind">Its part in the comparison.</param>
/// <param name="Run">Measures it.</param>
internal sealed record EffectiveHorizonArm(FiniteHorizonMdp Process, string Method, string Description, ArmKind Kind, Func<EffectiveHorizonCells, CellResult> Run)
{
    public string Name => $"{Process.Name}-{Method}";
}

/// <summary>Measures one arm with one seed: learned policies are evaluated exactly, never by samples.</summary>
internal sealed class EffectiveHorizonCells(FiniteHorizonMdp process, double stickiness, ReproductionSize size, CellContext context)
{
    /// <summary>Episodes an iteration that are tried, m.</summary>
    public static readonly IReadOnlyList<int> EpisodeCounts = [3, 10, 30, 100, 300, 1000];

    /// <summary>Environment steps that the baselines are given.</summary>
    public const long StepLimit = 400_000;

    public const double Stickiness = 0.25;

    /// <summary>Solved is this share of the optimal return.</summary>
    public const double Solved = 0.95;

    private readonly StickyModel model = new(process.Process, process.Horizon, stickiness);

    private double Threshold => Solved * EffectiveHorizonAnalysis.Analyse(model, new EffectiveHorizonOptions { MaximumDepth = 1 }).Optimal;

    public static string ReturnMetric(int episodes) => $"return-{episodes}";

    /// <summary>SQIRL for every number of episodes; its sample complexity is the steps of the smallest that solves the process.</summary>
    public CellResult Tabular(SqirlOptions options)
    {
        var (metrics, threshold, complexity, best) = (Empty(), Threshold, double.PositiveInfinity, double.NaN);
        foreach (var episodes in EpisodeCounts.Where(count => size != ReproductionSize.Smoke || count <= 30))
        {
            context.Report(Math.Log(episodes) / Math.Log(2000), $"m = {episodes}");
            using var learned = Train(options with { Episodes = episodes });
            best = ReturnOf(learned);
            metrics[ReturnMetric(episodes)] = best;
            if (best >= threshold && double.IsInfinity(complexity)) { complexity = learned.Steps; }
        }
        return Result(metrics, complexity, best);
    }

    /// <summary>SQIRL for one number of episodes, by a network that may see the time that is left, as the published sticky MiniGrids show it.</summary>
    public CellResult Single(SqirlOptions options, bool showTime = false)
    {
        using var learned = Train(options, showTime);
        var measured = ReturnOf(learned, showTime);
        return Result(Empty(), measured >= Threshold ? learned.Steps : double.PositiveInfinity, measured);
    }

    public CellResult GorpPlan(GorpOptions options)
    {
        var (plan, steps) = Gorp.Plan(process.Create(stickiness), options with { Horizon = process.Horizon }, context.Random.Child("gorp"));
        var measured = model.ReturnOf((time, _) => plan[time]);
        return Result(Empty(), measured >= Threshold ? steps : double.PositiveInfinity, measured);
    }

    public CellResult QLearning() => Baseline(new TabularAgent(TabularMethod.QLearning, Copies(16),
        new TabularOptions { Gamma = 0.99, LearningRate = 0.1, FinalEpsilon = 0.01, ExplorationFraction = 1 }, context.Random.Child("agent").NextUInt64(), StepLimit), every: 1600);

    public CellResult PpoRun() => Baseline(new Ppo(Copies(8), PpoOptions, context.Random.Child("agent").NextUInt64(), StepLimit), every: 1024);

    // One-hot tables: with the published 2.5e-4 and 0.1, which suit pictures, the policy hardly moves in the steps these processes need.
    private static PpoOptions PpoOptions => new() { RolloutSteps = 128, Minibatches = 4, Epochs = 4, Gamma = 0.99, LearningRate = 2.5e-3, AnnealLearningRate = false };

    /// <summary>Trains until the deterministic policy solves the process, looked at after every <paramref name="every"/> steps.</summary>
    private CellResult Baseline(IAgent agent, int every)
    {
        using var owned = agent;
        using var silence = new MetricLog();
        var limit = size == ReproductionSize.Smoke ? 20_000 : StepLimit;
        var threshold = Threshold;
        var measured = double.NaN;
        while (agent.Steps < limit)
        {
            var before = agent.Steps / every;
            agent.Advance(silence);
            if (agent.Steps / every == before) { continue; }
            context.Report((double)agent.Steps / limit, $"return {measured:0.###}");
            measured = ReturnOf(agent.Policy);
            if (measured >= threshold) { return Result(Empty(), agent.Steps, measured); }
        }
        return Result(Empty(), double.PositiveInfinity, measured);
    }

    private SynchronousVectorEnvironment Copies(int count) => new(() => process.Create(stickiness), count);

    private SqirlResult Train(SqirlOptions options, bool showTime = false) => Sqirl.Train(
        () => showTime ? new ShowRemainingTime(process.Create(stickiness), process.Horizon) : process.Create(stickiness),
        options with { Horizon = process.Horizon }, context.Random.Child("sqirl", options.Episodes), cancellation: context.Cancellation);

    private double ReturnOf(SqirlResult learned, bool showTime = false)
    {
        var actions = new int[process.Horizon][];
        for (var time = 0; time < actions.Length; time++)
        {
            actions[time] = new int[model.States.Count];
            var left = 1 - (float)time / process.Horizon;
            float[] observations = showTime ? [.. model.States.SelectMany(state => new[] { state.Cell, state.Previous, left })] : Observations();
            learned.Policies[time].Act(observations, model.States.Count, actions[time]);
        }
        return model.ReturnOf((time, state) => actions[time][state]);
    }

    private double ReturnOf(IPolicy policy)
    {
        var actions = new float[model.States.Count];
        policy.Act(Observations(), actions.Length, actions, null);
        return model.ReturnOf((_, state) => (int)actions[state]);
    }

    /// <summary>What is observed in each state of the model: cell and action executed last.</summary>
    private float[] Observations() => [.. model.States.SelectMany(state => new float[] { state.Cell, state.Previous })];

    private static Dictionary<string, double> Empty() => EpisodeCounts.ToDictionary(ReturnMetric, _ => double.NaN);

    private static CellResult Result(Dictionary<string, double> metrics, double steps, double final)
    {
        (metrics["steps"], metrics["return"]) = (steps, final);
        return new CellResult { Metrics = metrics };
    }
}
