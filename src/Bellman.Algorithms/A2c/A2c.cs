using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Advantage actor-critic, the synchronous form of A3C (Mnih et al. 2016, "Asynchronous methods for deep reinforcement
/// learning", algorithm S3): short rollouts of many copies, one step of the plain policy gradient on each.
/// </summary>
public sealed class A2c : IAgent
{
    private readonly VectorEnvironment environment;
    private readonly A2cOptions options;
    private readonly long totalSteps;
    private readonly ObservationEncoder encoder;
    private readonly ActorCritic model;
    private readonly RolloutCollector collector;
    private readonly PolicyGradient gradient;
    private readonly Adam optimizer;
    private readonly MinibatchOrder order;
    private readonly Minibatch batch;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="totalSteps">Environment steps over which schedules run.</param>
    /// <param name="trunk">A network of your own between observations and heads; null for the one that the options describe.</param>
    /// <exception cref="UsageException">An option is out of range, or the action space has no policy head.</exception>
    public A2c(VectorEnvironment environment, A2cOptions options, ulong seed, long totalSteps, INetworkFactory? trunk = null)
    {
        this.environment = environment;
        this.options = options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm a2c");
        this.totalSteps = totalSteps;
        var random = RandomStream.Create(seed, "a2c");
        encoder = new ObservationEncoder(environment.ObservationSpace, options.NormalizeObservations);
        model = ActorCritic.Create(environment.ObservationSpace, environment.ActionSpace, options, random.Child("initialization"), trunk);
        optimizer = new Adam(model.Parameters, new AdamOptions { LearningRate = options.LearningRate, Epsilon = 1e-5 });
        collector = new RolloutCollector(environment, encoder, model, random, options.NoiseSteps);
        gradient = new PolicyGradient(model, options, collector);
        order = new MinibatchOrder(options.RolloutSteps, environment.Count, 1, model.IsRecurrent);
        order.Reset();
        batch = new Minibatch(model, encoder.Size, environment.Count);
        Policy = new ActorCriticPolicy(encoder, model, environment.ObservationSpace, environment.ActionSpace);
    }

    /// <inheritdoc/>
    public string Algorithm => "a2c";

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
        collector.Collect(options.RolloutSteps, metrics);
        collector.EstimateAdvantages(options.Gamma, options.Lambda);
        var losses = new AdvantageLoss(collector.Rollout, order.Size);
        metrics.Add("train/entropy", gradient.Compute(batch, order[0], ref losses));
        losses.Report(metrics);
        metrics.Add("train/gradient_norm", model.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step(learningRate);
        metrics.Add("train/learning_rate", learningRate);
        metrics.Add("train/explained_variance", collector.ExplainedVariance());
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
