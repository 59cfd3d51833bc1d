using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// An agent that searches the weights of its policy with an <see cref="IPopulationOptimizer"/>: each candidate plays
/// whole episodes, and only their returns count. The policy is the centre of the search.
/// </summary>
/// <remarks>
/// Candidates are made from the seed where they are played, and all candidates of a generation play episodes of the same
/// draws; results depend neither on the threads nor on the copies. Between generations nothing of an episode is left, so
/// a checkpoint holds the search and the observations' moments alone.
/// </remarks>
public sealed class EvolutionAgent : IAgent
{
    internal const string NetworkName = "policy";

    private readonly EvolutionOptions options;
    private readonly IPopulationOptimizer optimizer;
    private readonly ObservationEncoder encoder;
    private readonly NetworkGroup centre;
    private readonly EvolutionWorker[] workers;
    private readonly CandidateResult[] results;
    private readonly double[] costs;
    private readonly RandomStream random;
    private readonly Action<int> playShare;
    private long steps;

    private EvolutionAgent(string algorithm, Func<IEnvironment> create, EvolutionOptions options, ulong seed, Func<double[], IPopulationOptimizer> search)
    {
        Algorithm = algorithm;
        this.options = options;
        random = RandomStream.Create(seed, algorithm);
        var environments = Enumerable.Range(0, Math.Max(options.Copies, options.Threads)).Select(_ => create()).ToArray();
        (ObservationSpace, ActionSpace) = (environments[0].ObservationSpace, environments[0].ActionSpace);
        encoder = new ObservationEncoder(ObservationSpace, options.NormalizeObservations);
        var head = ActionHead.For(ActionSpace, ActionDistribution.Gaussian, features: 1);
        var mlp = new MlpSpecification(encoder.Size, options.Hidden, head.Outputs) { Activation = options.Activation, OutputGain = 0.01f };
        centre = NetworkGroup.Create(random.Child("initialization"), new NetworkOptions { Engine = Engine.Simd }, new MlpPart(NetworkName, mlp));
        IMaskedPolicy PolicyOf(INetwork network) => new NetworkPolicy(encoder, network, ActionHead.For(ActionSpace, ActionDistribution.Gaussian, features: 1), ObservationSpace, ActionSpace);
        Policy = PolicyOf(centre[NetworkName]);
        workers = [.. environments.Select(environment => new EvolutionWorker(environment, centre.Copy(), PolicyOf))];
        optimizer = search([.. centre.Parameters.Values.Select(value => (double)value)]);
        results = new CandidateResult[optimizer.Population];
        costs = new double[optimizer.Population];
        playShare = PlayShare;
        if (options.NormalizeObservations) { PlayCentre(); }
    }

    /// <inheritdoc/>
    public string Algorithm { get; }

    /// <inheritdoc/>
    public long Steps => steps;

    /// <inheritdoc/>
    public Space ObservationSpace { get; }

    /// <inheritdoc/>
    public Space ActionSpace { get; }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>The search.</summary>
    public IPopulationOptimizer Search => optimizer;

    /// <summary>CMA-ES over the policy's weights.</summary>
    /// <param name="create">Makes one copy of the environment.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <exception cref="UsageException">An option is out of range, the policy has too many weights, or the action space has no head.</exception>
    public static EvolutionAgent CmaEs(Func<IEnvironment> create, CmaEsOptions options, ulong seed)
    {
        OptionSet.Validated(options, "algorithm cma-es");
        return new EvolutionAgent("cma-es", create, options, seed, start => new CmaEs(start, options.InitialDeviation, seed, options.Population ?? 0));
    }

    /// <summary>OpenAI-ES over the policy's weights.</summary>
    /// <inheritdoc cref="CmaEs"/>
    public static EvolutionAgent OpenAiEs(Func<IEnvironment> create, OpenAiEsOptions options, ulong seed)
    {
        OptionSet.Validated(options, "algorithm openai-es");
        return new EvolutionAgent("openai-es", create, options, seed,
            start => new OpenAiEs(start, options.Deviation, options.LearningRate, seed, options.Population, options.WeightDecay));
    }

    /// <summary>One generation.</summary>
    public void Advance(IMetricSink metrics)
    {
        if (options.Threads == 1) { playShare(-1); }
        else { Parallel.For(0, workers.Length, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, playShare); }
        for (var i = 0; i < results.Length; i++)
        {
            costs[i] = -results[i].Value;
            steps += results[i].Steps;
            metrics.Episode(results[i].Return, (int)(results[i].Steps / options.Episodes));
        }
        optimizer.Tell(costs);
        ReadCentre();
        if (options.NormalizeObservations) { PlayCentre(); }
        metrics.Add("evolution/mean_return", results.Average(result => result.Return));
        metrics.Add("evolution/best_return", results.Max(result => result.Return));
        metrics.Add("evolution/deviation", optimizer.Deviation);
        metrics.Add("evolution/generation", optimizer.Generation);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(steps), ref steps);
        state.Part(nameof(random), random);
        state.Part(nameof(optimizer), optimizer);
        state.Part(nameof(encoder), encoder);
        if (state.IsLoading) { ReadCentre(); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var worker in workers) { worker.Dispose(); }
        centre.Dispose();
    }

    private RandomStream Draws => random.Child("generation", optimizer.Generation);

    /// <summary>The candidates of one worker; all of them for -1.</summary>
    private void PlayShare(int worker)
    {
        var draws = Draws;
        var (first, stride) = worker < 0 ? (0, 1) : (worker, workers.Length);
        for (var i = first; i < results.Length; i += stride)
        {
            results[i] = workers[Math.Max(worker, 0)].Play(optimizer, i, options.Episodes, options.Gamma, draws);
        }
    }

    /// <summary>The centre's own episodes feed the moments: one sequence, whichever threads play the candidates.</summary>
    private void PlayCentre() => steps += workers[0].Play(optimizer.Mean, options.Episodes, options.Gamma, random.Child("centre", optimizer.Generation), encoder).Steps;

    private void ReadCentre()
    {
        for (var i = 0; i < optimizer.Dimension; i++) { centre.Parameters.Values[i] = (float)optimizer.Mean[i]; }
    }
}
