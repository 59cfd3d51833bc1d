namespace Bellman.Algorithms;

/// <summary>
/// Advantage-weighted actor-critic (Nair et al. 2020, "AWAC: accelerating online reinforcement learning with offline datasets"): critics of the
/// policy itself, which imitates recorded actions the more the better they are than its own.
/// </summary>
public sealed class AdvantageWeightedActorCritic : IOffPolicyLearner
{
    private readonly AwacOptions options;
    private readonly ActionValueCritics critics;
    private readonly GaussianActor actor;
    private readonly RandomStream drawStream;
    private readonly float[] actions;
    private readonly float[] targets;
    private readonly float[] weights;

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actionSize">Components of an action in [-1, 1].</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Weights and draws come from its children.</param>
    public AdvantageWeightedActorCritic(int observationSize, int actionSize, AwacOptions options, RandomStream random)
    {
        this.options = options;
        critics = new ActionValueCritics(observationSize, actionSize, 2, options.For(new Td3Options()), random.Child("critics"));
        actor = new GaussianActor(observationSize, actionSize, options, random.Child("actor"));
        drawStream = random.Child("draw");
        actions = new float[options.BatchSize * actionSize];
        targets = new float[options.BatchSize];
        weights = new float[options.BatchSize];
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => critics.Errors;

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random) => actor.Draw(observations, count, actions, random);

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) =>
        new DeterministicPolicy(new EncodedNetwork(encoder, actor.Network, observationSpace), BoundedActions.For(actionSpace, "awac"));

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        // y = r + γ (1 - terminated) min Q⁻(s', a'), a' ~ π(s')
        actor.Draw(batch.NextObservations, batch.Size, actions, drawStream);
        var next = critics.TargetMinimum(batch.NextObservations, actions);
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i] = (float)ActorCriticLoss.Target(batch.Rewards[i], batch.Terminated[i] ? 0 : options.Gamma, next[i]);
        }
        critics.Fit(batch, targets, metrics);
        // w = min(exp(A / λ), 100), A = min Q(s, a) - min Q(s, ã), ã ~ π(s)
        critics.Minimum(batch.Observations, batch.Actions).CopyTo(weights);
        actor.Draw(batch.Observations, batch.Size, actions, drawStream);
        var own = critics.Minimum(batch.Observations, actions);
        for (var i = 0; i < weights.Length; i++) { weights[i] = (float)OfflineLoss.AdvantageWeight(weights[i] - own[i], options.InverseTemperature); }
        actor.Fit(batch, weights, CloningLoss.Likelihood, metrics);
        critics.MoveTargets();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(critics), critics);
        state.Part(nameof(actor), actor);
        state.Part(nameof(drawStream), drawStream);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        critics.Dispose();
        actor.Dispose();
    }
}
