using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Advantage actor-critic, the synchronous form of A3C (Mnih et al. 2016, "Asynchronous methods for deep reinforcement
/// learning", algorithm S3): short rollouts of many copies, one step of the plain policy gradient on each.
/// </summary>
public sealed class A2c : OnPolicyAgent
{
    private readonly A2cOptions options;
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
        : base(
            "a2c", environment, options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm a2c"),
            RandomStream.Create(seed, "a2c"), totalSteps, trunk)
    {
        this.options = options;
        order = new MinibatchOrder(options.RolloutSteps, environment.Count, 1, IsRecurrent);
        order.Reset();
        batch = CreateBatch(environment.Count);
    }

    /// <inheritdoc/>
    public override void Advance(IMetricSink metrics)
    {
        var learningRate = LearningRate;
        Collector.Collect(options.RolloutSteps, metrics);
        Collector.EstimateAdvantages(options.Gamma, options.Lambda);
        FollowAdvantages(batch, order[0], learningRate, metrics);
        metrics.Add("train/explained_variance", Collector.ExplainedVariance());
    }
}
