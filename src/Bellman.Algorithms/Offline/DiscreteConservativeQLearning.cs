namespace Bellman.Algorithms;

/// <summary>
/// Conservative Q-learning over discrete actions (Kumar et al. 2020, eq. 4 with all actions summed): double Q-learning, and beside the Bellman error
/// α (logsumexp Q(s, ·) - Q(s, a)), which is cross-entropy towards the recorded action. Acts by the largest value.
/// </summary>
public sealed class DiscreteConservativeQLearning : IOffPolicyLearner
{
    private readonly int actions;
    private readonly double gamma;
    private readonly DiscreteCritics critics;
    private readonly GapMultiplier multiplier;
    private readonly int[] chosen;
    private readonly float[] targets;
    private float[] acting = [];

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actions">How many actions there are.</param>
    /// <param name="options">Options, valid; <see cref="CqlOptions.Draws"/> has no meaning here.</param>
    /// <param name="random">Weights come from its children.</param>
    public DiscreteConservativeQLearning(int observationSize, int actions, CqlOptions options, RandomStream random)
    {
        (this.actions, gamma) = (actions, options.Gamma);
        critics = new DiscreteCritics(observationSize, actions, options.For(new DiscreteSacOptions()), random.Child("critics"));
        multiplier = options.CreateMultiplier();
        chosen = new int[options.BatchSize];
        targets = new float[options.BatchSize];
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => critics.Errors;

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random)
    {
        if (acting.Length != count * this.actions) { acting = new float[count * this.actions]; }
        critics.One.Forward(observations, count, acting);
        for (var i = 0; i < count; i++) { actions[i] = TemporalDifference.ArgMax(acting.AsSpan(i * this.actions, this.actions)); }
    }

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) => new GreedyPolicy(encoder, critics.One, new MeanReturn(), observationSpace);

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        // y = r + γ (1 - terminated) min Q⁻(s', arg max min Q(s', ·))
        var values = critics.Minimum(batch.NextObservations);
        for (var i = 0; i < chosen.Length; i++) { chosen[i] = i * actions + TemporalDifference.ArgMax(values.AsSpan(i * actions, actions)); }
        values = critics.TargetMinimum(batch.NextObservations);
        for (var i = 0; i < targets.Length; i++) { targets[i] = (float)ActorCriticLoss.Target(batch.Rewards[i], batch.Terminated[i] ? 0 : gamma, values[chosen[i]]); }
        critics.Fit(batch, targets, metrics, multiplier);
        critics.MoveTargets();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        critics.Exchange(state);
        multiplier.Exchange(state);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        critics.Dispose();
        multiplier.Dispose();
    }
}
