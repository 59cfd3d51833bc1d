using Bellman.Neural;

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
    private const string Name = "actor";

    private readonly BehaviourCloningOptions options;
    private readonly NetworkGroup networks;
    private readonly Adam optimizer;
    private readonly int actions;
    private readonly float[] logits;
    private readonly float[] gradients;
    private float[] acting = [];

    /// <summary>A learner with its initial weights.</summary>
    /// <param name="observationSize">Floats of an encoded observation.</param>
    /// <param name="actions">Discrete actions.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="random">Weights come from its children.</param>
    public DiscreteBehaviourCloning(int observationSize, int actions, BehaviourCloningOptions options, RandomStream random)
    {
        (this.options, this.actions) = (options, actions);
        var mlp = new MlpSpecification(observationSize, options.Hidden, actions) { Activation = options.Activation, Initialization = Initialization.FanIn };
        networks = NetworkGroup.Create(random.Child("actor"), options.NetworkOptions, new MlpPart(Name, mlp));
        optimizer = new Adam(networks.Parameters, new AdamOptions { LearningRate = options.LearningRate });
        logits = new float[options.BatchSize * actions];
        gradients = new float[logits.Length];
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Errors => [];

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random)
    {
        if (acting.Length != count * this.actions) { acting = new float[count * this.actions]; }
        networks[Name].Forward(observations, count, acting);
        for (var i = 0; i < count; i++) { actions[i] = Categorical.Sample(acting.AsSpan(i * this.actions, this.actions), random); }
    }

    /// <inheritdoc/>
    public IPolicy CreatePolicy(ObservationEncoder encoder, Space observationSpace, Space actionSpace) =>
        new CategoricalPolicy(new EncodedNetwork(encoder, networks[Name], observationSpace));

    /// <inheritdoc/>
    public void Update(ReplayBatch batch, IMetricSink metrics)
    {
        networks[Name].ForwardTraining(batch.Observations, batch.Size, logits);
        networks.Parameters.ClearGradients();
        gradients.AsSpan().Clear();
        var loss = 0.0;
        for (var i = 0; i < batch.Size; i++)
        {
            var row = logits.AsSpan(i * actions, actions);
            Categorical.LogSoftmax(row, row);
            var action = (int)batch.Actions[i];
            loss -= row[action] / batch.Size;
            Categorical.AddGradient(row, action, -1f / batch.Size, 0, gradients.AsSpan(i * actions, actions));
        }
        networks[Name].Backward(gradients, batch.Size, default);
        metrics.Add("loss/actor", loss);
        metrics.Add("train/actor_gradient_norm", networks.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(networks), networks);
        state.Part(nameof(optimizer), optimizer);
    }

    /// <inheritdoc/>
    public void Dispose() => networks.Dispose();
}
