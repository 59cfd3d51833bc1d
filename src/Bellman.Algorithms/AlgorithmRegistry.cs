using Bellman.Algorithms.Imitation;
using Bellman.Algorithms.Tabular;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>What an agent is made from.</summary>
/// <param name="Environments">Where its environment is found.</param>
/// <param name="EnvironmentId">The environment's id, options included.</param>
/// <param name="Options">The algorithm's options record, validated.</param>
/// <param name="Seed">Seed of every random draw.</param>
/// <param name="TotalSteps">Environment steps over which schedules run.</param>
public sealed record AgentRequest(EnvironmentRegistry Environments, string EnvironmentId, AlgorithmOptions Options, ulong Seed, long TotalSteps)
{
    /// <summary>Loads the policy of a run, for algorithms that learn from an expert; null where there are no runs.</summary>
    public Func<string, IPolicy>? LoadPolicy { get; init; }

    /// <summary>The expert that an imitator's options name.</summary>
    /// <exception cref="UsageException">None is named, or there are no runs to load it from.</exception>
    public IPolicy Expert(string algorithm, string expert) => expert.Length > 0 && LoadPolicy is not null
        ? LoadPolicy(expert)
        : throw new UsageException($"{algorithm} imitates an expert, and none is given. Add --expert RUN, a run of the same environment (id, folder or latest; RUN:last for its last policy); 'bellman train' makes one.");

    /// <summary>The copies that the options ask for.</summary>
    public VectorEnvironment MakeVector() => Environments.MakeVector(EnvironmentId, Options.Copies, Options.Threads);
}

/// <summary>An algorithm that can be named on the command line.</summary>
/// <param name="Name">Its name, e.g. <c>ppo</c>.</param>
/// <param name="Summary">One sentence: what it is and when to take it.</param>
/// <param name="Options">Its options.</param>
/// <param name="Create">Makes an agent.</param>
public sealed record AlgorithmRegistration(string Name, string Summary, OptionSet Options, Func<AgentRequest, IAgent> Create)
{
    /// <summary>Makes an agent over a data set in memory; null for an algorithm that learns from an environment.</summary>
    internal Func<OfflineRequest, IOfflineAgent>? CreateOffline { get; init; }
}

/// <summary>What an offline agent is made from.</summary>
internal sealed record OfflineRequest(Space Observations, Space Actions, OfflineDataset Data, OfflineOptions Options, ulong Seed, IReplaySampler? Sampler);

/// <summary>The algorithms that can be used by name.</summary>
public static class AlgorithmRegistry
{
    /// <summary>Every algorithm, by name.</summary>
    public static IReadOnlyList<AlgorithmRegistration> All { get; } =
    [
        Define<A2cOptions>("a2c", "Advantage actor-critic: one plain policy-gradient step on short rollouts of many copies; the simplest learner that scales.",
            (request, options) => new A2c(request.MakeVector(), options, request.Seed, request.TotalSteps)),
        DefineOffline<AwacOptions>("awac", "Advantage-weighted actor-critic, offline: imitates recorded actions the more the better they are than the policy's own.",
            (size, actions, options, random) => new AdvantageWeightedActorCritic(size, Continuous(actions, "awac"), options, random)),
        DefineOffline<BehaviourCloningOptions>("bc", "Behaviour cloning, offline: what was recorded is the right answer; the baseline of every other offline algorithm.",
            (size, actions, options, random) => actions is Discrete discrete
                ? new DiscreteBehaviourCloning(size, discrete.Count, options, random)
                : new BehaviourCloning(size, Continuous(actions, "bc"), options, random)),
        Define<BootstrappedDqnOptions>("bootstrapped-dqn", "An ensemble of value functions with random priors, one of which acts for an episode; for rewards that only deep exploration finds.",
            (request, options) => new BootstrappedDqn(request.MakeVector(), options, request.Seed)),
        DefineDqn<C51Options>("c51", "DQN that learns a categorical distribution of returns (C51); set minimumReturn and maximumReturn to the task's."),
        Define<CmaEsOptions>("cma-es", "Evolution with an adapted covariance over a small policy's weights; any actions, no gradients, few settings.",
            (request, options) => EvolutionAgent.CmaEs(() => request.Environments.Make(request.EnvironmentId), options, request.Seed)),
        DefineOffline<CqlOptions>("cql", "Conservative Q-learning, offline: soft actor-critic (double Q-learning for discrete actions) whose critics are lowered at actions that were not recorded.",
            (size, actions, options, random) => actions is Discrete discrete
                ? new DiscreteConservativeQLearning(size, discrete.Count, options, random)
                : new SacLearner(size, Continuous(actions, "cql"), options.For(new SacOptions()), random, new ConservativeTerm(size, actions.Size, options))),
        Define<DAggerOptions>("dagger", "DAgger: an expert labels the states that the imitator meets, which is fitted to all of them; where cloning drifts off what was shown.",
            (request, options) => InteractiveImitation.DAgger(request.Environments.Make(request.EnvironmentId), request.Expert("dagger", options.Expert), options, request.Seed, Initial("dagger", options))),
        Define<DdpgOptions>("ddpg", "Deep deterministic policy gradient: the plain off-policy actor-critic for continuous actions; td3 and sac are steadier.",
            (request, options) => new Ddpg(request.MakeVector(), options, request.Seed)),
        DefineOffline("decision-transformer", "Decision transformer, offline: tells actions from the return still wanted; sequences in place of values.",
            OptionSet.Of<DecisionTransformerOptions>("algorithm decision-transformer"), request => new DecisionTransformer(
                request.Observations, request.Actions, request.Data, (DecisionTransformerOptions)request.Options, request.Seed, request.Sampler)),
        Define<DiscreteSacOptions>("discrete-sac", "Soft actor-critic over discrete actions: entropy-seeking, from replay, where samples are dear.",
            (request, options) => new DiscreteSac(request.MakeVector(), options, request.Seed)),
        DefineDqn<DqnOptions>("dqn", "Deep Q-learning with replay, target network and double targets; for discrete actions where samples are dear. Every extension is a switch."),
        Define<DreamerOptions>("dreamer", "Learns a latent model of the environment and a policy inside its imagination; continuous actions, pictures or vectors, where samples are dear.",
            (request, options) => new Dreamer(request.MakeVector(), options, request.Seed)),
        Define<DrqOptions>("drq-v2", "Deterministic actor-critic over pictures that are shifted at random; continuous actions from pixels, from replay.",
            (request, options) => new DrqV2(request.MakeVector(), options, request.Seed)),
        DefineOffline<EdacOptions>("edac", "Soft actor-critic with an ensemble of critics whose minimum counts, kept diverse, offline; with diversity=0 it is SAC-N.",
            (size, actions, options, random) => new SacLearner(
                size, Continuous(actions, "edac"), options.For(new SacOptions { DeviationBound = LogDeviationBound.NarrowClamp }), random,
                new CriticRules(options.Critics, Diversity: options.Diversity, ActorFirst: true, SmallHeads: true))),
        Define<HgDAggerOptions>("hg-dagger", "HG-DAgger: the imitator acts until the expert takes over, whose actions then are cloned; for experts who cannot label what others do.",
            (request, options) => InteractiveImitation.HgDAgger(request.Environments.Make(request.EnvironmentId), request.Expert("hg-dagger", options.Expert), options, request.Seed, Initial("hg-dagger", options))),
        Define<OpenAiEsOptions>("openai-es", "Evolution by ranks of mirrored candidates; any actions and network sizes, cheap to run on many threads.",
            (request, options) => EvolutionAgent.OpenAiEs(() => request.Environments.Make(request.EnvironmentId), options, request.Seed)),
        DefineOffline<IqlOptions>("iql", "Implicit Q-learning, offline: values of the best recorded actions without ever asking about others; the first thing to try on a data set.",
            (size, actions, options, random) => actions is Discrete discrete
                ? new DiscreteImplicitQLearning(size, discrete.Count, options, random)
                : new ImplicitQLearning(size, Continuous(actions, "iql"), options, random)),
        DefineDqn<IqnOptions>("iqn", "DQN that learns quantiles at any probability (IQN)."),
        Define<PpoOptions>("ppo", "Proximal policy optimisation; discrete or continuous actions, the first thing to try where samples are cheap.",
            (request, options) => new Ppo(request.MakeVector(), options, request.Seed, request.TotalSteps)),
        Define<TabularOptions>("q-learning", "Q-learning on a table; for finitely many observations.",
            (request, options) => new TabularAgent(TabularMethod.QLearning, request.MakeVector(), options, request.Seed, request.TotalSteps)),
        Define<MbpoOptions>("mbpo", "Model-based policy optimisation: soft actor-critic on short rollouts in a learned ensemble; where environment steps are very dear.",
            (request, options) => new Mbpo(request.MakeVector(), options, TerminalFunctions.Find(options.Terminal, request.EnvironmentId), request.Seed)),
        Define<MopoOptions>("mopo", "Model-based offline policy optimisation: rollouts in a model of the data, whose rewards are lowered where it is uncertain.",
            (request, options) => ModelBasedOffline.CreateMopo(request, ReadData("mopo", options))),
        DefineDqn<QrDqnOptions>("qr-dqn", "DQN that learns quantiles of returns (QR-DQN)."),
        DefineDqn<RainbowOptions>("rainbow", "DQN with all extensions: double, duelling, prioritised, multi-step, categorical and noisy; set minimumReturn and maximumReturn."),
        Define<RecurrentPpoOptions>("recurrent-ppo", "Proximal policy optimisation with an LSTM or GRU; for tasks in which one observation does not show the state.",
            (request, options) => new Ppo(request.MakeVector(), options, request.Seed, request.TotalSteps)),
        Define<ReinforceOptions>("reinforce", "REINFORCE on whole episodes, with or without a baseline; the textbook's policy gradient.",
            (request, options) => new Reinforce(request.MakeVector(), options, request.Seed, request.TotalSteps)),
        Define<SacOptions>("sac", "Soft actor-critic: continuous actions from replay, exploration by entropy; the first thing to try where samples are dear.",
            (request, options) => new Sac(request.MakeVector(), options, request.Seed)),
        Define<TabularOptions>("sarsa", "SARSA on a table: learns the value of the policy it follows, exploration included.",
            (request, options) => new TabularAgent(TabularMethod.Sarsa, request.MakeVector(), options, request.Seed, request.TotalSteps)),
        Define<Td3Options>("td3", "Twin delayed deterministic policy gradient: continuous actions from replay, exploration by noise.",
            (request, options) => new Td3(request.MakeVector(), options, request.Seed)),
        DefineOffline<Td3BcOptions>("td3-bc", "TD3 with behaviour cloning, offline: climbs the critic and stays near the recorded actions.",
            (size, actions, options, random) => new DeterministicLearner(
                size, Continuous(actions, "td3-bc"), options.For(new Td3Options()),
                new DeterministicRules(2, options.PolicyDelay, options.TargetNoise, 0.5, options.ValueWeight), random)),
        Define<ValueIterationOptions>("value-iteration", "Exact planning with the environment's own model; a reference for the learners.",
            (request, options) => new ValueIterationAgent(request.Environments.Make(request.EnvironmentId), options)),
    ];

    /// <summary>The algorithm called <paramref name="name"/>.</summary>
    /// <exception cref="UsageException">There is none; the message lists the nearest names.</exception>
    public static AlgorithmRegistration Find(string name) => Find(name, All);

    /// <summary>The algorithm called <paramref name="name"/> among <paramref name="known"/>: these and others.</summary>
    /// <exception cref="UsageException">There is none; the message lists the nearest names.</exception>
    public static AlgorithmRegistration Find(string name, IReadOnlyList<AlgorithmRegistration> known) =>
        known.FirstOrDefault(algorithm => algorithm.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw NearNames.Unknown("algorithm", name, known.Select(algorithm => algorithm.Name), $"There are: {string.Join(", ", known.Select(algorithm => algorithm.Name))}.");

    private static AlgorithmRegistration DefineDqn<T>(string name, string summary) where T : DqnOptions, new() =>
        Define<T>(name, summary, (request, options) => new Dqn(request.MakeVector(), options, request.Seed, request.TotalSteps, name));

    /// <summary>An offline agent over a data set that is already in memory.</summary>
    /// <param name="name">An offline algorithm.</param>
    /// <param name="observations">What the policy reads.</param>
    /// <param name="actions">What it writes.</param>
    /// <param name="data">The transitions, recorded in these spaces.</param>
    /// <param name="options">Its options.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="sampler">Who is drawn; null for what the options say.</param>
    /// <exception cref="UsageException">There is no such algorithm, it is not offline, or the data does not fit.</exception>
    public static IOfflineAgent CreateOffline(string name, Space observations, Space actions, OfflineDataset data, OfflineOptions options, ulong seed, IReplaySampler? sampler = null) =>
        Find(name) is { CreateOffline: { } create } ? create(new OfflineRequest(observations, actions, data, options, seed, sampler))
            : throw new UsageException($"{name} does not learn from a data set. Those that do: {string.Join(", ", All.Where(entry => entry.CreateOffline is not null).Select(entry => entry.Name))}.");

    private static AlgorithmRegistration DefineOffline<T>(string name, string summary, Func<int, Space, T, RandomStream, IOffPolicyLearner> create) where T : OfflineOptions, new() =>
        DefineOffline(name, summary, OptionSet.Of<T>($"algorithm {name}"), request => new OfflineAgent(
            name, request.Observations, request.Actions, request.Data, request.Options, request.Seed,
            (encoder, random) => create(encoder.Size, request.Actions, (T)request.Options, random), request.Sampler));

    private static AlgorithmRegistration DefineOffline(string name, string summary, OptionSet options, Func<OfflineRequest, IOfflineAgent> create) =>
        new(name, summary, options, request =>
        {
            var environment = request.Environments.Make(request.EnvironmentId);
            var given = (OfflineOptions)request.Options;
            return create(new OfflineRequest(environment.ObservationSpace, environment.ActionSpace, ReadData(name, given), given, request.Seed, null));
        })
        { CreateOffline = create };

    /// <summary>The data set of an offline algorithm's options.</summary>
    /// <param name="name">The algorithm, for messages.</param>
    /// <param name="options">Name one or more files.</param>
    /// <exception cref="UsageException">None is given, or a file is not a data set.</exception>
    public static OfflineDataset ReadData(string name, OfflineOptions options) => options.Data.Length > 0
        ? OfflineDataset.Concatenate([.. options.Files().Select(file => DatasetFile.Read(file, options.SingleTrajectory))])
        : throw new UsageException($"{name} learns from a data set, and none is given. Add --data FILE, an HDF5 file in the D4RL or Minari layout; 'bellman dataset make' records one.");

    private static OfflineDataset? Initial(string algorithm, OfflineOptions options) => options.Data.Length == 0 ? null : ReadData(algorithm, options);

    private static int Continuous(Space actions, string algorithm) => BoundedActions.For(actions, algorithm).Size;

    private static AlgorithmRegistration Define<T>(string name, string summary, Func<AgentRequest, T, IAgent> create) where T : AlgorithmOptions, new() =>
        new(name, summary, OptionSet.Of<T>($"algorithm {name}"), request => create(request, (T)request.Options));
}
