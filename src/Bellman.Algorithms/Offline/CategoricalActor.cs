using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>A policy over discrete actions that recorded actions are fitted with, by likelihood.</summary>
internal sealed class CategoricalActor : IStateful, IDisposable
{
    private const string Name = "actor";

    private readonly OfflineOptions options;
    private readonly NetworkGroup networks;
    private readonly Adam optimizer;
    private readonly int actions;
    private readonly float[] logits;
    private readonly float[] gradients;
    private float[] acting = [];

    public CategoricalActor(int observationSize, int actions, OfflineOptions options, RandomStream initialization)
    {
        (this.options, this.actions) = (options, actions);
        var mlp = new MlpSpecification(observationSize, options.Hidden, actions) { Activation = options.Activation, Initialization = Initialization.FanIn };
        networks = NetworkGroup.Create(initialization, options.NetworkOptions, new MlpPart(Name, mlp));
        optimizer = new Adam(networks.Parameters, new AdamOptions { LearningRate = options.LearningRate });
        logits = new float[options.BatchSize * actions];
        gradients = new float[logits.Length];
    }

    /// <summary>Its outputs are logits.</summary>
    public INetwork Network => networks[Name];

    /// <summary>One step on the mean over the batch of w · -log π(a|s).</summary>
    /// <param name="batch">Of the size the actor was made for.</param>
    /// <param name="weights">[batch]: w, which no gradient passes; empty for 1.</param>
    /// <param name="metrics">Hears of the loss.</param>
    public void Fit(ReplayBatch batch, ReadOnlySpan<float> weights, IMetricSink metrics)
    {
        Network.ForwardTraining(batch.Observations, batch.Size, logits);
        networks.Parameters.ClearGradients();
        gradients.AsSpan().Clear();
        var loss = 0.0;
        for (var i = 0; i < batch.Size; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            var row = logits.AsSpan(i * actions, actions);
            Categorical.LogSoftmax(row, row);
            var action = (int)batch.Actions[i];
            loss -= weight * row[action] / batch.Size;
            Categorical.AddGradient(row, action, -weight / batch.Size, 0, gradients.AsSpan(i * actions, actions));
        }
        Network.Backward(gradients, batch.Size, default);
        metrics.Add("loss/actor", loss);
        metrics.Add("train/actor_gradient_norm", networks.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step();
    }

    /// <summary>Draws an action for each row.</summary>
    public void Draw(ReadOnlySpan<float> observations, int count, Span<float> drawn, RandomStream random)
    {
        if (acting.Length != count * actions) { acting = new float[count * actions]; }
        Network.Forward(observations, count, acting);
        for (var i = 0; i < count; i++) { drawn[i] = Categorical.Sample(acting.AsSpan(i * actions, actions), random); }
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
