using System.Globalization;
using Bellman.Algorithms;
using Bellman.Experiments;

namespace Bellman.Papers.TrajectoryWeighting;

/// <summary>Every arm of the reproduction, and how one is run.</summary>
internal static class TrajectoryWeightingArms
{
    /// <summary>The published temperature.</summary>
    public const double Temperature = 0.1;

    /// <summary>Shares of expert transitions in E1's sweep; 5% is the main one.</summary>
    public static readonly int[] Shares = [1, 2, 5, 10, 25, 50];

    /// <summary>Temperatures of E1's sweep.</summary>
    public static readonly double[] Temperatures = [0.02, 0.05, 0.1, 0.2, 0.5, 1, double.PositiveInfinity];

    /// <summary>The offline algorithms of E2.</summary>
    public static readonly string[] Algorithms = ["bc", "td3-bc", "iql", "cql"];

    /// <summary>The samplers, by the suffix of the arms' names.</summary>
    private static readonly (string Suffix, ITrajectoryScorer Scorer, string Words, ArmKind Kind)[] Samplers =
    [
        ("uniform", new UniformScorer(), "every transition alike", ArmKind.Baseline),
        ("rw", new ReturnWeighted(Temperature), "return weighting", ArmKind.Method),
        ("aw", new AdvantageWeighted(Temperature), "advantage weighting", ArmKind.Method),
        ("top", new TopShare(0.1), "the best tenth of the episodes", ArmKind.Baseline),
    ];

    private const int Updates = 1_500;

    // One clone in ten still falls when training ends, so that five seeds say little; CQL is slow.
    private static readonly ulong[] TenSeeds = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

    // What E2 is specified with. It leaves the activation open: with the offline default, relu, clones of 20 expert episodes balanced 163 to 195
    // steps after 1,500 updates (seeds 100 to 102), with tanh 196 to 200; TD3+BC 137 to 188 and 193 to 200.
    private static readonly string[] Small = ["hidden=64,64", "activation=tanh", "learningRate=1e-3", "batchSize=128", "normalizeObservations=true"];

    private sealed record Entry(Arm Arm, Func<Cell, CellContext, CellResult> Run);

    private static readonly Entry[] Entries =
    [
        .. Samplers.Select(sampler => Drift("drift-" + sampler.Suffix, $"E1: {sampler.Words}.", sampler.Kind, "drift-point", MixedTask.DriftPoint, sampler.Scorer)),
        .. Temperatures.Where(temperature => temperature != Temperature).SelectMany(temperature => new[]
        {
            Drift(AtTemperature("rw", temperature), $"RW at temperature {Text(temperature)}.", ArmKind.Ablation, "drift-point", MixedTask.DriftPoint, new ReturnWeighted(temperature)),
            Drift(AtTemperature("aw", temperature), $"AW at temperature {Text(temperature)}.", ArmKind.Ablation, "drift-point", MixedTask.DriftPoint, new AdvantageWeighted(temperature)),
        }),
        Drift("drift-aw-constant", "AW with a constant value: RW again.", ArmKind.Ablation, "drift-point", MixedTask.DriftPoint, new AdvantageWeighted(Temperature, 0)),
        Drift("drift-aw-quadratic", "AW with a quadratic value (not as published).", ArmKind.Ablation, "drift-point", MixedTask.DriftPoint, new AdvantageWeighted(Temperature, 2)),
        .. Shares.Where(share => share != 5).SelectMany(share => Samplers.Where(sampler => sampler.Suffix is "uniform" or "aw").Select(sampler => Drift(
            AtShare(sampler.Suffix, share), $"E1 with {share}% expert: {sampler.Words}.", ArmKind.Ablation, $"drift-point-{share}", MixedTask.DriftPoint with { ExpertShare = share / 100.0 }, sampler.Scorer))),
        .. Samplers.Where(sampler => sampler.Suffix != "top").Select(sampler => Drift("centred-" + sampler.Suffix, $"Starts around the goal: {sampler.Words}.", ArmKind.Ablation, "centred", MixedTask.Centred, sampler.Scorer)),
        Drift("centred-aw-quadratic", "Starts around the goal: AW with a quadratic value (not as published).", ArmKind.Ablation, "centred", MixedTask.Centred, new AdvantageWeighted(Temperature, 2)),
        .. Samplers.Where(sampler => sampler.Suffix != "top").Select(sampler => Drift("noisy-" + sampler.Suffix, $"Disturbed moves: {sampler.Words}.", ArmKind.Ablation, "noisy", MixedTask.Noisy, sampler.Scorer)),
        .. Algorithms.SelectMany(algorithm => Samplers.Select(sampler => Cart(algorithm, sampler.Suffix, $"E2: {algorithm} with {sampler.Words}.", sampler.Kind, OfCql(algorithm, sampler.Scorer)))),
        Cart("bc", "aw-per-length", "E2: bc with AW divided by episodes' lengths (not as published).", ArmKind.Ablation, new PerLength(new AdvantageWeighted(Temperature))),
    ];

    /// <summary>An arm of the sweep over temperatures.</summary>
    public static string AtTemperature(string sampler, double temperature) =>
        temperature == Temperature ? $"drift-{sampler}" : $"drift-{sampler}-{(double.IsInfinity(temperature) ? "infinity" : Text(temperature).Replace('.', '-'))}";

    /// <summary>An arm of the sweep over expert shares.</summary>
    public static string AtShare(string sampler, int share) => share == 5 ? $"drift-{sampler}" : $"drift-{sampler}-share-{share}";

    public static IReadOnlyList<Arm> Arms(ReproductionSize size) => size switch
    {
        ReproductionSize.Smoke => [.. Entries.Select(entry => entry.Arm).Where(arm => arm.Name is "drift-uniform" or "drift-rw" or "drift-aw" or "drift-top" || arm.Name.StartsWith("bc-", StringComparison.Ordinal)).Select(arm => arm with { Seeds = null })],
        ReproductionSize.Full => TrajectoryWeightingFullScale.Arms,
        _ => [.. Entries.Select(entry => entry.Arm)],
    };

    public static CellResult Run(Cell cell, CellContext context) => Entries.First(entry => entry.Arm.Name == cell.Arm.Name).Run(cell, context);

    private static string Text(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);

    // The paper gives CQL a temperature of its own.
    private static ITrajectoryScorer OfCql(string algorithm, ITrajectoryScorer scorer) => (algorithm, scorer) switch
    {
        ("cql", ReturnWeighted rw) => rw with { Temperature = 0.2 },
        ("cql", AdvantageWeighted aw) => aw with { Temperature = 0.2 },
        _ => scorer,
    };

    private static Entry Drift(string name, string description, ArmKind kind, string task, MixedTask mixed, ITrajectoryScorer scorer) => new(new Arm(name, description, kind) { Task = task }, (_, context) =>
    {
        var data = mixed.Record(context.Random.Child("data"), context.Cancellation);
        var distribution = new TransitionDistribution(data.Data, scorer);
        return Measured(mixed, data, distribution, LinearCloning.Fit(data.Data, distribution.Probabilities, (Box)mixed.Make().ActionSpace), context);
    });

    private static Entry Cart(string algorithm, string suffix, string description, ArmKind kind, ITrajectoryScorer scorer) => new(new Arm($"{algorithm}-{suffix}", description, kind) { Task = algorithm, Seeds = algorithm == "cql" ? null : TenSeeds }, (cell, context) =>
    {
        var mixed = MixedTask.CartBalance;
        var data = mixed.Record(context.Random.Child("data"), context.Cancellation);
        var distribution = new TransitionDistribution(data.Data, scorer);
        var registration = AlgorithmRegistry.Find(algorithm);
        string[] settings = algorithm == "bc" ? Small : [.. Small, "tau=0.01"];
        var options = registration.Options.Create<OfflineOptions>(settings.Select(setting => KeyValuePair.Create(setting.Split('=')[0], setting.Split('=')[1])));
        var environment = mixed.Make();
        using var agent = AlgorithmRegistry.CreateOffline(algorithm, environment.ObservationSpace, environment.ActionSpace, data.Data, options, cell.Seed, distribution.CreateSampler());
        using var silence = new Runs.MetricLog();
        var updates = cell.Size == ReproductionSize.Smoke ? 600 : Updates;
        while (agent.Steps < updates)
        {
            agent.Advance(silence);
            if (agent.Steps % 100 == 0) { context.Report((double)agent.Steps / updates, $"update {agent.Steps}"); }
        }
        return Measured(mixed, data, distribution, agent.Policy, context);
    });

    private static CellResult Measured(MixedTask mixed, MixedData data, TransitionDistribution distribution, IPolicy policy, CellContext context)
    {
        var seed = context.Random.Child("evaluation").NextUInt64();
        var result = mixed.Measure(policy, seed, context.Cancellation);
        return new CellResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["score"] = mixed.References(context.Random, seed, context.Cancellation).Score(result.MeanReturn),
                ["length"] = result.MeanLength,
                ["expert-mass"] = data.ExpertMass(distribution),
                ["behaviour-return"] = distribution.MeanReturn,
                ["effective-share"] = distribution.EffectiveSampleSize / data.Data.Count,
                ["psv"] = data.Data.PositiveSidedVariance,
            },
        };
    }
}
