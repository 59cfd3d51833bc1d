namespace Bellman.Neural;

/// <summary>A network that writes the quantiles of returns at probabilities which it draws anew with its noise.</summary>
public interface IQuantileNetwork : INoisyNetwork
{
    /// <summary>
    /// [samples]: the probabilities that the passes write quantiles for, the same for every row: uniform draws after
    /// <see cref="INoisyNetwork.DrawNoise"/>, and (i + 1/2)/samples in silence. The memory changes with them.
    /// </summary>
    ReadOnlyMemory<float> Probabilities { get; }
}

/// <summary>
/// Implicit quantile network (Dabney et al. 2018b, eq. 4): Z_tau(s, a) = head(trunk(s) * phi(tau))_a, with the embedding
/// phi(tau) = ReLU(W cos(pi i tau) + b), i = 0..cosines-1. Its network writes [actions, samples] for a row.
/// </summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="Trunk">Reads the inputs and writes features. Its name begins with <paramref name="Name"/>.</param>
/// <param name="Head">Reads features and writes a number for each action. Its name begins with <paramref name="Name"/>.</param>
/// <param name="Samples">Probabilities per pass, at least 1.</param>
public sealed record ImplicitQuantilePart(string Name, NetworkPart Trunk, NetworkPart Head, int Samples) : NetworkPart(Name)
{
    /// <summary>Cosines of the embedding, at least 1; 64 in the paper.</summary>
    public int Cosines { get; init; } = 64;

    /// <inheritdoc/>
    public override int Inputs => Trunk.Inputs;

    /// <inheritdoc/>
    public override int Outputs => Head.Outputs * Samples;

    private MlpPart Embedding => new($"{Name}.embedding", new MlpSpecification(Cosines, [], Trunk.Outputs)
    {
        OutputActivation = Activation.Relu,
        Initialization = Initialization.FanIn,
    });

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() => Trunk.Parameters().Concat(Embedding.Parameters()).Concat(Head.Parameters());

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random)
    {
        Trunk.Initialize(parameters, random);
        Embedding.Initialize(parameters, random);
        Head.Initialize(parameters, random);
    }

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context) =>
        Trunk.Build(parameters, context) is { } trunk && Embedding.Build(parameters, context) is { } embedding && Head.Build(parameters, context) is { } head
            ? new ImplicitQuantileNetwork(trunk, embedding, head, Samples)
            : throw new UsageException($"Trunk and head of '{Name}' must be networks.");

    /// <inheritdoc/>
    public override void Validate()
    {
        Trunk.Validate();
        Head.Validate();
        if (Samples < 1 || Cosines < 1) { throw new UsageException($"'{Name}' has {Samples} samples and {Cosines} cosines; both must be at least 1."); }
        if (Trunk.Outputs != Head.Inputs)
        {
            throw new UsageException($"In '{Name}', the trunk writes {Trunk.Outputs} numbers and the head reads {Head.Inputs}; they must be equal.");
        }
    }
}
