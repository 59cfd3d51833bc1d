using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>The learning half of <see cref="DiscreteSac"/>: critic, actor, temperature, targets, in this order.</summary>
public sealed class DiscreteSacLearner : IOffPolicyLearner
{
    private readonly DiscreteSacOptions options;
    private readonly int actions;
    private readonly NetworkGroup critics;
    private readonly NetworkGroup targetCritics;
    private readonly Adam criticOptimizer;
    private readonly Actor actor;
    private readonly Temperature temperature;
    private readonly DiscountPowers discounts;
    private readonly float[] logits;
    private readonly float[] logProbabilities;
    private readonly float[] first;
    private readonly float[] second;
    private readonly float[] gradients;
    private readonly float[] targets;
    private readonly float[] errors;
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
        critics = NetworkGroup.Create(random.Child("critics"), options.NetworkOptions, new MlpPart("q1", mlp), new MlpPart("q2", mlp));
        targetCritics = critics.Copy();
        criticOptimizer = new Adam(critics.Parameters, new AdamOptions { LearningRate = options.CriticStepSize });
        actor = new Actor(mlp, options, random.Child("actor"));
        temperature = new Temperature(options, options.TargetEntropy ?? SacLoss.DefaultDiscreteTargetEntropy(actions), options.LearningRate);
        discounts = new DiscountPowers(options.Gamma, options.MultiStep);
        logits = new float[options.BatchSize * actions];
        logProbabilities = new float[logits.Length];
        first = new float[logits.Length];
        second = new float[logits.Length];
        gradients = new float[logits.Length];
        targets = new float[options.BatchSize];
        errors = new float[options.BatchSize];
    }

    /// <summary>Parameters and gradients of the twin critics.</summary>
    public ParameterBuffer CriticParameters => critics.Parameters;

    /// <summary>The actor's parameters and gradients.</summary>
    public ParameterBuffer ActorParameters => actor.Parameters;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => errors;

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
        targetCritics.Parameters.MoveTowards(critics.Parameters, (float)options.Tau);
    }

    /// <summary>One step of the critics towards y = r + γ (1 - terminated) Σ π (min Q⁻ - α log π).</summary>
    public void UpdateCritics(ReplayBatch batch, IMetricSink metrics)
    {
        actor.Network.Forward(batch.NextObservations, batch.Size, logits);
        NormaliseLogits();
        ReadMinimum(targetCritics, batch.NextObservations, batch.Size);
        var alpha = temperature.Value;
        for (var i = 0; i < batch.Size; i++)
        {
            var next = SacLoss.DiscreteValue(Row(logProbabilities, i), Row(first, i), alpha);
            targets[i] = (float)ActorCriticLoss.Target(batch.Rewards[i], discounts.Of(batch, i), next);
        }
        critics.Parameters.ClearGradients();
        Array.Clear(errors);
        var loss = Fit(critics["q1"], first, batch) + Fit(critics["q2"], second, batch);
        metrics.Add("loss/critic", loss);
        metrics.Add("train/critic_gradient_norm", critics.Parameters.ClipGradients(options.MaximumGradientNorm));
        criticOptimizer.Step();
    }

    /// <summary>One step of the actor on mean Σ π (α log π - min Q), then one of the temperature.</summary>
    public void UpdateActor(ReplayBatch batch, IMetricSink metrics)
    {
        actor.Network.ForwardTraining(batch.Observations, batch.Size, logits);
        NormaliseLogits();
        ReadMinimum(critics, batch.Observations, batch.Size);
        var alpha = temperature.Value;
        double loss = 0, meanLogProbability = 0;
        for (var i = 0; i < batch.Size; i++)
        {
            var policy = Row(logProbabilities, i);
            loss += SacLoss.DiscreteActor(policy, Row(first, i), alpha, 1.0 / batch.Size, Row(gradients, i)) / batch.Size;
            meanLogProbability -= Categorical.Entropy(policy) / batch.Size;
        }
        actor.Descend(loss, gradients, batch.Size, metrics);
        temperature.Update(meanLogProbability, metrics);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(critics), critics);
        state.Part(nameof(targetCritics), targetCritics);
        state.Part(nameof(criticOptimizer), criticOptimizer);
        actor.Exchange(state);
        state.Part(nameof(temperature), temperature);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        critics.Dispose();
        targetCritics.Dispose();
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

    /// <summary>min over both critics of every action's value, into <see cref="first"/>.</summary>
    private void ReadMinimum(NetworkGroup group, ReadOnlySpan<float> observations, int count)
    {
        group["q1"].Forward(observations, count, first);
        group["q2"].Forward(observations, count, second);
        for (var k = 0; k < first.Length; k++) { first[k] = MathF.Min(first[k], second[k]); }
    }

    /// <summary>Adds the gradient of one critic's error at the actions taken, and returns its loss.</summary>
    private double Fit(INetwork critic, float[] values, ReplayBatch batch)
    {
        critic.ForwardTraining(batch.Observations, batch.Size, values);
        Array.Clear(gradients);
        var loss = 0.0;
        for (var i = 0; i < batch.Size; i++)
        {
            var chosen = i * actions + (int)batch.Actions[i];
            var squared = ActorCriticLoss.Critic(values[chosen], targets[i]);
            loss += batch.Weights[i] * squared.Loss / batch.Size;
            errors[i] += (float)(0.5 * Math.Abs(squared.Derivative));
            gradients[chosen] = (float)(batch.Weights[i] * squared.Derivative / batch.Size);
        }
        critic.Backward(gradients, batch.Size, default);
        return loss;
    }

    private Span<float> Row(float[] block, int row) => block.AsSpan(row * actions, actions);
}
