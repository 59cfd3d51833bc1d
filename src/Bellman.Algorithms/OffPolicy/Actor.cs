using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>The policy's network of an <see cref="IOffPolicyLearner"/> with its optimiser. Its state is exchanged in the scope of its owner.</summary>
internal sealed class Actor : IStateful, IDisposable
{
    /// <summary>The network's name in its group.</summary>
    public const string Name = "actor";

    private readonly OffPolicyOptions options;
    private readonly NetworkGroup networks;
    private readonly Adam optimizer;

    public Actor(MlpSpecification mlp, OffPolicyOptions options, RandomStream initialization)
    {
        this.options = options;
        networks = NetworkGroup.Create(initialization, options.NetworkOptions, new MlpPart(Name, mlp));
        Network = networks[Name];
        optimizer = new Adam(networks.Parameters, new AdamOptions { LearningRate = options.LearningRate });
    }

    public INetwork Network { get; }

    public ParameterBuffer Parameters => networks.Parameters;

    /// <summary>The same network apart, for a target.</summary>
    public NetworkGroup Copy() => networks.Copy();

    /// <summary>One step down a loss whose gradient in the outputs of the last <see cref="INetwork.ForwardTraining"/> is given.</summary>
    public void Descend(double loss, ReadOnlySpan<float> outputGradients, int rows, IMetricSink metrics)
    {
        Parameters.ClearGradients();
        Network.Backward(outputGradients, rows, default);
        metrics.Add("loss/actor", loss);
        metrics.Add("train/actor_gradient_norm", Parameters.ClipGradients(options.MaximumGradientNorm));
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
