namespace Bellman.Algorithms;

/// <summary>Behaviour cloning of continuous actions: the recorded action is the right answer, whatever it led to.</summary>
public sealed class BehaviourCloning : IOffPolicyLearner
{
    private readonly BehaviourCloningOptions options;
    private readonly GaussianActor actor;
    private readonly float[] ones;

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actionSize">Components of an action in [-1, 1].</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Weights come from its children.</param>
    public BehaviourCloning(int observationSize, int actionSize, BehaviourCloningOptions options, RandomStream random)
    {
        this.options = options;
        actor = new GaussianActor(observationSize, actionSize, options, random.Child("actor"));
        ones = new float[options.BatchSize];
        ones.AsSpan().Fill(1);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => [];

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random) => actor.Draw(observations, count, actions, random);

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) =>
        new DeterministicPolicy(new EncodedNetwork(encoder, actor.Network, observationSpace), BoundedActions.For(actionSpace, "bc"));

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics) => actor.Fit(batch, ones, options.Loss, metrics);

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Part(nameof(actor), actor);

    /// <inheritdoc/>
    public void Dispose() => actor.Dispose();
}

/// <summary>Behaviour cloning of discrete actions: -log π(a|s).</summary>
public sealed class DiscreteBehaviourCloning : IOffPolicyLearner
{
    private readonly CategoricalActor actor;

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actions">Discrete actions.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Weights come from its children.</param>
    public DiscreteBehaviourCloning(int observationSize, int actions, BehaviourCloningOptions options, RandomStream random) =>
        actor = new CategoricalActor(observationSize, actions, options, random.Child("actor"));

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => [];

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random) => actor.Draw(observations, count, actions, random);

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) => new CategoricalPolicy(new EncodedNetwork(encoder, actor.Network, observationSpace));

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics) => actor.Fit(batch, [], metrics);

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => actor.Exchange(state);

    /// <inheritdoc/>
    public void Dispose() => actor.Dispose();
}
