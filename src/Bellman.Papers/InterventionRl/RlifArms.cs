using System.Globalization;
using Bellman.Algorithms;
using Bellman.Algorithms.Imitation;
using Bellman.Environments;
using Bellman.Experiments;

namespace Bellman.Papers.InterventionRl;

/// <summary>How much is run.</summary>
/// <param name="Steps">Environment steps.</param>
/// <param name="Every">Steps between evaluations.</param>
/// <param name="Episodes">Episodes of an evaluation.</param>
internal sealed record RlifScale(int Steps, int Every, int Episodes)
{
    public static RlifScale Of(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => new(1_500, 500, 10),
        ReproductionSize.Full => new(100_000, 5_000, 100),
        _ => new(10_000, 1_000, 30),
    };
}

/// <summary>Every arm of the reproduction, and how one is run.</summary>
internal static class RlifArms
{
    private const int InitialEpisodes = 10;
    private const int EpisodeSteps = 40;
    private const int ExpertEpisodes = 200;
    private const int UpdatesOfRound = 200;
    private const int EpisodesOfRound = 5;

    /// <summary>The laptop's settings.</summary>
    public static RlifOptions Laptop { get; } = new()
    {
        Critics = 2,
        Subset = 2,
        Hidden = [64, 64],
        BatchSize = 128,
        LearningRate = 1e-3,
        Gamma = 0.97,
        Tau = 0.01,
        BufferSize = 20_000,
        LearningStarts = 0,
        // Calibrated on seeds 100 to 103: with the published 1 and minus half the number of components the curve is still falling and rising at
        // the end (-13 to -23), with these it settles (-9 to -14).
        Temperature = 0.1,
        TargetEntropy = -2,
    };

    // The published program's, but for its cluster's patience.
    private static readonly RlifOptions Published = new() { UpdatesPerRound = 5, BufferSize = 200_000, LearningStarts = 0 };

    private static readonly ValueInterventionOptions Judge = new() { Sample = true };

    private sealed record Entry(Arm Arm, double Quality, Func<Player, CellResult> Run);

    private static readonly Entry[] Entries =
    [
        .. new[] { 0.5, 0.9, 0.25 }.SelectMany(Compared),
        Learned("no-initial", "RLIF without initial data.", (_, _) => Laptop, Judge, initial: false),
        Learned("random-30", "RLIF with interventions at random, 30% of the steps.", (_, _) => Laptop, probability: 0.3),
        Learned("random-50", "RLIF with interventions at random, 50%.", (_, _) => Laptop, probability: 0.5),
        Learned("random-85", "RLIF with interventions at random, 85%.", (_, _) => Laptop, probability: 0.85),
        Learned("store-code", "Stored as the released program does.", (_, _) => Laptop with { Store = InterventionStore.Code }, Judge),
        Learned("label-current", "The refused proposal is stored too, worth -1.", (_, _) => Laptop with { LabelCurrent = true }, Judge),
        Learned("label-expert", "All of the expert's actions are worth -1: wrong.", (_, _) => Laptop with { Label = InterventionLabel.ExpertSteps }, Judge),
        Learned("delta-0", "delta 0.", (_, _) => Laptop, Judge with { Confidence = 0 }),
        Learned("delta-10", "delta 0.1.", (_, _) => Laptop, Judge with { Confidence = 0.1 }),
        Learned("beta-100", "beta 1: never mistaken.", (_, _) => Laptop, Judge with { Reliability = 1 }),
        Learned("beta-75", "beta 0.75.", (_, _) => Laptop, Judge with { Reliability = 0.75 }),
        Learned("judge-expert", "Compared with the expert's own action instead of the reference's.", (_, _) => Laptop, Judge with { CompareWithExpert = true }),
        Learned("m1", "Interventions of one step.", (_, _) => Laptop with { TakeOverSteps = 1 }, Judge),
        Learned("m8", "Interventions of eight steps.", (_, _) => Laptop with { TakeOverSteps = 8 }, Judge),
        Learned("updates-4", "Four updates a step.", (_, _) => Laptop with { UpdatesPerRound = 4 }, Judge),
        Learned("ensemble-10", "Ten critics, a random two of which count.", (_, _) => Laptop with { Critics = 10 }, Judge),
        new(Named("hg-dagger-all", 0.5, "HG-DAgger that clones the imitator's actions too, as the released program does.", ArmKind.Baseline), 0.5, player => player.Gated(cloneAll: true)),
        new(Named("hg-dagger-distance", 0.5, "HG-DAgger with an expert that takes over at a distance of 0.5.", ArmKind.Baseline), 0.5, player => player.Distance(0.5)),
        new(Named("dagger-30", 0.5, "DAgger that labels 30% of the states.", ArmKind.Baseline), 0.5, player => player.DAgger(0.3)),
        new(Named("iql", 0.5, "Implicit Q-learning on what RLIF recorded.", ArmKind.Baseline), 0.5, player => player.Offline(Laptop)),
        new(Named("sac", 0.5, "Soft actor-critic with the task's reward, which the others never see.", ArmKind.Baseline), 0.5, player => player.TrueReward()),
    ];

    private static readonly string[] MainArms = ["rlif", "expert", "bc", "dagger", "hg-dagger", "iql", "sac"];

    /// <summary>The tasks: how good the expert is.</summary>
    public static IEnumerable<string> Tasks => Entries.Select(entry => entry.Arm.Task).Distinct();

    public static IReadOnlyList<Arm> Of(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [.. Entries.Select(entry => entry.Arm).Where(arm => arm.Name is "rlif" or "store-code" or "expert" or "hg-dagger" or "iql")],
        ReproductionSize.Full => [.. Entries.Select(entry => entry.Arm).Where(arm => MainArms.Contains(arm.Name)).Select(arm => arm with { Seeds = [24, 42, 43] })],
        // Seeds differ much, so that what the gates compare is measured with more of them.
        _ => [.. Entries.Select(entry => entry.Arm with { Seeds = entry.Arm.Name is "rlif" or "expert" or "hg-dagger" ? Arm.FirstSeeds(20) : entry.Arm.Kind == ArmKind.Ablation ? Arm.FirstSeeds(3) : Arm.FirstSeeds(5) })],
    };

    public static CellResult Run(Cell cell, CellContext context)
    {
        var entry = Entries.First(one => one.Arm.Name == cell.Arm.Name);
        return entry.Run(new Player(entry.Arm, entry.Quality, cell, context));
    }


    private static IEnumerable<Entry> Compared(double quality)
    {
        var suffix = quality == 0.5 ? "" : string.Create(CultureInfo.InvariantCulture, $"-q{100 * quality:0}");
        return
        [
            new(Named($"rlif{suffix}", quality, "RLIF with value-based interventions.", ArmKind.Method), quality, player => player.Learn(player.Options(Laptop), Judge)),
            new(Named($"expert{suffix}", quality, "The expert itself.", ArmKind.Baseline), quality, player => player.Expert()),
            new(Named($"bc{suffix}", quality, "Behaviour cloning of the initial data.", ArmKind.Baseline), quality, player => player.Clone()),
            new(Named($"dagger{suffix}", quality, "DAgger: the expert labels every state that was visited.", ArmKind.Baseline), quality, player => player.DAgger(1)),
            new(Named($"hg-dagger{suffix}", quality, "HG-DAgger with RLIF's interventions.", ArmKind.Baseline), quality, player => player.Gated(cloneAll: false)),
        ];
    }

    private static Entry Learned(string name, string description, Func<Player, double, RlifOptions> options, ValueInterventionOptions? judge = null, double? probability = null, bool initial = true) =>
        new(Named(name, 0.5, description, ArmKind.Ablation), 0.5, player => player.Learn(options(player, 0.5), judge, probability, initial));

    private static Arm Named(string name, double quality, string description, ArmKind kind) =>
        new(name, description, kind) { Task = string.Create(CultureInfo.InvariantCulture, $"expert of quality {quality}") };

    /// <summary>Runs one cell.</summary>
    internal sealed class Player
    {
        private readonly Arm arm;
        private readonly Cell cell;
        private readonly CellContext context;
        private readonly RlifScale scale;
        private readonly PushPointExpert expert;
        private readonly List<double> at = [];
        private readonly List<double> returns = [];
        private readonly List<double> rates = [];

        public Player(Arm arm, double quality, Cell cell, CellContext context)
        {
            (this.arm, this.cell, this.context) = (arm, cell, context);
            scale = RlifScale.Of(cell.Size);
            expert = new PushPointExpert(quality);
        }

        /// <summary>The published settings at the full size.</summary>
        public RlifOptions Options(RlifOptions laptop) => cell.Size == ReproductionSize.Full ? Published : laptop;

        public CellResult Learn(RlifOptions options, ValueInterventionOptions? judge, double? probability = null, bool initial = true)
        {
            using var agent = Train(options, judge, probability, initial);
            return Result(agent.InterventionRate);
        }

        public CellResult Offline(RlifOptions options)
        {
            using var recorded = Train(options, Judge, null, initial: true);
            at.Clear();
            returns.Clear();
            rates.Clear();
            var iql = new IqlOptions { Hidden = [64, 64], BatchSize = 128, LearningRate = 1e-3, Gamma = 0.97, Tau = 0.01 };
            using var agent = new OfflineAgent("iql", recorded.ObservationSpace, recorded.ActionSpace, recorded.Recorded(), iql, cell.Seed,
                (encoder, random) => new ImplicitQLearning(encoder.Size, 2, iql, random));
            Loop(agent, () => double.NaN);
            return Result(double.NaN);
        }

        public CellResult Expert()
        {
            var result = Evaluation.Run(expert, Make, ExpertEpisodes, cell.Seed, deterministic: false, context.Cancellation);
            returns.Add(result.MeanReturn);
            at.Add(0);
            return Result(double.NaN);
        }

        public CellResult Clone()
        {
            using var agent = Imitator(new DAggerRule(expert, 0));
            agent.Fit(scale.Steps, new NoMetrics());
            Evaluate(agent, scale.Steps, double.NaN);
            return Result(double.NaN);
        }

        public CellResult DAgger(double labelled)
        {
            using var agent = Imitator(new DAggerRule(expert, 0, labelled, sample: true));
            Loop(agent, () => double.NaN);
            return Result(double.NaN);
        }

        public CellResult Gated(bool cloneAll) => Imitate(new GatedRule(Source(Judge, null), Laptop.TakeOverSteps, cloneAll));

        public CellResult Distance(double threshold) => Imitate(new GatedRule(new DistanceInterventions(expert, new PushPoint().ActionSpace, threshold, sample: true), Laptop.TakeOverSteps));

        public CellResult TrueReward()
        {
            var options = new SacOptions { Hidden = [64, 64], BatchSize = 128, LearningRate = 1e-3, Gamma = 0.97, Tau = 0.01, BufferSize = 20_000, LearningStarts = 400 };
            using var agent = new Sac(new SynchronousVectorEnvironment(Make, 1), options, cell.Seed);
            Loop(agent, () => double.NaN);
            return Result(double.NaN);
        }

        private static IEnvironment Make() => StandardEnvironments.Registry().Make("PushPoint-v0");

        private CellResult Imitate(IImitationRule rule)
        {
            using var agent = Imitator(rule);
            Loop(agent, () => double.NaN);
            return Result(double.NaN);
        }

        private InteractiveImitation Imitator(IImitationRule rule) => new("imitation", Make(), rule, new DAggerOptions
        {
            Hidden = [64, 64],
            BatchSize = 128,
            LearningRate = 1e-3,
            EpisodesPerRound = EpisodesOfRound,
            UpdatesPerRound = UpdatesOfRound,
            BufferSize = scale.Steps + 2 * InitialEpisodes * EpisodeSteps,
        }, cell.Seed, Initial());

        private Rlif Train(RlifOptions options, ValueInterventionOptions? judge, double? probability, bool initial)
        {
            var agent = new Rlif(Make(), Source(judge, probability), options, cell.Seed, initial ? Initial() : null);
            Loop(agent, () => agent.InterventionRate);
            return agent;
        }

        private IInterventionSource Source(ValueInterventionOptions? judge, double? probability)
        {
            if (probability is { } chance) { return new RandomInterventions(expert, chance, sample: true); }
            var reference = new PushPointReference();
            return new ValueInterventions(expert, reference, reference, judge ?? Judge);
        }

        private OfflineDataset Initial() => DatasetRecorder.Record(Make, expert, InitialEpisodes * EpisodeSteps, RandomStream.Create(cell.Seed, "initial"), "initial", context.Cancellation);

        private void Loop(IAgent agent, Func<double> rate)
        {
            var metrics = new NoMetrics();
            for (var next = (long)scale.Every; next <= scale.Steps; next += scale.Every)
            {
                while (agent.Steps < next) { agent.Advance(metrics); }
                Evaluate(agent, next, rate());
            }
        }

        private void Evaluate(IAgent agent, long step, double rate)
        {
            var result = Evaluation.Run(agent.Policy, Make, scale.Episodes, cell.Seed, cancellation: context.Cancellation);
            at.Add(step);
            returns.Add(result.MeanReturn);
            rates.Add(rate);
            context.Report((double)step / scale.Steps, string.Create(CultureInfo.InvariantCulture, $"return {result.MeanReturn:0.0}, expert acts {rate:0.00}"));
        }

        private CellResult Result(double rate) => new()
        {
            // The curve is noisy: the better of the last two evaluations counts, for every arm.
            Metrics = new Dictionary<string, double> { ["return"] = returns.TakeLast(2).Max(), ["last"] = returns[^1], ["rate"] = rate },
            Curves = at.Count < 2 ? [] : [new Curve(CurveOf(arm), [.. at], [.. returns]), .. double.IsNaN(rate) ? Array.Empty<Curve>() : [new Curve($"{CurveOf(arm)}: expert's share of steps", [.. at], [.. rates])]],
        };
    }

    /// <summary>The curve that an arm is drawn in.</summary>
    public static string CurveOf(Arm arm) => arm.Kind == ArmKind.Ablation ? $"{arm.Task}: ablations" : arm.Task;

    /// <summary>Every curve's name with its axis.</summary>
    public static IEnumerable<(string Name, string Axis)> CurveNames =>
        Entries.Select(entry => CurveOf(entry.Arm)).Distinct().SelectMany(name => new[] { (name, "task return (never shown to the learner)"), ($"{name}: expert's share of steps", "share of the last 500 steps in which the expert acted") });

    private sealed class NoMetrics : IMetricSink
    {
        public void Add(string name, double value) { }

        public void Episode(double episodeReturn, int length) { }
    }
}
