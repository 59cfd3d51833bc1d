using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Proximal policy optimisation with a clipped surrogate (Schulman et al. 2017, "Proximal policy optimization
/// algorithms"): collect T steps of N copies with the policy as it is, then improve it for a few epochs without
/// letting the probability ratio leave [1 - eps, 1 + eps].
/// </summary>
public sealed class Ppo : OnPolicyAgent
{
    private readonly PpoOptions options;
    private readonly RandomStream shuffleStream;
    private readonly MinibatchOrder order;
    private readonly Minibatch batch;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="totalSteps">Environment steps over which schedules run.</param>
    /// <param name="trunk">A network of your own between observations and heads; null for the one that the options describe.</param>
    /// <exception cref="UsageException">An option is out of range, or the action space has no policy head.</exception>
    public Ppo(VectorEnvironment environment, PpoOptions options, ulong seed, long totalSteps, INetworkFactory? trunk = null)
        : base(
            options is RecurrentPpoOptions ? "recurrent-ppo" : "ppo", environment,
            options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm ppo"), RandomStream.Create(seed, "ppo"), totalSteps, trunk)
    {
        this.options = options;
        shuffleStream = RandomStream.Create(seed, "ppo").Child("shuffle");
        order = new MinibatchOrder(options.RolloutSteps, environment.Count, options.Minibatches, IsRecurrent);
        batch = CreateBatch(environment.Count / options.Minibatches);
    }

    /// <inheritdoc/>
    public override void Advance(IMetricSink metrics)
    {
        var learningRate = LearningRate;
        Collector.Collect(options.RolloutSteps, metrics);
        Collector.EstimateAdvantages(options.Gamma, options.Lambda);
        Improve(learningRate, metrics);
        metrics.Add("train/learning_rate", learningRate);
        metrics.Add("train/explained_variance", Collector.ExplainedVariance());
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        base.Exchange(state);
        state.Part(nameof(shuffleStream), shuffleStream);
    }

    private void Improve(double learningRate, IMetricSink metrics)
    {
        order.Reset();
        for (var epoch = 0; epoch < options.Epochs; epoch++)
        {
            order.Shuffle(shuffleStream);
            for (var part = 0; part < order.Count; part++)
            {
                var losses = new Losses(Collector.Rollout, options, order.Size);
                var entropy = Differentiate(batch, order[part], ref losses);
                losses.Report(metrics, entropy);
                if (losses.Kl > 1.5 * options.TargetKl) { return; }
                Descend(learningRate, metrics);
            }
        }
    }

    /// <summary>PPO's losses of a mini-batch.</summary>
    private struct Losses(Rollout rollout, PpoOptions options, int rows) : IActorCriticLoss
    {
        private readonly double share = 1.0 / rows;
        private double policy, value, clipped;

        public double Kl { get; private set; }

        public (double Policy, double Value) Add(int row, double logProbability, double newValue, double advantage)
        {
            var logRatio = logProbability - rollout.LogProbabilities[row];
            var ratio = Math.Exp(logRatio);
            var policyLoss = PpoLoss.PolicyAt(ratio, advantage, options.Clip);
            var valueLoss = PpoLoss.Value(newValue, rollout.Values[row], rollout.Returns[row], options.ValueClip);
            policy += policyLoss.Loss * share;
            value += valueLoss.Loss * share;
            // KL: e^lr - 1 - lr, as PpoLoss.ApproximateKl
            Kl += (ratio - 1 - logRatio) * share;
            clipped += Math.Abs(ratio - 1) > options.Clip ? share : 0;
            return (policyLoss.Derivative, valueLoss.Derivative);
        }

        public readonly void Report(IMetricSink metrics, double entropy)
        {
            metrics.Add("loss/total", PpoLoss.Total(policy, value, entropy, options.ValueCoefficient, options.EntropyCoefficient));
            metrics.Add("loss/policy", policy);
            metrics.Add("loss/value", value);
            metrics.Add("train/entropy", entropy);
            metrics.Add("train/approximate_kl", Kl);
            metrics.Add("train/clip_fraction", clipped);
        }
    }
}
