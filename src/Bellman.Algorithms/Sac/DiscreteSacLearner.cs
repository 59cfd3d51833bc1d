using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>The learning half of <see cref="DiscreteSac"/>: critic, actor, temperature, targets, in this order.</summary>
public sealed class DiscreteSacLearner : IOffPolicyLearner
{
    private readonly DiscreteSacOptions options;
    private readonly int actions;
    private readonly DiscreteCritics critics;
    private readonly Actor actor;
    private readonly Temperature temperature;
    private readonly DiscountPowers discounts;
    private readonly float[] logits;
    private readonly float[] logProbabilities;
    private readonly float[] gradients;
    private readonly float[] targets;
    private float[] actingLogits = [];

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actions">How many actions there are.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Weights come from its children.</param>
    public DiscreteSacLearner(int observationSize, int actions, DiscreteSacOptions options, RandomStream random)
    {
        this.options = options;
        this.actions = actions;
        var mlp = new MlpSpecification(observationSize, options.Hidden, actions) { Activation = options.Activation, Initialization = Initialization.FanIn };
        critics = new DiscreteCritics(observationSize, actions, options, random.Child("critics"));
        actor = new Actor(mlp, options, random.Child("actor"));
        temperature = new Temperature(options, options.TargetEntropy ?? SacLoss.DefaultDiscreteTargetEntropy(actions), options.LearningRate);
        discounts = new DiscountPowers(options.Gamma, options.MultiStep);
        logits = new float[options.BatchSize * actions];
        logProbabilities = new float[logits.Length];
        gradients = new float[logits.Length];
        targets = new float[options.BatchSize];
    }

    /// <summary>Parameters and gradients of the twin critics.</summary>
    public ParameterBuffer CriticParameters => critics.Parameters;

    /// <summary>The actor's parameters and gradients.</summary>
    public ParameterBuffer ActorParameters => actor.Parameters;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => critics.Errors;

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random)
    {
        if (actingLogits.Length != count * this.actions) { actingLogits = new float[count * this.actions]; }
        actor.Network.Forward(observations, count, actingLogits);
        for (var i = 0; i < count; i++) { actions[i] = Categorical.Sample(actingLogits.AsSpan(i * this.actions, this.actions), random); }
    }

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) =>
        new CategoricalPolicy(new EncodedNetwork(encoder, actor.Network, observationSpace));

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        UpdateCritics(batch, metrics);
        UpdateActor(batch, metrics);
        critics.MoveTargets();
    }

    /// <summary>One step of the critics towards y = r + γ (1 - terminated) Σ π (min Q⁻ - α log π).</summary>
    public void UpdateCritics(ReplayBatch batch, IMetricSink metrics)
    {
        actor.Network.Forward(batch.NextObservations, batch.Size, logits);
        NormaliseLogits();
        var minimum = critics.TargetMinimum(batch.NextObservations);
        var alpha = temperature.Value;
        for (var i = 0; i < batch.Size; i++)
        {
            var next = SacLoss.DiscreteValue(Row(logProbabilities, i), Row(minimum, i), alpha);
            targets[i] = (float)ActorCriticLoss.Target(batch.Rewards[i], discounts.Of(batch, i), next);
        }
        critics.Fit(batch, targets, metrics);
    }

    /// <summary>One step of the actor on mean Σ π (α log π - min Q), then one of the temperature.</summary>
    public void UpdateActor(ReplayBatch batch, IMetricSink metrics)
    {
        actor.Network.ForwardTraining(batch.Observations, batch.Size, logits);
        NormaliseLogits();
        var minimum = critics.Minimum(batch.Observations);
        var alpha = temperature.Value;
        double loss = 0, meanLogProbability = 0;
        for (var i = 0; i < batch.Size; i++)
        {
            var policy = Row(logProbabilities, i);
            loss += SacLoss.DiscreteActor(policy, Row(minimum, i), alpha, 1.0 / batch.Size, Row(gradients, i)) / batch.Size;
            meanLogProbability -= Categorical.Entropy(policy) / batch.Size;
        }
        actor.Descend(loss, gradients, batch.Size, metrics);
        temperature.Update(meanLogProbability, metrics);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        critics.Exchange(state);
        actor.Exchange(state);
        state.Part(nameof(temperature), temperature);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        critics.Dispose();
        actor.Dispose();
        temperature.Dispose();
    }

    private void NormaliseLogits()
    {
        for (var start = 0; start < logits.Length; start += actions)
        {
            Categorical.LogSoftmax(logits.AsSpan(start, actions), logProbabilities.AsSpan(start, actions));
        }
    }

    private Span<float> Row(float[] block, int row) => block.AsSpan(row * actions, actions);
}
