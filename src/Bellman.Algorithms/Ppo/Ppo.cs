using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Proximal policy optimisation with a clipped surrogate (Schulman et al. 2017, "Proximal policy optimization
/// algorithms"): collect T steps of N copies with the policy as it is, then improve it for a few epochs without
/// letting the probability ratio leave [1 - eps, 1 + eps].
/// </summary>
public sealed class Ppo : IAgent
{
    private readonly VectorEnvironment environment;
    private readonly PpoOptions options;
    private readonly long totalSteps;
    private readonly ObservationEncoder encoder;
    private readonly ActorCritic model;
    private readonly RolloutCollector collector;
    private readonly PolicyGradient gradient;
    private readonly Adam optimizer;
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
    {
        this.environment = environment;
        this.options = options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm ppo");
        this.totalSteps = totalSteps;
        var random = RandomStream.Create(seed, "ppo");
        shuffleStream = random.Child("shuffle");
        encoder = new ObservationEncoder(environment.ObservationSpace, options.NormalizeObservations);
        model = ActorCritic.Create(environment.ObservationSpace, environment.ActionSpace, options, random.Child("initialization"), trunk);
        optimizer = new Adam(model.Parameters, new AdamOptions { LearningRate = options.LearningRate, Epsilon = 1e-5 });
        collector = new RolloutCollector(environment, encoder, model, random, options.NoiseSteps);
        gradient = new PolicyGradient(model, options, collector);
        order = new MinibatchOrder(options.RolloutSteps, environment.Count, options.Minibatches, model.IsRecurrent);
        batch = new Minibatch(model, encoder.Size, environment.Count / options.Minibatches);
        Policy = new ActorCriticPolicy(encoder, model, environment.ObservationSpace, environment.ActionSpace);
    }

    /// <inheritdoc/>
    public string Algorithm => options is RecurrentPpoOptions ? "recurrent-ppo" : "ppo";

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
        Improve(learningRate, metrics);
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
        state.Part(nameof(shuffleStream), shuffleStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        collector.Dispose();
        model.Dispose();
    }

    private void Improve(double learningRate, IMetricSink metrics)
    {
        order.Reset();
        for (var epoch = 0; epoch < options.Epochs; epoch++)
        {
            order.Shuffle(shuffleStream);
            for (var part = 0; part < order.Count; part++)
            {
                var losses = new Losses(collector.Rollout, options, order.Size);
                var entropy = gradient.Compute(batch, order[part], ref losses);
                losses.Report(metrics, entropy);
                if (losses.Kl > 1.5 * options.TargetKl) { return; }
                metrics.Add("train/gradient_norm", model.Parameters.ClipGradients(options.MaximumGradientNorm));
                optimizer.Step(learningRate);
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
