using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>In what the deterministic actor-critics differ.</summary>
/// <param name="Critics">How many critics; the smallest value is the target.</param>
/// <param name="PolicyDelay">Critic updates per update of actor and targets.</param>
/// <param name="TargetNoise">Deviation of the noise on target actions; 0 for none.</param>
/// <param name="TargetNoiseClip">Bound on that noise.</param>
/// <param name="ValueWeight">Weight α of the value, beside imitation of the batch's actions; null for the value alone (Fujimoto and Gu 2021).</param>
public sealed record DeterministicRules(int Critics, int PolicyDelay, double TargetNoise, double TargetNoiseClip, double? ValueWeight = null)
{
    /// <summary>One critic, no delay, no smoothing.</summary>
    public static DeterministicRules Ddpg { get; } = new(1, 1, 0, 0);

    /// <summary>Two critics, with delay and smoothing as the options say.</summary>
    public static DeterministicRules Td3(Td3Options options) => new(2, options.PolicyDelay, options.TargetNoise, options.TargetNoiseClip);
}

/// <summary>The learning half of <see cref="Td3"/> and <see cref="Ddpg"/>: critics, and every so often actor and targets.</summary>
public sealed class DeterministicLearner : IOffPolicyLearner
{
    private readonly ContinuousControlOptions options;
    private readonly DeterministicRules rules;
    private readonly ActionValueCritics critics;
    private readonly Actor actor;
    private readonly NetworkGroup targetNetworks;
    private readonly INetwork targetActor;
    private readonly RandomStream smoothingStream;
    private readonly DiscountPowers discounts;
    private readonly float[] actions;
    private readonly float[] noise;
    private readonly float[] actionGradients;
    private readonly float[] targets;
    private long updates;

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actionSize">Components of an action in [-1, 1].</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="rules">In what the algorithms differ.</param>
    /// <param name="random">Weights and noise come from its children.</param>
    public DeterministicLearner(int observationSize, int actionSize, ContinuousControlOptions options, DeterministicRules rules, RandomStream random)
    {
        this.options = options;
        this.rules = rules;
        critics = new ActionValueCritics(observationSize, actionSize, rules.Critics, options, random.Child("critics"));
        // π(s) = tanh(...), within [-1, 1]
        var mlp = new MlpSpecification(observationSize, options.Hidden, actionSize)
        {
            Activation = options.Activation,
            OutputActivation = Activation.Tanh,
            Initialization = Initialization.FanIn,
        };
        actor = new Actor(mlp, options, random.Child("actor"));
        targetNetworks = actor.Copy();
        targetActor = targetNetworks[Actor.Name];
        smoothingStream = random.Child("smoothing");
        discounts = new DiscountPowers(options.Gamma, options.MultiStep);
        actions = new float[options.BatchSize * actionSize];
        noise = new float[actions.Length];
        actionGradients = new float[actions.Length];
        targets = new float[options.BatchSize];
    }

    /// <summary>The critics.</summary>
    public ActionValueCritics Critics => critics;

    /// <summary>The actor's parameters and gradients.</summary>
    public ParameterBuffer ActorParameters => actor.Parameters;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => critics.Errors;

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random) => actor.Network.Forward(observations, count, actions);

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) =>
        new DeterministicPolicy(new EncodedNetwork(encoder, actor.Network, observationSpace), BoundedActions.For(actionSpace, "a deterministic policy"));

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        UpdateCritics(batch, metrics);
        if (++updates % rules.PolicyDelay != 0) { return; }
        UpdateActor(batch, metrics);
        critics.MoveTargets();
        targetNetworks.Parameters.MoveTowards(actor.Parameters, (float)options.Tau);
    }

    /// <summary>One step of the critics towards y = r + γ (1 - terminated) min Q⁻(s', a'), a' smoothed.</summary>
    public void UpdateCritics(ReplayBatch batch, IMetricSink metrics)
    {
        targetActor.Forward(batch.NextObservations, batch.Size, actions);
        if (rules.TargetNoise > 0)
        {
            smoothingStream.NextGaussians(noise);
            for (var k = 0; k < actions.Length; k++)
            {
                actions[k] = (float)ActorCriticLoss.Smoothed(actions[k], rules.TargetNoise * noise[k], rules.TargetNoiseClip);
            }
        }
        var minimum = critics.TargetMinimum(batch.NextObservations, actions);
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i] = (float)ActorCriticLoss.Target(batch.Rewards[i], discounts.Of(batch, i), minimum[i]);
        }
        critics.Fit(batch, targets, metrics);
    }

    /// <summary>One step of the actor on mean(-Q₁(s, π(s))), or with imitation on -λ mean Q₁(s, π(s)) + mean (π(s) - a)².</summary>
    public void UpdateActor(ReplayBatch batch, IMetricSink metrics)
    {
        actor.Network.ForwardTraining(batch.Observations, batch.Size, actions);
        var loss = critics.DescentInActionsOfFirst(batch.Observations, actions, actionGradients);
        if (rules.ValueWeight is { } weight)
        {
            var scale = OfflineLoss.ValueScale(critics.FirstValues, weight);
            loss = scale * loss + OfflineLoss.Imitation(actions, batch.Actions, (float)scale, actionGradients);
        }
        actor.Descend(loss, actionGradients, batch.Size, metrics);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(updates), ref updates);
        state.Part(nameof(critics), critics);
        actor.Exchange(state);
        state.Part(nameof(targetNetworks), targetNetworks);
        state.Part(nameof(smoothingStream), smoothingStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        critics.Dispose();
        actor.Dispose();
        targetNetworks.Dispose();
    }
}
