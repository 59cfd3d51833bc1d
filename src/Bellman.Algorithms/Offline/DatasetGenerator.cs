namespace Bellman.Algorithms;

/// <summary>How good the play in a data set is.</summary>
public enum DataQuality
{
    /// <summary>Random actions.</summary>
    Random,

    /// <summary>A policy half-way between random play and the expert.</summary>
    Medium,

    /// <summary>The environment's own expert, or the best policy that was trained.</summary>
    Expert,

    /// <summary>As much of each of the three.</summary>
    Mixed,
}

/// <summary>How a <see cref="DatasetGenerator"/> comes by its policies.</summary>
public sealed record DatasetGeneratorOptions
{
    // Two layers of 64 learn the small tasks at a sixth of the papers' cost.
    private static readonly string[] SmallSac = ["hidden=64,64", "batchSize=128", "learningRate=1e-3", "learningStarts=1000", "bufferSize=100000"];

    /// <summary>The algorithm that is trained; null for sac where actions are continuous and bounded, else ppo.</summary>
    public string? Algorithm { get; init; }

    /// <summary>Options of the algorithm, by name; null for those that suit a small task.</summary>
    public IReadOnlyDictionary<string, string>? Settings { get; init; }

    /// <summary>Environment steps it is trained for; null for 20,000 of sac and 100,000 of others.</summary>
    public long? Steps { get; init; }

    /// <summary>Measurements on the way, among which medium and expert are chosen; some tasks are solved between one moment and the next.</summary>
    public int Evaluations { get; init; } = 100;

    /// <summary>Episodes of a measurement.</summary>
    public int EvaluationEpisodes { get; init; } = 10;

    internal (string Algorithm, IReadOnlyDictionary<string, string> Settings, long Steps) For(Space actions)
    {
        var algorithm = Algorithm ?? (actions is Box { IsBounded: true } ? "sac" : "ppo");
        return (algorithm, Settings ?? (algorithm == "sac" ? SmallSac.ToDictionary(setting => setting.Split('=')[0], setting => setting.Split('=')[1]) : new Dictionary<string, string>()),
            Steps ?? (algorithm == "sac" ? 20_000 : 100_000));
    }
}

/// <summary>
/// Records data of any quality in any environment. An agent is trained once and measured on the way; the policies of the chosen moments are had by
/// training again from the same seed, which repeats every bit.
/// </summary>
public sealed class DatasetGenerator
{
    private const int ReferenceEpisodes = 100;

    private readonly EnvironmentRegistry registry;
    private readonly string environment;
    private readonly DatasetGeneratorOptions options;
    private readonly ulong seed;
    private readonly CancellationToken cancellation;
    private readonly Lazy<IReadOnlyList<(long Steps, double Return)>> measured;
    private readonly Lazy<double> chance;
    private readonly Dictionary<long, IAgent> agents = [];

    /// <summary>A generator for an environment; nothing is trained before it is needed.</summary>
    /// <param name="registry">Where the environment is found.</param>
    /// <param name="environment">Its id, options included.</param>
    /// <param name="seed">Seed of training and of every measurement.</param>
    /// <param name="options">How policies are trained; null for the defaults.</param>
    /// <param name="cancellation">Stops it.</param>
    public DatasetGenerator(EnvironmentRegistry registry, string environment, ulong seed, DatasetGeneratorOptions? options = null, CancellationToken cancellation = default)
    {
        (this.registry, this.environment, this.seed, this.options, this.cancellation) = (registry, environment, seed, options ?? new DatasetGeneratorOptions(), cancellation);
        measured = new(Train);
        chance = new(() => Measure(new RandomPolicy(Make().ActionSpace, RandomStream.Create(seed, "random policy")), ReferenceEpisodes));
    }

    /// <summary>The algorithm that is trained where a policy is needed, and for how many steps.</summary>
    public (string Algorithm, long Steps) Training => (options.For(Make().ActionSpace).Algorithm, options.For(Make().ActionSpace).Steps);

    /// <summary>Whether data of this quality needs a trained agent.</summary>
    public bool Trains(DataQuality quality) => quality is DataQuality.Medium or DataQuality.Mixed || quality == DataQuality.Expert && Scripted() is null;

    /// <summary>What random play and the expert return, for normalised scores.</summary>
    public ReferenceReturns References() => new(chance.Value, Measure(Expert(), ReferenceEpisodes), "the data set's generator");

    /// <summary>Records data.</summary>
    /// <param name="quality">How good the play is.</param>
    /// <param name="transitions">How many, at least 1; 3 of <see cref="DataQuality.Mixed"/>.</param>
    /// <param name="random">Where the recording draws from.</param>
    public OfflineDataset Record(DataQuality quality, int transitions, RandomStream random) => quality switch
    {
        DataQuality.Random => Record(new RandomPolicy(Make().ActionSpace, random.Child("policy")), transitions, random, "random"),
        DataQuality.Medium => Record(Trained(MediumSteps()).Policy, transitions, random, "medium"),
        DataQuality.Expert => Record(Expert(), transitions, random, "expert"),
        _ => OfflineDataset.Concatenate(
        [
            Record(DataQuality.Random, transitions - 2 * (transitions / 3), random.Child("random")),
            Record(DataQuality.Medium, transitions / 3, random.Child("medium")),
            Record(DataQuality.Expert, transitions / 3, random.Child("expert")),
        ]),
    };

    private IEnvironment Make() => registry.Make(environment);

    private IPolicy? Scripted() => Make().Find<IExpertKnown>()?.CreateExpert();

    private IPolicy Expert() => Scripted() ?? Trained(measured.Value.MaxBy(moment => moment.Return).Steps).Policy;

    /// <summary>The moment whose return was nearest to half-way between random play and the expert.</summary>
    private long MediumSteps()
    {
        var best = Scripted() is { } scripted ? Measure(scripted, ReferenceEpisodes) : measured.Value.Max(moment => moment.Return);
        var half = (chance.Value + best) / 2;
        return measured.Value.MinBy(moment => Math.Abs(moment.Return - half)).Steps;
    }

    private OfflineDataset Record(IPolicy policy, int transitions, RandomStream random, string source) => DatasetRecorder.Record(Make, policy, transitions, random, source, cancellation);

    private double Measure(IPolicy policy, int episodes, bool deterministic = true) => Evaluation.Run(policy, Make, episodes, seed, deterministic, cancellation).MeanReturn;

    /// <summary>Trains to the end. Policies draw their actions when they are measured, as they will when they are recorded.</summary>
    private List<(long Steps, double Return)> Train()
    {
        var moments = new List<(long, double)>();
        using var agent = Create(out var steps);
        var every = Math.Max(1, steps / options.Evaluations);
        while (agent.Steps < steps)
        {
            var before = agent.Steps;
            Advance(agent);
            if (agent.Steps / every != before / every) { moments.Add((agent.Steps, Measure(agent.Policy, options.EvaluationEpisodes, deterministic: false))); }
        }
        return moments;
    }

    /// <summary>The agent as it was at this step.</summary>
    private IAgent Trained(long steps)
    {
        if (agents.TryGetValue(steps, out var known)) { return known; }
        var agent = Create(out _);
        while (agent.Steps < steps) { Advance(agent); }
        return agents[steps] = agent;
    }

    private IAgent Create(out long steps)
    {
        var (algorithm, settings, total) = options.For(Make().ActionSpace);
        var registration = AlgorithmRegistry.Find(algorithm);
        steps = total;
        return registration.Create(new AgentRequest(registry, environment, registration.Options.Create<AlgorithmOptions>(settings), seed, total));
    }

    private void Advance(IAgent agent)
    {
        cancellation.ThrowIfCancellationRequested();
        agent.Advance(Silence.Instance);
    }

    private sealed class Silence : IMetricSink
    {
        public static Silence Instance { get; } = new();

        public void Add(string name, double value) { }

        public void Episode(double episodeReturn, int length) { }
    }
}
