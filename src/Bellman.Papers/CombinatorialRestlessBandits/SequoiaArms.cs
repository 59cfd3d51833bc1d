using System.Diagnostics;
using System.Globalization;
using Bellman.Environments.RestlessBandits;
using Bellman.Experiments;
using Bellman.Neural;

namespace Bellman.Papers.CombinatorialRestlessBandits;

/// <summary>Every arm of the reproduction, and how one is run. A seed is an instance.</summary>
internal static class SequoiaArms
{
    /// <summary>The variable that names the folder of the London Underground's files.</summary>
    public const string TubeVariable = "BELLMAN_LONDON_TUBE";

    private const int OraclePairs = 50;
    private const int TimedSolves = 10;
    private const double TimedLimit = 2;

    private static readonly ProgramOptions Exact = new() { Gap = 0 };

    /// <summary>A kind of instance.</summary>
    public sealed record Task(string Name, Func<RandomStream, RestlessBanditInstance> Draw)
    {
        /// <summary>Steps of an episode.</summary>
        public int Horizon { get; init; } = 15;
    }

    private sealed record Entry(Arm Arm, Func<Cell, CellContext, CellResult> Run);

    private static readonly Task Six = Of("capacity-6", RestlessBanditFamily.Capacity, 6, 2);
    private static readonly Task Eight = Of("capacity-8", RestlessBanditFamily.Capacity, 8, 3);
    private static readonly Task Schedule = Of("schedule-10", RestlessBanditFamily.Schedule, 10, 3);
    private static readonly Task Path = Of("path-10", RestlessBanditFamily.Path, 10, 3);
    private static readonly Task Interventions = Of("interventions-12", RestlessBanditFamily.Interventions, 12, 3);
    private static readonly Task Tube = new("tube-20", random => RestlessBanditFamilies.Pulled(TubeActions(20, 5), 5, random)) { Horizon = 20 };

    /// <summary>Sizes whose programs are timed.</summary>
    public static IReadOnlyList<int> Sizes { get; } = [6, 8, 12, 16, 20];

    /// <summary>Families whose programs are timed.</summary>
    public static IReadOnlyList<RestlessBanditFamily> Timed { get; } = [RestlessBanditFamily.Capacity, RestlessBanditFamily.Schedule, RestlessBanditFamily.Path];

    private static readonly SequoiaOptions Milp = new();
    private static readonly SequoiaOptions Listed = new() { Oracle = SequoiaOracle.Enumeration };

    private static readonly Entry[] Entries =
    [
        .. Compared(Six, Milp, "SEQUOIA, every best action by mixed-integer programming."),
        Optimum(Six),
        .. Compared(Eight, Milp, "SEQUOIA, every best action by mixed-integer programming."),
        Learned(Eight, "-frozen", "The target network stays the myopic one.", ArmKind.Ablation, Milp with { TargetEvery = 0 }),
        Learned(Eight, "-official", "The released program's settings: frozen target, learning rate x 0.9 an episode.", ArmKind.Ablation, SequoiaOptions.OfficialCode),
        // Copies against a frozen target: the difference is small, so that it takes many instances, and programs would take an hour.
        Many(Learned(Eight, "-listed", "SEQUOIA, every best action by listing, on 40 instances.", ArmKind.Ablation, Listed)),
        Many(Learned(Eight, "-frozen-listed", "The target network stays the myopic one, every best action by listing, on 40 instances.", ArmKind.Ablation, Listed with { TargetEvery = 0 })),
        Optimum(Eight),
        .. Family(Schedule),
        .. Family(Path),
        .. Family(Interventions),
        new(new Arm("oracle", "Programs against listing on 50 random networks and states, bounds by intervals.") { Task = "oracle" }, (cell, context) => CompareOracles(BigM.Intervals, context)),
        new(new Arm("oracle-big-m", "The same with the released constants of 100,000.", ArmKind.Ablation) { Task = "oracle" }, (cell, context) => CompareOracles(BigM.Hundred000, context)),
        .. from family in Timed from arms in Sizes select Timing(family, arms),
    ];

    private static readonly Entry[] FullEntries =
    [
        .. Compared(Of("capacity-20", RestlessBanditFamily.Capacity, 20, 5) with { Horizon = 20 }, Milp with { Hidden = [16, 32], Gamma = 0.99, Episodes = 100, BatchSize = 32, Horizon = 20, ExplorationDecay = 1000, TimeLimit = 600 }, "SEQUOIA at 20 arms."),
        Baseline(Tube, "-random", "A random feasible walk.", (instance, context) => new RandomChoice(instance, context.Random.Child("random policy"))),
        Baseline(Tube, "-myopic", "The best walk for one step.", (instance, _) => new RememberedChoice(new MyopicOracle(instance, Exact))),
        Learned(Tube, "", "SEQUOIA on 20 stations of the London Underground, walks in training too.", ArmKind.Method, Milp with { Hidden = [16, 32], Horizon = 20, TimeLimit = 600 }),
        Learned(Tube, "-relaxed", "Trained with the budget alone, as the released code is.", ArmKind.Ablation, Milp with { Hidden = [16, 32], Horizon = 20, TimeLimit = 600, RelaxedTrainingConstraints = true }),
    ];

    public static IReadOnlyList<Arm> Arms(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [.. Entries.Select(entry => entry.Arm).Where(arm => arm.Name is "capacity-6" or "capacity-6-myopic" or "capacity-6-optimum" or "oracle" or "milp-path-6")],
        ReproductionSize.Full => [.. FullEntries.Select(entry => entry.Arm)],
        _ => [.. Entries.Select(entry => entry.Arm)],
    };

    public static CellResult Run(Cell cell, CellContext context) => Entries.Concat(FullEntries).First(entry => entry.Arm.Name == cell.Arm.Name).Run(cell, context);

    /// <summary>The name of the arm that times a family at a size.</summary>
    public static string TimingName(RestlessBanditFamily family, int arms) => $"milp-{family.ToString().ToLowerInvariant()}-{arms}";

    /// <summary>Whether the London Underground's files are there.</summary>
    public static bool TubeIsThere => TubeFile("london_stations.csv") is { } stations && File.Exists(stations);

    private static string? TubeFile(string name) => Environment.GetEnvironmentVariable(TubeVariable) is { Length: > 0 } folder ? System.IO.Path.Combine(folder, name) : null;

    private static PathActions TubeActions(int stations, int budget) =>
        TubeFile("london_stations.csv") is { } names && TubeFile("london_connections.csv") is { } edges
            ? RestlessBanditFamilies.Tube(names, edges, stations, budget)
            : throw new UsageException($"Set {TubeVariable} to the folder of london_stations.csv and london_connections.csv.");

    private static Task Of(string name, RestlessBanditFamily family, int arms, int budget) => new(name, random => RestlessBanditFamilies.Draw(family, arms, budget, random));

    private static IEnumerable<Entry> Compared(Task task, SequoiaOptions options, string description) =>
    [
        Learned(task, "", description, ArmKind.Method, options),
        Learned(task, "-pretrained", "The network before Q-learning.", ArmKind.Ablation, options with { Episodes = 0, Oracle = task.Horizon == 15 ? SequoiaOracle.Enumeration : options.Oracle }),
        Learned(task, "-iterative-dqn", "DQN whose actions are built greedily.", ArmKind.Baseline, options with { Oracle = SequoiaOracle.Iterative }),
        Baseline(task, "-null", "Nothing is pulled.", (instance, _) => new NullChoice(instance)),
        Baseline(task, "-random", "A random feasible action.", (instance, context) => new RandomChoice(instance, context.Random.Child("random policy"))),
        Baseline(task, "-sampling", "The best of 100 random feasible actions for one step.", (instance, context) => new SamplingChoice(instance, context.Random.Child("random policy"))),
        Baseline(task, "-iterative-myopic", "One-step rewards, built greedily.", (instance, _) => new IterativeChoice(instance, (action, states) => instance.ExpectedReward(states, action))),
        Baseline(task, "-myopic", "The best action for one step, by mixed-integer programming.", (instance, _) => new RememberedChoice(new MyopicOracle(instance, Exact))),
    ];

    private static IEnumerable<Entry> Family(Task task) =>
    [
        Learned(task, "", "SEQUOIA; while it trains the best action is found by listing, without prioritised replay.", ArmKind.Method, Listed with { Prioritised = false }),
        Learned(task, "-pretrained", "The network before Q-learning.", ArmKind.Ablation, Listed with { Episodes = 0 }),
        Baseline(task, "-random", "A random feasible action.", (instance, context) => new RandomChoice(instance, context.Random.Child("random policy"))),
        Baseline(task, "-myopic", "The best action for one step, by listing.", (instance, _) => new RememberedChoice(new ListedMyopicChoice(instance))),
    ];

    private static RestlessBanditInstance InstanceOf(Task task, Cell cell) => task.Draw(RandomStream.Create(cell.Seed, task.Name));

    private static double Evaluate(Task task, RestlessBanditInstance instance, IActionChoice policy, Cell cell, CellContext context) =>
        SequoiaEvaluation.AverageReward(instance, policy, cell.Size switch { ReproductionSize.Smoke => 30, ReproductionSize.Full => 50, _ => 100 }, task.Horizon, context.Random.Child("evaluation"), context.Cancellation);

    private static Entry Baseline(Task task, string suffix, string description, Func<RestlessBanditInstance, CellContext, IActionChoice> create) =>
        new(new Arm(task.Name + suffix, description, ArmKind.Baseline) { Task = task.Name }, (cell, context) =>
        {
            var instance = InstanceOf(task, cell);
            return Result(reward: Evaluate(task, instance, create(instance, context), cell, context));
        });

    private static Entry Learned(Task task, string suffix, string description, ArmKind kind, SequoiaOptions options) =>
        new(new Arm(task.Name + suffix, description, kind) { Task = task.Name }, (cell, context) =>
        {
            var instance = InstanceOf(task, cell);
            var sized = cell.Size == ReproductionSize.Smoke ? options with { Episodes = Math.Min(options.Episodes, 15), Oracle = SequoiaOracle.Enumeration } : options;
            var rewards = new List<double>();
            using var learner = new Sequoia(instance, sized, context.Random.Child("sequoia"));
            learner.Train((episode, reward) =>
            {
                rewards.Add(reward);
                context.Report((episode + 1.0) / sized.Episodes, string.Create(CultureInfo.InvariantCulture, $"reward {reward:0.00}"));
            });
            // Where the method was trained by listing on workers' capacities, it acts by programs afterwards.
            using var programs = sized.Oracle == SequoiaOracle.Enumeration && kind == ArmKind.Method && instance.Actions is CapacityActions
                ? new MilpOracle(learner.Network, instance.Actions, new ProgramOptions { Gap = sized.Gap, TimeLimit = sized.TimeLimit }, context.Random.Child("fallback")) : null;
            var policy = programs is null ? learner.Policy() : new RememberedChoice(programs);
            var reward = Evaluate(task, instance, policy, cell, context);
            var (solves, seconds) = (learner.Solves + (programs?.Counts.Solves ?? 0), learner.SolverSeconds + (programs?.Counts.Seconds ?? 0));
            return Result(reward, milliseconds: solves == 0 ? double.NaN : 1000 * seconds / solves, solves: solves, timeOuts: learner.TimeOuts + (programs?.Counts.TimeOuts + programs?.Counts.RandomActions ?? 0)) with
            {
                Curves = rewards.Count == 0 ? [] : [new Curve($"reward on {task.Name}", [.. Enumerable.Range(1, rewards.Count).Select(episode => (double)episode)], rewards)],
            };
        });

    private static Entry Many(Entry entry) => entry with { Arm = entry.Arm with { Seeds = Arm.FirstSeeds(40) } };

    private static Entry Optimum(Task task) =>
        new(new Arm(task.Name + "-optimum", "The exact optimum of the horizon by dynamic programming over all joint states: an expectation.", ArmKind.Baseline) { Task = task.Name },
            (cell, _) => Result(reward: ExactPlanner.AverageReward(InstanceOf(task, cell), task.Horizon)));

    /// <summary>The largest difference, in network output, between the program's action and the best listed one, in relation to 1 + |value|.</summary>
    private static CellResult CompareOracles(BigM bigM, CellContext context)
    {
        var random = context.Random.Child("oracle");
        var (worst, seconds) = (0.0, 0.0);
        for (var pair = 0; pair < OraclePairs; pair++)
        {
            var stream = random.Child("pair", pair);
            var instance = RestlessBanditFamilies.Draw(RestlessBanditFamily.Capacity, 6, 2, stream);
            using var networks = RandomNetwork(instance, stream);
            var states = Enumerable.Range(0, instance.Arms).Select(_ => stream.NextInt32(RestlessBanditInstance.States)).ToArray();
            using var milp = new ReluNetworkMilp(networks["q"], instance.Actions.Constraints(), Exact, bigM);
            var (action, best, state) = (new float[instance.Arms], new float[instance.Arms], states.Select(s => (float)s).ToArray());
            var started = Stopwatch.GetTimestamp();
            var result = milp.Solve(state, action);
            seconds += Stopwatch.GetElapsedTime(started).TotalSeconds;
            new EnumerationOracle(networks["q"], instance.Actions).Choose(states, best);
            var costs = new NetworkCosts(networks["q"], instance.Arms);
            var optimum = costs.Of(best, states);
            worst = Math.Max(worst, Math.Max(Math.Abs(result.Objective - optimum), costs.Of(action, states) - optimum) / (1 + Math.Abs(optimum)));
            context.Report((pair + 1.0) / OraclePairs);
        }
        return Result(milliseconds: 1000 * seconds / OraclePairs, solves: OraclePairs, error: worst);
    }

    /// <summary>Times programs of pre-trained networks on random states, gap 2%, at most 2 s each.</summary>
    private static Entry Timing(RestlessBanditFamily family, int arms) =>
        new(new Arm(TimingName(family, arms), $"Time of a program: {family.ToString().ToLowerInvariant()}, {arms} arms, hidden 8-8.", ArmKind.Ablation) { Task = "milp", Seeds = [0, 1, 2] }, (cell, context) =>
        {
            var random = context.Random.Child(family.ToString(), arms);
            var budget = family == RestlessBanditFamily.Path ? 3 : Math.Max(2, arms * 3 / 8);
            var instance = RestlessBanditFamilies.Draw(family, arms, budget, random);
            using var learner = new Sequoia(instance, Milp with { Episodes = 0 }, random);
            learner.Train();
            using var oracle = new MilpOracle(learner.Network, instance.Actions, new ProgramOptions { Gap = 0.02, TimeLimit = TimedLimit }, random.Child("fallback"));
            var action = new float[arms];
            for (var solve = 0; solve < TimedSolves; solve++)
            {
                oracle.Choose(Enumerable.Range(0, arms).Select(_ => random.NextInt32(RestlessBanditInstance.States)).ToArray(), action);
                context.Report((solve + 1.0) / TimedSolves);
            }
            var counts = oracle.Counts;
            return Result(milliseconds: 1000 * counts.Seconds / counts.Solves, solves: counts.Solves, timeOuts: counts.TimeOuts + counts.RandomActions, rows: oracle.Shape.Rows);
        });

    private static NetworkGroup RandomNetwork(RestlessBanditInstance instance, RandomStream random) =>
        NetworkGroup.Create(random.Child("network"), new NetworkOptions { Engine = Engine.Simd },
            new MlpPart("q", new MlpSpecification(instance.Actions.Size + instance.Arms, [8, 8], 1) { Activation = Activation.Relu }));

    private static CellResult Result(double reward = double.NaN, double milliseconds = double.NaN, double solves = double.NaN, double timeOuts = double.NaN, double error = double.NaN, double rows = double.NaN) => new()
    {
        Metrics = new Dictionary<string, double>
        {
            ["reward"] = reward,
            ["solve-ms"] = milliseconds,
            ["solves"] = solves,
            ["time-outs"] = timeOuts,
            ["milp-error"] = error,
            ["rows"] = rows,
        },
    };
}
