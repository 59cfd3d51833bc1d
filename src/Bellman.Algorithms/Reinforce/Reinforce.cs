using System.Runtime.InteropServices;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// REINFORCE (Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement
/// learning"): play whole episodes, make what was done more likely in proportion to the return that followed. With a
/// baseline, the learnt value of the state is subtracted from the return first.
/// </summary>
/// <remarks>The discount gamma^t of the state's own weight is left out, as everybody does.</remarks>
public sealed class Reinforce : IAgent
{
    private readonly VectorEnvironment environment;
    private readonly ReinforceOptions options;
    private readonly long totalSteps;
    private readonly ObservationEncoder encoder;
    private readonly ActorCritic model;
    private readonly RolloutCollector collector;
    private readonly PolicyGradient gradient;
    private readonly Adam optimizer;
    private readonly Minibatch batch;
    private readonly List<int> rows = [];

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="totalSteps">Environment steps over which schedules run.</param>
    /// <param name="trunk">A network of your own between observations and heads; null for the one that the options describe.</param>
    /// <exception cref="UsageException">An option is out of range, or the action space has no policy head.</exception>
    public Reinforce(VectorEnvironment environment, ReinforceOptions options, ulong seed, long totalSteps, INetworkFactory? trunk = null)
    {
        this.environment = environment;
        options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm reinforce");
        this.options = options = options.Baseline ? options : options with { ValueCoefficient = 0 };
        this.totalSteps = totalSteps;
        var random = RandomStream.Create(seed, "reinforce");
        encoder = new ObservationEncoder(environment.ObservationSpace, options.NormalizeObservations);
        model = ActorCritic.Create(environment.ObservationSpace, environment.ActionSpace, options, random.Child("initialization"), trunk);
        if (model.IsRecurrent) { throw new UsageException("REINFORCE cannot train a network with memory; take ppo or a2c."); }
        optimizer = new Adam(model.Parameters, new AdamOptions { LearningRate = options.LearningRate, Epsilon = 1e-5 });
        collector = new RolloutCollector(environment, encoder, model, random, options.NoiseSteps);
        gradient = new PolicyGradient(model, options, collector);
        batch = new Minibatch(model, encoder.Size, 0);
        Policy = new ActorCriticPolicy(encoder, model, environment.ObservationSpace, environment.ActionSpace);
    }

    /// <inheritdoc/>
    public string Algorithm => "reinforce";

    /// <inheritdoc/>
    public long Steps => collector.Steps;

    /// <inheritdoc/>
    public Space ObservationSpace => environment.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => environment.ActionSpace;

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <inheritdoc/>
    public void Advance(IMetricSink metrics)
    {
        var learningRate = options.LearningRateAt(Steps, totalSteps);
        collector.CollectEpisodes(options.Episodes, options.LongestEpisode, metrics, rows);
        // A_t = G_t - b(s_t): with lambda 1 the generalised advantage is just that.
        if (options.Baseline) { collector.EstimateAdvantages(options.Gamma, 1); } else { collector.EstimateReturns(options.Gamma); }
        var losses = new AdvantageLoss(collector.Rollout, rows.Count);
        metrics.Add("train/entropy", gradient.Compute(batch, CollectionsMarshal.AsSpan(rows), ref losses));
        losses.Report(metrics);
        metrics.Add("train/gradient_norm", model.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step(learningRate);
        metrics.Add("train/learning_rate", learningRate);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(model), model);
        state.Part(nameof(optimizer), optimizer);
        state.Part(nameof(encoder), encoder);
        state.Part(nameof(collector), collector);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        collector.Dispose();
        model.Dispose();
    }
}
