using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// What REINFORCE, A2C and PPO share: one policy with its value function collects rollouts, and gradient steps on what
/// was just collected improve it. How much is collected and what is made of it is each algorithm's own.
/// </summary>
public abstract class OnPolicyAgent : IAgent
{
    private readonly VectorEnvironment environment;
    private readonly ActorCriticOptions options;
    private readonly long totalSteps;
    private readonly ObservationEncoder encoder;
    private readonly ActorCritic model;
    private readonly PolicyGradient gradient;
    private readonly Adam optimizer;

    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="algorithm">Its name on the command line.</param>
    /// <param name="environment">The copies.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Every random draw comes from its children.</param>
    /// <param name="totalSteps">Environment steps over which schedules run.</param>
    /// <param name="trunk">A network between observations and heads; null for the one that the options describe.</param>
    /// <exception cref="UsageException">The action space has no policy head, or the trunk does not fit.</exception>
    private protected OnPolicyAgent(string algorithm, VectorEnvironment environment, ActorCriticOptions options, RandomStream random, long totalSteps, INetworkFactory? trunk)
    {
        Algorithm = algorithm;
        this.environment = environment;
        this.options = options;
        this.totalSteps = totalSteps;
        encoder = new ObservationEncoder(environment.ObservationSpace, options.NormalizeObservations);
        model = ActorCritic.Create(environment.ObservationSpace, environment.ActionSpace, options, random.Child("initialization"), trunk);
        optimizer = new Adam(model.Parameters, new AdamOptions { LearningRate = options.LearningRate, Epsilon = 1e-5 });
        Collector = new RolloutCollector(environment, encoder, model, random, options.NoiseSteps);
        gradient = new PolicyGradient(model, options, Collector);
        Policy = new ActorCriticPolicy(encoder, model, environment.ObservationSpace, environment.ActionSpace);
    }

    /// <inheritdoc/>
    public string Algorithm { get; }

    /// <inheritdoc/>
    public long Steps => Collector.Steps;

    /// <inheritdoc/>
    public Space ObservationSpace => environment.ObservationSpace;

    /// <inheritdoc/>
    public Space ActionSpace => environment.ActionSpace;

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    private protected RolloutCollector Collector { get; }

    private protected bool IsRecurrent => model.IsRecurrent;

    /// <summary>The learning rate now.</summary>
    private protected double LearningRate => options.LearningRateAt(Steps, totalSteps);

    /// <inheritdoc/>
    public abstract void Advance(IMetricSink metrics);

    /// <inheritdoc/>
    public virtual void Exchange(StateExchange state)
    {
        state.Part(nameof(model), model);
        state.Part(nameof(optimizer), optimizer);
        state.Part(nameof(encoder), encoder);
        state.Part("collector", Collector);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Collector.Dispose();
        model.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A mini-batch of the model's.</summary>
    /// <param name="sequences">Sequences in it, where the policy remembers.</param>
    private protected Minibatch CreateBatch(int sequences) => new(model, encoder.Size, sequences);

    /// <summary>The gradient of the losses of some rows of the last rollout; returns the policy's mean entropy.</summary>
    private protected double Differentiate<TLoss>(Minibatch batch, ReadOnlySpan<int> rows, ref TLoss loss) where TLoss : struct, IActorCriticLoss =>
        gradient.Compute(batch, rows, ref loss);

    /// <summary>One step along the gradient.</summary>
    private protected void Descend(double learningRate, IMetricSink metrics)
    {
        metrics.Add("train/gradient_norm", model.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step(learningRate);
    }

    /// <summary>One step of the plain policy gradient on some rows of the last rollout.</summary>
    private protected void FollowAdvantages(Minibatch batch, ReadOnlySpan<int> rows, double learningRate, IMetricSink metrics)
    {
        var losses = new AdvantageLoss(Collector.Rollout, rows.Length);
        metrics.Add("train/entropy", Differentiate(batch, rows, ref losses));
        losses.Report(metrics);
        Descend(learningRate, metrics);
        metrics.Add("train/learning_rate", learningRate);
    }
}
