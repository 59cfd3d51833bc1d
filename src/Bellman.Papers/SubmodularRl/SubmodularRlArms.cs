using System.Globalization;
using Bellman.Algorithms;
using Bellman.Environments.Submodular;
using Bellman.Experiments;
using Bellman.Neural;

namespace Bellman.Papers.SubmodularRl;

/// <summary>Every arm of the reproduction, and how one is run.</summary>
internal static class SubmodularRlArms
{
    private const int LastUpdates = 5;
    private const int PlannedWalks = 10;
    private const int Bandits = 10;
    private const int BeamWidth = 2000;

    /// <summary>A task with what is known about it.</summary>
    public sealed record KnownTask(string Name, Func<ulong, SubmodularTask> Create, int Beam = BeamWidth)
    {
        /// <summary>Walks of an update and updates at the default size.</summary>
        public (int Batch, int Updates) Scale { get; init; } = (300, 100);

        private readonly Lazy<ReferenceLine[]> references = new(() =>
        {
            var task = Create(0);
            return
            [
                new("bound", task.UpperBound),
                .. Beam == 0 ? Array.Empty<ReferenceLine>() : [new("beam search", WalkPlanners.Beam(task, Beam).Value)],
            ];
        });

        public string Curve => $"F on {Name}";

        public IReadOnlyList<ReferenceLine> References => references.Value;
    }

    private sealed record Entry(Arm Arm, Func<Cell, CellContext, CellResult> Run);

    private static readonly KnownTask Items = new("items", seed => SubmodularTasks.Items(RandomStream.Create(seed, "items")), Beam: 0);
    private static readonly KnownTask Cover = new("cover10", _ => SubmodularTasks.Cover(), Beam: 0);
    private static readonly KnownTask Bumps = new("coverw", _ => SubmodularTasks.Bumps());
    // Of 24 policies (seeds 100 to 123) four stay in the first room with 300 walks an update and one with 1,000. The released program
    // takes 140 updates of 3,000 walks here, and 500 elsewhere.
    private static readonly KnownTask TwoRooms = new("two-rooms", _ => SubmodularTasks.TwoRooms()) { Scale = (1000, 140) };
    private static readonly KnownTask Design = new("design", _ => SubmodularTasks.Design(), Beam: 100);

    private static readonly KnownTask[] FullScale =
    [
        new("gp-weights", seed => SubmodularTasks.ProcessWeights(RandomStream.Create(seed, "gp weights")), Beam: 0),
        new("bimodal", _ => SubmodularTasks.Bimodal(), Beam: 0),
    ];

    /// <summary>The tasks with curves.</summary>
    public static IReadOnlyList<KnownTask> Tasks { get; } = [Items, Cover, Bumps, TwoRooms, Design];

    /// <summary>Names of the tasks of the published scale.</summary>
    public static IEnumerable<string> FullTasks => FullScale.Select(task => task.Name);

    private static readonly SubPoOptions Mlp = new();
    private static readonly SubPoOptions Table = new() { Network = SubPoNetwork.Table, LearningRate = 0.3 };

    private static readonly Entry[] Entries =
    [
        .. new[] { Items, Cover, Bumps }.SelectMany(Compared),
        Learned(Cover, "-no-baseline", "SubPO without a baseline: gains as they are.", ArmKind.Ablation, Mlp with { Baseline = false }),
        Learned(Cover, "-history", "SubPO-NM: the policy also sees which cells were visited.", ArmKind.Ablation, Mlp, observation: WalkObservation.Visited),
        Learned(Cover, "-noise", "SubPO where a random action replaces one in ten.", ArmKind.Ablation, Mlp, noise: 0.1),
        Planned(Cover, "-noise-greedy", "One-step planning with the same noise.", WalkPlanners.Greedy, noise: 0.1),
        Learned(TwoRooms, "", "SubPO-M.", ArmKind.Method, Mlp),
        Learned(TwoRooms, "-history", "SubPO-NM: the policy also sees which cells were visited.", ArmKind.Ablation, Mlp, observation: WalkObservation.Visited),
        Learned(TwoRooms, "-mrl", "Modular RL.", ArmKind.Baseline, Mlp, SubmodularReward.Modular),
        Learned(TwoRooms, "-raw", "SubPO-M with the released program's input: two raw numbers.", ArmKind.Ablation, Mlp, observation: WalkObservation.RawIndex),
        Learned(TwoRooms, "-raw-history", "SubPO-NM with the released program's input: raw numbers of all cells so far.", ArmKind.Ablation, Mlp, observation: WalkObservation.RawHistory),
        Planned(TwoRooms, "-greedy", "One-step planning.", WalkPlanners.Greedy),
        Planned(TwoRooms, "-random", "Random actions.", WalkPlanners.Random),
        ActorCritic(TwoRooms, "-actor-critic", "A2C on marginal gains, gamma 0.99, lambda 0.95.", new A2cOptions()),
        ActorCritic(TwoRooms, "-recurrent", "The same with a GRU, which may remember what it saw.", new A2cOptions { Recurrent = RecurrentCell.Gru }),
        Learned(Design, "", "SubPO.", ArmKind.Method, Mlp),
        Learned(Design, "-mrl", "Modular RL: every cell tells the same when it is the only one.", ArmKind.Baseline, Mlp, SubmodularReward.Modular),
        Planned(Design, "-greedy", "One-step planning.", WalkPlanners.Greedy),
        Point("point", "A2C with a Gaussian policy covers area with a point, paid by gains.", ArmKind.Method, SubmodularReward.Submodular),
        Point("point-mrl", "The same paid for the area under it, step by step.", ArmKind.Baseline, SubmodularReward.Modular),
        new(new Arm("bandit", "Exact gradient ascent on ten bandits of six actions and three picks; the smallest share of the optimum.") { Task = "bandit" }, RunBandits),
    ];

    private static readonly Entry[] FullEntries =
    [
        .. FullScale.SelectMany(task => new[]
        {
            Learned(task, "", "SubPO.", ArmKind.Method, Mlp with { LearningRate = 0.001 }),
            Learned(task, "-mrl", "Modular RL.", ArmKind.Baseline, Mlp with { LearningRate = 0.001 }, SubmodularReward.Modular),
            Planned(task, "-greedy", "One-step planning.", WalkPlanners.Greedy),
        }),
    ];

    public static IReadOnlyList<Arm> Arms(ReproductionSize size) => size switch
    {
        // One learner of each kind shows the path.
        ReproductionSize.Smoke => [.. Entries.Select(entry => entry.Arm).Where(arm => arm.Name is "cover10" or "cover10-mrl" or "cover10-table" or "cover10-greedy" or "two-rooms-recurrent" or "point" or "bandit")],
        ReproductionSize.Full => [.. FullEntries.Select(entry => entry.Arm)],
        _ => [.. Entries.Select(entry => entry.Arm)],
    };

    public static CellResult Run(Cell cell, CellContext context) => Entries.Concat(FullEntries).First(entry => entry.Arm.Name == cell.Arm.Name).Run(cell, context);

    private static IEnumerable<Entry> Compared(KnownTask task) =>
    [
        Learned(task, "", "SubPO: gains to come, an MLP on cell and time.", ArmKind.Method, Mlp),
        Learned(task, "-mrl", "Modular RL: the same learner paid for each state alone.", ArmKind.Baseline, Mlp, SubmodularReward.Modular),
        Learned(task, "-full-return", "All gains weigh each action.", ArmKind.Ablation, Mlp with { Weights = SubPoWeights.FullReturn }),
        Learned(task, "-forward-value", "The released program's weights: the value so far.", ArmKind.Ablation, Mlp with { Weights = SubPoWeights.ForwardValue }),
        Learned(task, "-gain-only", "The gain of the action's own step.", ArmKind.Ablation, Mlp with { Weights = SubPoWeights.GainOnly }),
        Learned(task, "-table", "SubPO with a table of logits.", ArmKind.Ablation, Table, observation: WalkObservation.Index),
        Learned(task, "-table-mrl", "Modular RL with a table of logits.", ArmKind.Baseline, Table, SubmodularReward.Modular, WalkObservation.Index),
        Planned(task, "-greedy", "One-step planning: the largest marginal gain, ties at random.", WalkPlanners.Greedy),
        Planned(task, "-random", "Random actions.", WalkPlanners.Random),
    ];

    private static (int Batch, int Updates) ScaleOf(ReproductionSize size, KnownTask task) => size switch
    {
        ReproductionSize.Smoke => (100, 40),
        ReproductionSize.Full => (500, 150),
        _ => task.Scale,
    };

    private static Entry Learned(KnownTask known, string suffix, string description, ArmKind kind, SubPoOptions options,
        SubmodularReward reward = SubmodularReward.Submodular, WalkObservation observation = WalkObservation.OneHot, double noise = 0) =>
        new(new Arm(known.Name + suffix, description, kind) { Task = known.Name }, (cell, context) =>
        {
            var task = known.Create(cell.Seed);
            task = task with { Walk = task.Walk with { Observation = observation, Noise = noise } };
            var (batch, updates) = ScaleOf(cell.Size, known);
            using var agent = new SubPo(new SynchronousVectorEnvironment(() => task.Create(reward), batch), options, cell.Seed);
            using var silence = new Runs.MetricLog();
            var values = new double[updates];
            for (var update = 0; update < updates; update++)
            {
                agent.Advance(silence);
                values[update] = agent.MeanValue;
                context.Report((update + 1.0) / updates, string.Create(CultureInfo.InvariantCulture, $"F {agent.MeanValue:0.00}"));
            }
            var walk = PlayOnce(agent, task, context.Random.Child("shown walk"));
            return Result(known, task.UpperBound, values) with { Notes = new Dictionary<string, string> { [SubmodularRlPicture.WalkNote] = string.Join(' ', walk) } };
        });

    /// <summary>The cells of one walk of the trained policy, for the picture.</summary>
    private static List<int> PlayOnce(SubPo agent, SubmodularTask task, RandomStream random)
    {
        var walk = new GridWalk(task.Walk);
        var (observation, action) = (new float[walk.ObservationSpace.Size], new float[1]);
        walk.Reset(random, observation);
        var cells = new List<int> { walk.Element };
        for (var over = false; !over; cells.Add(walk.Element))
        {
            agent.Policy.Act(observation, 1, action, random);
            over = walk.Step(action, random, observation).Done;
        }
        return cells;
    }

    private static Entry Planned(KnownTask known, string suffix, string description, Func<SubmodularTask, RandomStream, double> play, double noise = 0) =>
        new(new Arm(known.Name + suffix, description, ArmKind.Baseline) { Task = known.Name }, (cell, context) =>
        {
            var task = known.Create(cell.Seed);
            task = task with { Walk = task.Walk with { Noise = noise } };
            var value = Enumerable.Range(0, PlannedWalks).Average(walk => play(task, context.Random.Child("walk", walk)));
            return Result(value, task.UpperBound, double.NaN);
        });

    /// <summary>A2C (C4), a rollout of each of its copies an episode; it sees cell and time.</summary>
    private static Entry ActorCritic(KnownTask known, string suffix, string description, A2cOptions options) =>
        new(new Arm(known.Name + suffix, description, ArmKind.Ablation) { Task = known.Name }, (cell, context) =>
        {
            var task = known.Create(cell.Seed);
            options = options with { Copies = 50, RolloutSteps = task.Walk.Horizon - 1, Hidden = [64, 32], LearningRate = 3e-3, EntropyCoefficient = 0, AnnealLearningRate = false, NormalizeAdvantages = true };
            using var environment = new SynchronousVectorEnvironment(() => task.Create(), options.Copies);
            return Train(known, task.UpperBound, environment, options, cell, context, rollouts: cell.Size == ReproductionSize.Smoke ? 80 : 840);
        });

    /// <summary>The continuous task with the published continuous settings (C4) as far as A2C has them.</summary>
    private static Entry Point(string name, string description, ArmKind kind, SubmodularReward reward) =>
        new(new Arm(name, description, kind) { Task = "point" }, (cell, context) =>
        {
            var options = new A2cOptions
            {
                Copies = 16,
                RolloutSteps = 100,
                Hidden = [64, 64],
                LearningRate = 3e-3,
                EntropyCoefficient = 0.01,
                AnnealLearningRate = false,
                NormalizeAdvantages = true,
                InitialLogStandardDeviation = 0.1,
            };
            using var environment = new SynchronousVectorEnvironment(() => PointCoverage.Create(new PointCoverageOptions { Reward = reward }), options.Copies);
            // A point that stamps two new rows or columns of cells in each of 100 steps; only a bound.
            return Train(null, 4 + 3 * 100, environment, options, cell, context, cell.Size == ReproductionSize.Smoke ? 10 : 300);
        });

    private static CellResult Train(KnownTask? known, double bound, SynchronousVectorEnvironment environment, A2cOptions options, Cell cell, CellContext context, int rollouts)
    {
        using var agent = new A2c(environment, options, cell.Seed, (long)rollouts * options.Copies * options.RolloutSteps);
        using var silence = new Runs.MetricLog();
        var wrappers = environment.Copies.Select(copy => copy.Find<MarginalGainReward>()).OfType<MarginalGainReward>().ToArray();
        var values = new double[rollouts];
        for (var rollout = 0; rollout < rollouts; rollout++)
        {
            agent.Advance(silence);
            values[rollout] = wrappers.Average(wrapper => wrapper.EpisodeValue);
            context.Report((rollout + 1.0) / rollouts, string.Create(CultureInfo.InvariantCulture, $"F {values[rollout]:0.00}"));
        }
        return Result(known, bound, values) with { Curves = [] };
    }

    private static CellResult RunBandits(Cell cell, CellContext context)
    {
        var shares = Enumerable.Range(0, Bandits).Select(instance =>
        {
            var random = context.Random.Child("bandit", instance);
            return SubmodularBandit.Draw(random).Train(random);
        }).ToArray();
        return Result(shares.Min(), 1, double.NaN) with
        {
            Notes = new Dictionary<string, string> { ["shares of the optimum"] = string.Join("  ", shares.Select(share => share.ToString("0.0000", CultureInfo.InvariantCulture))) },
        };
    }

    private static CellResult Result(KnownTask? task, double bound, double[] values)
    {
        var value = values[^Math.Min(LastUpdates, values.Length)..].Average();
        return Result(value, bound, 1 + Array.FindIndex(values, reached => reached >= 0.9 * value)) with
        {
            Curves = task is null ? [] : [new Curve(task.Curve, [.. Enumerable.Range(1, values.Length).Select(update => (double)update)], values)],
        };
    }

    private static CellResult Result(double value, double bound, double updates) => new()
    {
        Metrics = new Dictionary<string, double> { ["share"] = value / bound, ["value"] = value, ["updates-to-90"] = updates },
    };
}
