using Bellman.Neural;
using TorchSharp;
using static TorchSharp.torch;

namespace Bellman.Algorithms;

/// <summary>
/// A latent model of an environment: an encoder, recurrent dynamics, and terms that say what the latent state is for. Its loss is
/// b KL(posterior || prior) plus the terms; one Adam moves everything. Call it under <see cref="TorchTurn"/>.
/// </summary>
public sealed class WorldModel : IStateful, IDisposable
{
    private readonly IReadOnlyList<IWorldModelTerm> terms;
    private readonly Adam optimizer;
    private readonly RandomStream noise;
    private readonly ObservationNetwork encoder;

    /// <summary>A model with its initial weights.</summary>
    /// <param name="observations">What is observed; encoded ones are read, pictures in [0, 1].</param>
    /// <param name="actions">Components of an action in [-1, 1].</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="terms">What the states are for; owned.</param>
    /// <param name="random">Weights and noise come from its children.</param>
    public WorldModel(Space observations, int actions, WorldModelOptions options, IReadOnlyList<IWorldModelTerm> terms, RandomStream random)
    {
        this.terms = terms;
        Shape = new WorldModelShape(observations, actions, options);
        Parameters = TensorParameters.Create(random.Child("initialization"), [.. Networks(Shape), .. terms.SelectMany(term => term.Parts(Shape))]);
        encoder = new ObservationNetwork(Parameters, "encoder", observations, options.Embedding, options);
        Dynamics = new LatentDynamics(Parameters, actions, options);
        optimizer = new Adam(Parameters.Buffer, new AdamOptions { LearningRate = options.ModelLearningRate });
        noise = random.Child("noise");
        foreach (var term in terms) { term.Bind(this); }
    }

    /// <summary>Spaces and options.</summary>
    public WorldModelShape Shape { get; }

    /// <summary>Parameters of the model and all its terms.</summary>
    public TensorParameters Parameters { get; }

    /// <summary>The recurrent state-space model.</summary>
    public LatentDynamics Dynamics { get; }

    /// <summary>[rows, observation size] to [rows, embedding].</summary>
    public Tensor Embed(Tensor observations) => encoder.Forward(observations);

    /// <summary>The states of a batch. Tensors belong to the caller's dispose scope.</summary>
    public WorldModelPass Observe(SequenceBatch batch)
    {
        var options = Shape.Options;
        var observations = batch.Tensor(batch.Observations, batch.ObservationSize);
        var actions = batch.Tensor(batch.Actions, batch.ActionSize);
        // What came before a window is not known: its first action belongs to another.
        var begins = (float[])batch.Begins.Clone();
        for (var row = 0; row < batch.Size; row++) { begins[row * batch.Length] = 1; }
        var keep = 1 - batch.Tensor(begins, 1);
        var embeddings = Embed(observations.reshape(-1, batch.ObservationSize)).reshape(batch.Size, batch.Length, options.Embedding);
        var (prior, posterior, state) = Dynamics.Observe(embeddings, actions, keep, TensorParameters.Noise(noise, batch.Size, batch.Length, options.Stochastic));
        return new WorldModelPass(batch, observations, actions, keep, prior, posterior, state, posterior.Divergence(prior));
    }

    /// <summary>The loss of a pass.</summary>
    public Tensor Loss(WorldModelPass pass, IMetricSink metrics)
    {
        var divergence = pass.Divergence.mean();
        metrics.Add("model/kl", divergence.ToSingle());
        // Divergence below the free nats (of the batch mean) has no gradient.
        var loss = Shape.Options.KlWeight * divergence.clamp_min(Shape.Options.FreeNats);
        foreach (var term in terms) { loss += term.Loss(pass, metrics); }
        return loss;
    }

    /// <summary>One step on a batch; returns its states, without a past, [B L, ...], in the caller's dispose scope.</summary>
    /// <exception cref="UsageException">A number of the batch is not finite.</exception>
    /// <exception cref="BellmanException">The loss is not finite; nothing was changed.</exception>
    public LatentState Update(SequenceBatch batch, IMetricSink metrics)
    {
        batch.RequireFinite();
        var pass = Observe(batch);
        var loss = Loss(pass, metrics);
        var value = loss.ToSingle();
        if (!float.IsFinite(value)) { throw new BellmanException($"The world model's loss is {value}. Lower modelLearningRate or maximumGradientNorm, or look for extreme observations; nothing was changed."); }
        Parameters.Differentiate(loss);
        metrics.Add("model/loss", value);
        metrics.Add("model/gradient_norm", Parameters.Buffer.ClipGradients(Shape.Options.MaximumGradientNorm));
        Parameters.Step(optimizer);
        foreach (var term in terms) { term.Updated(); }
        var state = pass.State.Detached;
        return new LatentState(state.Deterministic.reshape(-1, Shape.Options.Deterministic), state.Stochastic.reshape(-1, Shape.Options.Stochastic));
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part("parameters", Parameters);
        state.Part(nameof(optimizer), optimizer);
        state.Part(nameof(noise), noise);
        for (var i = 0; i < terms.Count; i++) { state.Part($"term{i}", terms[i]); }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var term in terms) { term.Dispose(); }
        Parameters.Dispose();
    }

    internal static IEnumerable<NetworkPart> Networks(WorldModelShape shape) =>
    [
        .. ObservationNetwork.Parts("encoder", shape.Observations, shape.Options.Embedding, shape.Options),
        .. LatentDynamics.Parts(shape.Actions, shape.Options),
    ];
}
