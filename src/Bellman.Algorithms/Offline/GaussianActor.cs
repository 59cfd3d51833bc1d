using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// A policy that recorded actions are fitted with: a normal distribution around tanh of a network's outputs, whose deviation is learned and
/// the same everywhere. Unlike a squashed one it gives actions on the bounds a finite likelihood.
/// </summary>
internal sealed class GaussianActor : IStateful, IDisposable
{
    private const string Mean = "actor";
    private const string Deviation = "logDeviation";
    private const float LowestLogDeviation = -5;
    private const float HighestLogDeviation = 2;

    private readonly OfflineOptions options;
    private readonly NetworkGroup networks;
    private readonly Adam optimizer;
    private readonly int size;
    private readonly float[] means;
    private readonly float[] gradients;
    private readonly float[] bounded;

    public GaussianActor(int observationSize, int actionSize, OfflineOptions options, RandomStream initialization)
    {
        this.options = options;
        size = actionSize;
        var mlp = new MlpSpecification(observationSize, options.Hidden, actionSize) { Activation = options.Activation, OutputActivation = Activation.Tanh, Initialization = Initialization.FanIn };
        networks = NetworkGroup.Create(initialization, options.NetworkOptions, new MlpPart(Mean, mlp), new VectorPart(Deviation, actionSize, 0));
        optimizer = new Adam(networks.Parameters, new AdamOptions { LearningRate = options.LearningRate });
        means = new float[options.BatchSize * actionSize];
        gradients = new float[means.Length];
        bounded = new float[actionSize];
    }

    /// <summary>tanh of its outputs are the means.</summary>
    public INetwork Network => networks[Mean];

    /// <summary>Parameters and gradients.</summary>
    public ParameterBuffer Parameters => networks.Parameters;

    /// <summary>One step on the mean over the batch of w · -log π(a|s), or on mean (π(s) - a)².</summary>
    /// <param name="batch">Of the size the actor was made for.</param>
    /// <param name="weights">[batch]: w, which no gradient passes.</param>
    /// <param name="loss">What is minimised.</param>
    /// <param name="metrics">Hears of the loss.</param>
    public void Fit(ReplayBatch batch, ReadOnlySpan<float> weights, CloningLoss loss, IMetricSink metrics)
    {
        Network.ForwardTraining(batch.Observations, batch.Size, means);
        networks.Parameters.ClearGradients();
        gradients.AsSpan().Clear();
        var total = loss == CloningLoss.SquaredError ? OfflineLoss.Imitation(means, batch.Actions, 0, gradients) : Likelihood(batch, weights);
        Network.Backward(gradients, batch.Size, default);
        metrics.Add("loss/actor", total);
        metrics.Add("train/actor_gradient_norm", networks.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step();
    }

    /// <summary>Draws an action in [-1, 1] for each row.</summary>
    public void Draw(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream random)
    {
        Network.Forward(observations, count, actions);
        Bound();
        for (var k = 0; k < count * size; k++)
        {
            actions[k] = Math.Clamp(actions[k] + MathF.Exp(bounded[k % size]) * (float)random.NextGaussian(), -1, 1);
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(networks), networks);
        state.Part(nameof(optimizer), optimizer);
    }

    /// <inheritdoc/>
    public void Dispose() => networks.Dispose();

    private double Likelihood(ReplayBatch batch, ReadOnlySpan<float> weights)
    {
        Bound();
        Span<float> byDeviation = stackalloc float[size];
        byDeviation.Clear();
        var total = 0.0;
        for (var i = 0; i < batch.Size; i++)
        {
            var mean = means.AsSpan(i * size, size);
            var action = batch.Actions.AsSpan(i * size, size);
            total -= weights[i] * DiagonalGaussian.LogProbability(mean, bounded, action) / batch.Size;
            DiagonalGaussian.AddGradient(mean, bounded, action, -weights[i] / batch.Size, 0, gradients.AsSpan(i * size, size), byDeviation);
        }
        var raw = networks.Vector(Deviation);
        var gradient = networks.VectorGradient(Deviation);
        for (var k = 0; k < size; k++) { gradient[k] = raw[k] is > LowestLogDeviation and < HighestLogDeviation ? byDeviation[k] : 0; }
        return total;
    }

    private void Bound()
    {
        var raw = networks.Vector(Deviation);
        for (var k = 0; k < size; k++) { bounded[k] = Math.Clamp(raw[k], LowestLogDeviation, HighestLogDeviation); }
    }
}
