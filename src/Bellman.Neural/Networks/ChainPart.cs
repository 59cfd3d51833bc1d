namespace Bellman.Neural;

/// <summary>Networks one after another: each reads what the one before it wrote. At most one of them remembers.</summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="Links">At least one; each link's own name begins with <paramref name="Name"/>.</param>
public sealed record ChainPart(string Name, IReadOnlyList<NetworkPart> Links) : NetworkPart(Name)
{
    /// <inheritdoc/>
    public override int Inputs => Links[0].Inputs;

    /// <inheritdoc/>
    public override int Outputs => Links[^1].Outputs;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() => Links.SelectMany(link => link.Parameters());

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random)
    {
        foreach (var link in Links) { link.Initialize(parameters, random); }
    }

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context) => new ChainedNetwork(
        [.. Links.Select(link => link.Build(parameters, context) ?? throw new UsageException($"Link '{link.Name}' of '{Name}' computes nothing; leave it out of the chain."))]);

    /// <inheritdoc/>
    public override void Validate()
    {
        if (Links.Count == 0) { throw new UsageException($"Chain '{Name}' has no links; give it at least one part."); }
        foreach (var link in Links) { link.Validate(); }
        foreach (var (first, second) in Links.Zip(Links.Skip(1)))
        {
            // A part that computes nothing is refused by its own name when it is built.
            if (first.Outputs == 0 || second.Inputs == 0) { continue; }
            if (first.Outputs != second.Inputs)
            {
                throw new UsageException($"'{first.Name}' writes {first.Outputs} numbers a row and '{second.Name}', which follows it, reads {second.Inputs}; make them equal.");
            }
        }
    }
}

/// <summary>The networks of a <see cref="ChainPart"/>.</summary>
internal sealed class ChainedNetwork : IRecurrentNetwork, INoisyNetwork, IDescribedNetwork
{
    private readonly INetwork[] links;
    private readonly IRecurrentNetwork? recurrent;
    private readonly float[][] between;
    private readonly float[][] betweenGradients;

    public ChainedNetwork(INetwork[] links)
    {
        this.links = links;
        var remembering = links.OfType<IRecurrentNetwork>().Where(link => link.MemorySize > 0).ToArray();
        if (remembering.Length > 1) { throw new UsageException($"A chain can hold one recurrent network, this one has {remembering.Length}; put the others into a network of their own."); }
        recurrent = remembering.FirstOrDefault();
        between = Enumerable.Repeat(Array.Empty<float>(), links.Length - 1).ToArray();
        betweenGradients = [.. between];
    }

    public int Inputs => links[0].Inputs;

    public int Outputs => links[^1].Outputs;

    public NetworkDescription? Describe() => NetworkChain.Of(links);

    public int MemorySize => recurrent?.MemorySize ?? 0;

    public ParameterBuffer Parameters => links[0].Parameters;

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        var x = inputs;
        for (var i = 0; i < links.Length; i++)
        {
            var y = Output(i, batch, outputs);
            links[i].Forward(x, batch, y);
            x = y;
        }
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        var x = inputs;
        for (var i = 0; i < links.Length; i++)
        {
            var y = Output(i, batch, outputs);
            links[i].ForwardTraining(x, batch, y);
            x = y;
        }
    }

    public void Step(ReadOnlySpan<float> inputs, int batch, Span<float> memory, Span<float> outputs)
    {
        var x = inputs;
        for (var i = 0; i < links.Length; i++)
        {
            var y = Output(i, batch, outputs);
            if (recurrent is not null && ReferenceEquals(links[i], recurrent)) { recurrent.Step(x, batch, memory, y); } else { links[i].Forward(x, batch, y); }
            x = y;
        }
    }

    public void ForwardSequences(ReadOnlySpan<float> inputs, int rows, Sequences sequences, Span<float> outputs)
    {
        var x = inputs;
        for (var i = 0; i < links.Length; i++)
        {
            var y = Output(i, rows, outputs);
            if (recurrent is not null && ReferenceEquals(links[i], recurrent)) { recurrent.ForwardSequences(x, rows, sequences, y); } else { links[i].ForwardTraining(x, rows, y); }
            x = y;
        }
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        var delta = outputGradients;
        for (var i = links.Length - 1; i >= 0; i--)
        {
            var below = i == 0 ? inputGradients : Scratch.Sized(ref betweenGradients[i - 1], batch * links[i - 1].Outputs);
            links[i].Backward(delta, batch, below, parameterGradients);
            delta = below;
        }
    }

    public void DrawNoise(RandomStream random)
    {
        foreach (var link in links) { (link as INoisyNetwork)?.DrawNoise(random); }
    }

    public void SilenceNoise()
    {
        foreach (var link in links) { (link as INoisyNetwork)?.SilenceNoise(); }
    }

    public void Dispose()
    {
        foreach (var link in links) { link.Dispose(); }
    }

    private Span<float> Output(int link, int batch, Span<float> outputs) => link == links.Length - 1 ? outputs : Scratch.Sized(ref between[link], batch * links[link].Outputs);
}
