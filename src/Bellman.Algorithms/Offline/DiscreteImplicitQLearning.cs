namespace Bellman.Algorithms;

/// <summary>Implicit Q-learning over discrete actions: as <see cref="ImplicitQLearning"/>, with critics that value all actions at once and a categorical policy.</summary>
public sealed class DiscreteImplicitQLearning : IOffPolicyLearner
{
    private readonly int actions;
    private readonly DiscreteCritics critics;
    private readonly CategoricalActor actor;
    private readonly ExpectileValue values;
    private readonly float[] recorded;
    private readonly float[] weights;

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actions">How many actions there are.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Weights come from its children.</param>
    public DiscreteImplicitQLearning(int observationSize, int actions, IqlOptions options, RandomStream random)
    {
        this.actions = actions;
        critics = new DiscreteCritics(observationSize, actions, options.For(new DiscreteSacOptions()), random.Child("critics"));
        actor = new CategoricalActor(observationSize, actions, options, random.Child("actor"));
        values = new ExpectileValue(observationSize, options, random.Child("value"));
        recorded = new float[options.BatchSize];
        weights = new float[options.BatchSize];
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => critics.Errors;

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random) => actor.Draw(observations, count, actions, random);

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) => new CategoricalPolicy(new EncodedNetwork(encoder, actor.Network, observationSpace));

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        var targets = values.Targets(batch);
        var minimum = critics.TargetMinimum(batch.Observations);
        for (var i = 0; i < recorded.Length; i++) { recorded[i] = minimum[i * actions + (int)batch.Actions[i]]; }
        values.Fit(batch, recorded, metrics);
        critics.Fit(batch, targets, metrics);
        values.Weigh(weights);
        actor.Fit(batch, weights, metrics);
        critics.MoveTargets();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        critics.Exchange(state);
        state.Part(nameof(actor), actor);
        state.Part("value", values);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        critics.Dispose();
        actor.Dispose();
        values.Dispose();
    }
}
