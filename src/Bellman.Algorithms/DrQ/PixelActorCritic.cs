using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// The networks of an actor-critic that sees pictures, and the single moves of its updates (Yarats et al. 2022): encoder and critics learn
/// together from random shifts; the actor reads the same features without teaching the encoder.
/// </summary>
public sealed class PixelActorCritic : IStateful, IDisposable
{
    private const double Edge = 1 - 1e-6;

    private readonly DrqOptions options;
    private readonly RandomStream shifts;
    private readonly RandomStream smoothing;
    private readonly INetwork encoder;
    private readonly INetwork actor;
    private readonly int actionSize;
    private readonly float[] pictures;
    private readonly float[] features;
    private readonly float[] nextFeatures;
    private readonly float[] featureGradients;
    private readonly float[] actions;
    private readonly float[] noise;
    private readonly float[] actionGradients;
    private float[] shown = [];
    private float[] read = [];

    /// <summary>Networks with their initial weights.</summary>
    /// <param name="view">How pictures are read.</param>
    /// <param name="actionSize">Components of an action in [-1, 1].</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="createActor">Makes the actor's part, from that many features to actions in [-1, 1]; its name is "actor".</param>
    /// <param name="random">Weights, shifts and noise come from its children.</param>
    public PixelActorCritic(PixelView view, int actionSize, DrqOptions options, Func<int, NetworkPart> createActor, RandomStream random)
    {
        (this.options, this.actionSize, View) = (options, actionSize, view);
        (shifts, smoothing) = (random.Child("shifts"), random.Child("smoothing"));
        var convolutions = view.Convolutions("encoder", options);
        Encoder = NetworkGroup.Create(random.Child("encoder"), options.NetworkOptions, convolutions);
        encoder = Encoder["encoder"];
        EncoderOptimizer = new Adam(Encoder.Parameters, new AdamOptions { LearningRate = options.CriticLearningRate ?? options.LearningRate });
        Critics = new PixelCritics(convolutions.Outputs, actionSize, options, random.Child("critics"));
        Actor = NetworkGroup.Create(random.Child("actor"), options.NetworkOptions, createActor(convolutions.Outputs));
        actor = Actor["actor"];
        ActorOptimizer = new Adam(Actor.Parameters, new AdamOptions { LearningRate = options.LearningRate });
        pictures = new float[options.BatchSize * view.Size];
        features = new float[options.BatchSize * convolutions.Outputs];
        nextFeatures = new float[features.Length];
        featureGradients = new float[features.Length];
        actions = new float[options.BatchSize * actionSize];
        noise = new float[actions.Length];
        actionGradients = new float[actions.Length];
    }

    /// <summary>How pictures are read.</summary>
    public PixelView View { get; }

    /// <summary>The convolutions.</summary>
    public NetworkGroup Encoder { get; }

    /// <summary>The convolutions' optimiser.</summary>
    public Adam EncoderOptimizer { get; }

    /// <summary>The critics with their targets.</summary>
    public PixelCritics Critics { get; }

    /// <summary>The actor.</summary>
    public NetworkGroup Actor { get; }

    /// <summary>The actor's network.</summary>
    public INetwork ActorNetwork => actor;

    /// <summary>The actor's optimiser.</summary>
    public Adam ActorOptimizer { get; }

    /// <summary>Numbers between convolutions and heads.</summary>
    public int FeatureSize => encoder.Outputs;

    /// <summary>[batch, features] of the last <see cref="Encode"/>.</summary>
    public ReadOnlySpan<float> Features => features;

    /// <summary>[batch, features] of what followed.</summary>
    public ReadOnlySpan<float> NextFeatures => nextFeatures;

    /// <summary>The actor of DrQ-v2: trunk, two hidden layers, tanh.</summary>
    public static NetworkPart PlainActor(int features, int actionSize, DrqOptions options) => new ChainPart("actor",
    [
        PixelCritics.Trunk("actor.trunk", features, options),
        new MlpPart("actor.policy", new MlpSpecification(options.Features, options.Hidden, actionSize) { Activation = Activation.Relu, HiddenGain = 1, OutputActivation = Activation.Tanh }),
    ]);

    /// <summary>mu(o) for encoded observations [count, size], as they are.</summary>
    public void Act(ReadOnlySpan<float> encoded, int count, Span<float> actions)
    {
        if (shown.Length < count * View.Size) { (shown, read) = (new float[count * View.Size], new float[count * FeatureSize]); }
        View.Show(encoded, count, shown);
        encoder.Forward(shown.AsSpan(0, count * View.Size), count, read.AsSpan(0, count * FeatureSize));
        actor.Forward(read.AsSpan(0, count * FeatureSize), count, actions);
    }

    /// <summary>Shifts and encodes both observations of a batch, each by draws of its own; only the first learns.</summary>
    public void Encode(ReplayBatch batch)
    {
        View.Shift(batch.NextObservations, batch.Size, options.Shift, shifts, pictures);
        encoder.Forward(pictures, batch.Size, nextFeatures);
        View.Shift(batch.Observations, batch.Size, options.Shift, shifts, pictures);
        encoder.ForwardTraining(pictures, batch.Size, features);
    }

    /// <summary>min Q⁻(o', a'), [batch], with a' = mu(o') + clip(deviation ε, -c, c), kept within [-1, 1].</summary>
    public ReadOnlySpan<float> TargetValues(double deviation)
    {
        actor.Forward(nextFeatures, options.BatchSize, actions);
        Disturb(deviation);
        return Critics.TargetMinimum(nextFeatures, actions);
    }

    /// <summary>One step of critics and encoder towards y [batch].</summary>
    public void FitCritics(ReplayBatch batch, ReadOnlySpan<float> y, IMetricSink metrics)
    {
        Critics.Fit(features, batch, y, featureGradients, metrics);
        Encoder.Parameters.ClearGradients();
        encoder.Backward(featureGradients, batch.Size, default);
        Encoder.Parameters.ClipGradients(options.MaximumGradientNorm);
        EncoderOptimizer.Step();
    }

    /// <summary>One step of the actor on -mean min Q(o, mu(o) + clipped noise), which the clamp to [-1, 1] lets through unchanged.</summary>
    public void FitActor(double deviation, double maximumNorm, IMetricSink metrics)
    {
        actor.ForwardTraining(features, options.BatchSize, actions);
        Disturb(deviation);
        var loss = Critics.DescentInActions(features, actions, actionGradients);
        Actor.Parameters.ClearGradients();
        actor.Backward(actionGradients, options.BatchSize, default);
        metrics.Add("loss/actor", loss);
        metrics.Add("train/actor_gradient_norm", Actor.Parameters.ClipGradients(maximumNorm));
        ActorOptimizer.Step();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part("encoder", Encoder);
        state.Part("encoderOptimizer", EncoderOptimizer);
        state.Part("critics", Critics);
        state.Part("actor", Actor);
        state.Part("actorOptimizer", ActorOptimizer);
        state.Part(nameof(shifts), shifts);
        state.Part(nameof(smoothing), smoothing);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Encoder.Dispose();
        Critics.Dispose();
        Actor.Dispose();
    }

    private void Disturb(double deviation)
    {
        smoothing.NextGaussians(noise);
        for (var i = 0; i < actions.Length; i++)
        {
            actions[i] = (float)Math.Clamp(actions[i] + Math.Clamp(deviation * noise[i], -options.NoiseClip, options.NoiseClip), -Edge, Edge);
        }
    }
}

/// <summary>Acts by the mean action for pictures; with a stream too, as noise belongs to collecting.</summary>
public sealed class PixelPolicy(ObservationEncoder encoder, PixelActorCritic networks, BoundedActions bounds) : IPolicy
{
    private float[] encoded = [];
    private float[] chosen = [];

    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        if (encoded.Length < count * encoder.Size) { (encoded, chosen) = (new float[count * encoder.Size], new float[count * bounds.Size]); }
        encoder.Encode(observations, count, encoded);
        networks.Act(encoded, count, chosen.AsSpan(0, count * bounds.Size));
        for (var i = 0; i < count; i++) { bounds.ToEnvironment(chosen.AsSpan(i * bounds.Size, bounds.Size), actions.Slice(i * bounds.Size, bounds.Size)); }
    }
}
