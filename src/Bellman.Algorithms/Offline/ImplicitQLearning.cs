namespace Bellman.Algorithms;

/// <summary>
/// Implicit Q-learning (Kostrikov et al. 2021, "Offline reinforcement learning with implicit Q-learning"): values of the best recorded actions by
/// expectile regression, critics towards them, and a policy that imitates recorded actions the more the better they are. No action that was not
/// recorded is ever valued.
/// </summary>
public sealed class ImplicitQLearning : IOffPolicyLearner
{
    private readonly ActionValueCritics critics;
    private readonly GaussianActor actor;
    private readonly ExpectileValue values;
    private readonly float[] weights;

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actionSize">Components of an action in [-1, 1].</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Weights come from its children.</param>
    public ImplicitQLearning(int observationSize, int actionSize, IqlOptions options, RandomStream random)
    {
        critics = new ActionValueCritics(observationSize, actionSize, 2, options.For(new Td3Options()), random.Child("critics"));
        actor = new GaussianActor(observationSize, actionSize, options, random.Child("actor"));
        values = new ExpectileValue(observationSize, options, random.Child("value"));
        weights = new float[options.BatchSize];
    }

    /// <summary>The twin critics.</summary>
    public ActionValueCritics Critics => critics;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => critics.Errors;

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random) => actor.Draw(observations, count, actions, random);

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) =>
        new DeterministicPolicy(new EncodedNetwork(encoder, actor.Network, observationSpace), BoundedActions.For(actionSpace, "iql"));

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        var targets = values.Targets(batch);
        values.Fit(batch, critics.TargetMinimum(batch.Observations, batch.Actions), metrics);
        critics.Fit(batch, targets, metrics);
        values.Weigh(weights);
        actor.Fit(batch, weights, CloningLoss.Likelihood, metrics);
        critics.MoveTargets();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(critics), critics);
        state.Part(nameof(actor), actor);
        values.Exchange(state);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        critics.Dispose();
        actor.Dispose();
        values.Dispose();
    }
}
