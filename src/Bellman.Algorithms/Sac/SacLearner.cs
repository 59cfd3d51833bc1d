using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>The learning half of <see cref="Sac"/>: critic, actor, temperature, targets, in this order.</summary>
public sealed class SacLearner : IOffPolicyLearner
{
    private readonly SacOptions options;
    private readonly int actionSize;
    private readonly ActionValueCritics critics;
    private readonly Actor actor;
    private readonly Temperature temperature;
    private readonly RandomStream drawStream;
    private readonly TanhGaussianBatch draws;
    private readonly DiscountPowers discounts;
    private readonly CriticRules rules;
    private readonly ConservativeTerm? conservative;
    private readonly float[] outputs;
    private readonly float[] outputGradients;
    private readonly float[] actionGradients;
    private readonly float[] targets;
    private float[] actingOutputs = [];

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actionSize">Components of an action in [-1, 1].</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Weights and draws come from its children.</param>
    public SacLearner(int observationSize, int actionSize, SacOptions options, RandomStream random)
        : this(observationSize, actionSize, options, random, CriticRules.Twin, null)
    {
    }

    /// <summary>A learner with another ensemble of critics.</summary>
    /// <inheritdoc cref="SacLearner(int, int, SacOptions, RandomStream)"/>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actionSize">Components of an action in [-1, 1].</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Weights and draws come from its children.</param>
    /// <param name="rules">How many critics, what is made of their values, how they are kept apart.</param>
    /// <exception cref="UsageException">The rules cannot be followed.</exception>
    public SacLearner(int observationSize, int actionSize, SacOptions options, RandomStream random, CriticRules rules)
        : this(observationSize, actionSize, options, random, rules, null)
    {
    }

    /// <summary>A learner whose critics are conservative: conservative Q-learning.</summary>
    internal SacLearner(int observationSize, int actionSize, SacOptions options, RandomStream random, ConservativeTerm conservative)
        : this(observationSize, actionSize, options, random, CriticRules.Twin, conservative)
    {
    }

    private SacLearner(int observationSize, int actionSize, SacOptions options, RandomStream random, CriticRules rules, ConservativeTerm? conservative)
    {
        this.rules = rules;
        this.conservative = conservative;
        this.options = options;
        this.actionSize = actionSize;
        critics = new ActionValueCritics(observationSize, actionSize, rules, options, random.Child("critics"));
        var mlp = rules.OfActor(new MlpSpecification(observationSize, options.Hidden, 2 * actionSize) { Activation = options.Activation, Initialization = Initialization.FanIn });
        actor = new Actor(mlp, options, random.Child("actor"));
        temperature = new Temperature(options, options.TargetEntropy ?? SacLoss.DefaultTargetEntropy(actionSize), options.LearningRate);
        drawStream = random.Child("draw");
        draws = new TanhGaussianBatch(options.BatchSize, actionSize, options.DeviationBound);
        discounts = new DiscountPowers(options.Gamma, options.MultiStep);
        outputs = new float[options.BatchSize * 2 * actionSize];
        outputGradients = new float[outputs.Length];
        actionGradients = new float[options.BatchSize * actionSize];
        targets = new float[options.BatchSize];
    }

    /// <summary>The critics, usually two.</summary>
    public ActionValueCritics Critics => critics;

    /// <summary>The actor's parameters and gradients.</summary>
    public ParameterBuffer ActorParameters => actor.Parameters;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => critics.Errors;

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random)
    {
        if (actingOutputs.Length != count * 2 * actionSize) { actingOutputs = new float[count * 2 * actionSize]; }
        actor.Network.Forward(observations, count, actingOutputs);
        SquashedGaussianPolicy.Draw(actingOutputs, actionSize, options.DeviationBound, random, actions);
    }

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) => new SquashedGaussianPolicy(
        new EncodedNetwork(encoder, actor.Network, observationSpace), options.DeviationBound, BoundedActions.For(actionSpace, "sac"));

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        if (rules.ActorFirst)
        {
            UpdateActor(batch, metrics);
            UpdateCritics(batch, metrics);
        }
        else
        {
            UpdateCritics(batch, metrics);
            UpdateActor(batch, metrics);
        }
        critics.MoveTargets();
    }

    /// <summary>One step of the critics towards y = r + γ (1 - terminated) (min Q⁻(s', a') - α log π(a'|s')).</summary>
    public void UpdateCritics(ReplayBatch batch, IMetricSink metrics)
    {
        actor.Network.Forward(batch.NextObservations, batch.Size, outputs);
        draws.Sample(outputs, drawStream);
        var minimum = critics.TargetMinimum(batch.NextObservations, draws.Actions);
        var alpha = temperature.Value;
        for (var i = 0; i < targets.Length; i++)
        {
            var next = conservative is null ? SacLoss.SoftValue(minimum[i], alpha, draws.LogProbabilities[i]) : minimum[i];
            targets[i] = (float)ActorCriticLoss.Target(batch.Rewards[i], discounts.Of(batch, i), next);
        }
        if (conservative is null)
        {
            critics.Fit(batch, targets, metrics);
            return;
        }
        conservative.Draw(batch, actor.Network, drawStream);
        critics.FitConservatively(conservative, targets, metrics);
    }

    /// <summary>One step of the actor on mean(α log π - min Q) and one of the temperature, which comes first where the rules say so.</summary>
    public void UpdateActor(ReplayBatch batch, IMetricSink metrics)
    {
        actor.Network.ForwardTraining(batch.Observations, batch.Size, outputs);
        draws.Sample(outputs, drawStream);
        var meanLogProbability = 0.0;
        foreach (var logProbability in draws.LogProbabilities) { meanLogProbability += logProbability / batch.Size; }
        if (rules.ActorFirst) { temperature.Update(meanLogProbability, metrics); }
        var alpha = temperature.Value;
        var minusMinimum = critics.DescentInActions(batch.Observations, draws.Actions, actionGradients);
        draws.Gradient((float)(alpha / batch.Size), actionGradients, outputGradients);
        actor.Descend(SacLoss.Actor(-minusMinimum, alpha, meanLogProbability), outputGradients, batch.Size, metrics);
        if (!rules.ActorFirst) { temperature.Update(meanLogProbability, metrics); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(critics), critics);
        actor.Exchange(state);
        state.Part(nameof(temperature), temperature);
        state.Part(nameof(drawStream), drawStream);
        conservative?.Exchange(state);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        critics.Dispose();
        actor.Dispose();
        temperature.Dispose();
        conservative?.Dispose();
    }
}
