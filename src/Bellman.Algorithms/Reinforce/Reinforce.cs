using System.Runtime.InteropServices;
using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// REINFORCE (Williams 1992, "Simple statistical gradient-following algorithms for connectionist reinforcement
/// learning"): play whole episodes, make what was done more likely in proportion to the return that followed. With a
/// baseline, the learnt value of the state is subtracted from the return first.
/// </summary>
/// <remarks>The discount gamma^t of the state's own weight is left out, as everybody does.</remarks>
public sealed class Reinforce : OnPolicyAgent
{
    private readonly ReinforceOptions options;
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
        : base("reinforce", environment, options = Validated(options, environment.Count), RandomStream.Create(seed, "reinforce"), totalSteps, trunk)
    {
        if (IsRecurrent) { throw new UsageException("REINFORCE cannot train a network with memory; take ppo or a2c."); }
        this.options = options;
        batch = CreateBatch(sequences: 0);
    }

    /// <inheritdoc/>
    public override void Advance(IMetricSink metrics)
    {
        var learningRate = LearningRate;
        Collector.CollectEpisodes(options.Episodes, options.LongestEpisode, metrics, rows);
        // A_t = G_t - b(s_t): with lambda 1 the generalised advantage is just that.
        if (options.Baseline) { Collector.EstimateAdvantages(options.Gamma, 1); } else { Collector.EstimateReturns(options.Gamma); }
        FollowAdvantages(batch, CollectionsMarshal.AsSpan(rows), learningRate, metrics);
    }

    private static ReinforceOptions Validated(ReinforceOptions options, int copies)
    {
        options = OptionSet.Validated(options with { Copies = copies }, "algorithm reinforce");
        return options.Baseline ? options : options with { ValueCoefficient = 0 };
    }
}
