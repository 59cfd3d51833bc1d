namespace Bellman.Neural;

/// <summary>
/// One named part of a <see cref="NetworkGroup"/>: which parameters it has, how they start, and the network over them.
/// Derive from it to bring a network of your own; it then shares the group's buffer, optimiser, copies and checkpoints.
/// </summary>
/// <param name="Name">Unique in its group; parameters are named after it.</param>
public abstract record NetworkPart(string Name)
{
    /// <summary>Numbers its network reads for a row; 0 for a part that computes nothing.</summary>
    public virtual int Inputs => 0;

    /// <summary>Numbers its network writes for a row; 0 for a part that computes nothing.</summary>
    public virtual int Outputs => 0;

    /// <summary>Names (each beginning with <see cref="Name"/>) and shapes, in the order of the flat buffer.</summary>
    public abstract IEnumerable<(string Name, int[] Shape)> Parameters();

    /// <summary>Writes the initial values. Draw from children of <paramref name="random"/> named after the parameters, so that parts do not disturb each other.</summary>
    public abstract void Initialize(ParameterBuffer parameters, RandomStream random);

    /// <summary>The network over its parameters in <paramref name="parameters"/>; null for a part that computes nothing.</summary>
    public abstract INetwork? Build(ParameterBuffer parameters, NetworkContext context);

    /// <summary>Throws when the part cannot be built.</summary>
    /// <exception cref="UsageException">A shape is out of range.</exception>
    public virtual void Validate() { }
}

/// <summary>What a part is built with.</summary>
public sealed class NetworkContext
{
    internal NetworkContext(NetworkOptions options, WorkerTeam team)
    {
        Options = options;
        Team = team;
    }

    /// <summary>Engine and threads that were asked for.</summary>
    public NetworkOptions Options { get; }

    /// <summary>The group's worker threads.</summary>
    internal WorkerTeam Team { get; }

    /// <summary>Whether a network of the group is computed by torch, which has threads of its own.</summary>
    internal bool UsesTorch { get; set; }
}

/// <summary>A multilayer perceptron; parameters "name.0.weight", "name.0.bias", and with layer norm "name.0.norm.weight", "name.0.norm.bias".</summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="Mlp">Its shape.</param>
public sealed record MlpPart(string Name, MlpSpecification Mlp) : NetworkPart(Name)
{
    // Measured on one Sapphire Rapids core, two hidden layers, batch 256: an update takes 1.7 ms against torch's 2.2 at
    // width 256, 7.3 against 7.9 at 512, but 77 against 41 at 1024, where torch's blocking for the caches pays.
    internal const int WidestSimd = 512;

    /// <inheritdoc/>
    public override int Inputs => Mlp.Inputs;

    /// <inheritdoc/>
    public override int Outputs => Mlp.Outputs;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() => MlpLayout.Parameters(Name, Mlp);

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random) => WeightInitializer.Initialize(Name, Mlp, parameters, random);

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context)
    {
        var layers = MlpLayout.Layers(Name, Mlp, parameters);
        var engine = context.Options.Engine != Engine.Auto ? context.Options.Engine
            : Mlp.LargestWidth <= WidestSimd ? Engine.Simd : Engine.Torch;
        context.UsesTorch |= engine == Engine.Torch;
        return engine == Engine.Torch
            ? new TorchNetwork(layers, parameters, context.Options.Threads)
            : VectorKernels.Active.CreateNetwork(layers, parameters, context.Team);
    }

    /// <inheritdoc/>
    public override void Validate() => Mlp.Validate();
}

/// <summary>A trainable vector that belongs to no network, such as a state-independent log standard deviation.</summary>
/// <param name="Name">Unique in its group; also the parameter's name.</param>
/// <param name="Size">How many numbers.</param>
/// <param name="InitialValue">What each starts as.</param>
public sealed record VectorPart(string Name, int Size, float InitialValue) : NetworkPart(Name)
{
    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() => [(Name, [Size])];

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random) => parameters.Initial(Name).Fill(InitialValue);

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context) => null;

    /// <inheritdoc/>
    public override void Validate()
    {
        if (Size < 1) { throw new UsageException($"Vector part '{Name}' has size {Size}; it must be at least 1."); }
    }
}
