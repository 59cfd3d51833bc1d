using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Implicit Q-learning (Kostrikov et al. 2021, "Offline reinforcement learning with implicit Q-learning"): values of the best recorded actions by
/// expectile regression, critics towards them, and a policy that imitates recorded actions the more the better they are. No action that was not
/// recorded is ever valued.
/// </summary>
public sealed class ImplicitQLearning : IOffPolicyLearner
{
    private const string Value = "value";

    private readonly IqlOptions options;
    private readonly ActionValueCritics critics;
    private readonly GaussianActor actor;
    private readonly NetworkGroup values;
    private readonly Adam optimizer;
    private readonly float[] value;
    private readonly float[] advantages;
    private readonly float[] gradients;
    private readonly float[] targets;
    private readonly float[] weights;

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actionSize">Components of an action in [-1, 1].</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Weights come from its children.</param>
    public ImplicitQLearning(int observationSize, int actionSize, IqlOptions options, RandomStream random)
    {
        this.options = options;
        critics = new ActionValueCritics(observationSize, actionSize, 2, options.For(new Td3Options()), random.Child("critics"));
        actor = new GaussianActor(observationSize, actionSize, options, random.Child("actor"));
        var mlp = new MlpSpecification(observationSize, options.Hidden, 1) { Activation = options.Activation, Initialization = Initialization.FanIn };
        values = NetworkGroup.Create(random.Child("value"), options.NetworkOptions, new MlpPart(Value, mlp));
        optimizer = new Adam(values.Parameters, new AdamOptions { LearningRate = options.CriticLearningRate ?? options.LearningRate });
        value = new float[options.BatchSize];
        advantages = new float[options.BatchSize];
        gradients = new float[options.BatchSize];
        targets = new float[options.BatchSize];
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
        // y = r + γ (1 - terminated) V(s'), with V as it was
        values[Value].Forward(batch.NextObservations, batch.Size, value);
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i] = (float)ActorCriticLoss.Target(batch.Rewards[i], batch.Terminated[i] ? 0 : options.Gamma, value[i]);
        }
        UpdateValue(batch, metrics);
        critics.Fit(batch, targets, metrics);
        // w = min(exp(β u), 100), with u of before V's step
        for (var i = 0; i < weights.Length; i++) { weights[i] = (float)OfflineLoss.AdvantageWeight(advantages[i], options.InverseTemperature); }
        actor.Fit(batch, weights, CloningLoss.Likelihood, metrics);
        critics.MoveTargets();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(critics), critics);
        state.Part(nameof(actor), actor);
        state.Part(nameof(values), values);
        state.Part(nameof(optimizer), optimizer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        critics.Dispose();
        actor.Dispose();
        values.Dispose();
    }

    /// <summary>One step of V on mean |τ - 1(u &lt; 0)| u², u = min Q⁻(s, a) - V(s).</summary>
    private void UpdateValue(ReplayBatch batch, IMetricSink metrics)
    {
        var minimum = critics.TargetMinimum(batch.Observations, batch.Actions);
        values[Value].ForwardTraining(batch.Observations, batch.Size, value);
        values.Parameters.ClearGradients();
        var total = 0.0;
        for (var i = 0; i < advantages.Length; i++)
        {
            advantages[i] = minimum[i] - value[i];
            var (loss, derivative) = OfflineLoss.Expectile(advantages[i], options.Expectile);
            total += loss / batch.Size;
            gradients[i] = (float)(derivative / batch.Size);
        }
        values[Value].Backward(gradients, batch.Size, default);
        metrics.Add("loss/value", total);
        metrics.Add("train/value_gradient_norm", values.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step();
    }
}
