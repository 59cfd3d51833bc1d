namespace Bellman.Neural;

/// <summary>
/// Several networks and free vectors over one flat <see cref="ParameterBuffer"/>, so that one optimiser steps them
/// together: an actor and its critic, twin critics, an ensemble.
/// </summary>
public sealed class NetworkGroup : IDisposable, IStateful
{
    private readonly NetworkPart[] parts;
    private readonly NetworkOptions options;
    private readonly Dictionary<string, INetwork> networks = [];
    private readonly Dictionary<string, (int Offset, int Size)> vectors;
    private readonly WorkerTeam team;
    private readonly NetworkContext context;

    private NetworkGroup(NetworkPart[] parts, NetworkOptions options, ParameterBuffer parameters)
    {
        this.parts = parts;
        this.options = options;
        Parameters = parameters;
        vectors = parts.OfType<VectorPart>().Select(part => parameters.Find(part.Name)).ToDictionary(vector => vector.Name, vector => (vector.Offset, vector.Size));
        team = new WorkerTeam(options.Threads);
        context = new NetworkContext(options, team);
        foreach (var part in parts)
        {
            if (part.Build(parameters, context) is { } network) { networks.Add(part.Name, network); }
        }
    }

    /// <summary>The parameters of every part.</summary>
    public ParameterBuffer Parameters { get; }

    /// <summary>The parts, in the order of their parameters.</summary>
    public IReadOnlyList<NetworkPart> Parts => parts;

    /// <summary>The network of the part with this name.</summary>
    /// <exception cref="UsageException">No network has this name.</exception>
    public INetwork this[string name] => networks.TryGetValue(name, out var network)
        ? network
        : throw NearNames.Unknown("network", name, networks.Keys, $"This group has {networks.Count} networks.");

    /// <summary>Builds the parts and draws their initial weights.</summary>
    /// <param name="initialization">Weights are drawn from children of this stream, named after the parts.</param>
    /// <param name="options">Engine and threads.</param>
    /// <param name="parts">At least one, with different names.</param>
    /// <exception cref="UsageException">An option or a shape is out of range, or two parts share a name.</exception>
    public static NetworkGroup Create(RandomStream initialization, NetworkOptions options, params NetworkPart[] parts)
    {
        options.Validate();
        Validate(parts);
        var parameters = ParameterBuffer.Of(parts.SelectMany(part => part.Parameters()));
        foreach (var part in parts) { part.Initialize(parameters, initialization); }
        return new NetworkGroup(parts, options, parameters);
    }

    /// <summary>The values of the free vector with this name.</summary>
    /// <exception cref="UsageException">No vector has this name.</exception>
    public Span<float> Vector(string name)
    {
        var (offset, size) = FindVector(name);
        return Parameters.Block.AsSpan(offset, size);
    }

    /// <summary>The gradient of the free vector with this name; add to it.</summary>
    /// <exception cref="UsageException">No vector has this name.</exception>
    public Span<float> VectorGradient(string name)
    {
        var (offset, size) = FindVector(name);
        return Parameters.Gradients.AsSpan(offset, size);
    }

    /// <summary>
    /// Runs pieces of work that touch different networks of the group at the same time, as far as it has threads, and
    /// returns when all are done. Each network computes the same as it would alone.
    /// </summary>
    public void Run(NetworkWork work)
    {
        if (context.UsesTorch) { work.RunInOrder(); } else { team.Run(work, 0, work.Count); }
    }

    /// <summary>A group of the same layout and values with buffers of its own: a target network, or a copy for another thread.</summary>
    public NetworkGroup Copy()
    {
        var parameters = new ParameterBuffer(Parameters.Parameters);
        parameters.CopyFrom(Parameters);
        return new NetworkGroup(parts, options, parameters);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => Parameters.Exchange(state);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var network in networks.Values) { network.Dispose(); }
        team.Dispose();
    }

    private (int Offset, int Size) FindVector(string name) => vectors.TryGetValue(name, out var place)
        ? place
        : throw NearNames.Unknown("vector", name, vectors.Keys, "Only parts made with VectorPart are vectors.");

    private static void Validate(NetworkPart[] parts)
    {
        if (parts.Length == 0) { throw new UsageException("A network group needs at least one part."); }
        if (parts.GroupBy(part => part.Name).FirstOrDefault(same => same.Count() > 1) is { } duplicate)
        {
            throw new UsageException($"Two parts of a network group are named '{duplicate.Key}'; give each a name of its own.");
        }
        foreach (var part in parts) { part.Validate(); }
    }
}

/// <summary>Pieces of work for <see cref="NetworkGroup.Run"/>; kept and used again, so that running them allocates nothing.</summary>
/// <param name="pieces">None may fail, and no two touch the same network.</param>
public sealed class NetworkWork(params Action[] pieces) : IParallelWork
{
    /// <summary>How many pieces.</summary>
    public int Count => pieces.Length;

    internal void RunInOrder()
    {
        foreach (var piece in pieces) { piece(); }
    }

    void IParallelWork.Execute(int phase, int task, int worker) => pieces[task]();
}
