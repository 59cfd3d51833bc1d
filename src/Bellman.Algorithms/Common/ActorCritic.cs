using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// The networks of a stochastic policy and its value function over one parameter buffer: two networks apart, or a
/// trunk that both share. What recurrent ones remember is kept outside, in a <see cref="PolicyMemory"/>.
/// </summary>
public abstract class ActorCritic : IStateful, IDisposable
{
    internal const string FreeName = "logStd";

    private readonly NetworkGroup networks;
    private readonly int freeOffset;

    private protected ActorCritic(NetworkGroup networks, ActionHead head, IReadOnlyList<INetwork> remembering)
    {
        this.networks = networks;
        Head = head;
        freeOffset = head.FreeParameters > 0 ? networks.Parameters.Find(FreeName).Offset : 0;
        MemorySizes = [.. remembering.OfType<IRecurrentNetwork>().Select(network => network.MemorySize).Where(size => size > 0)];
    }

    /// <summary>What the policy's outputs mean.</summary>
    public ActionHead Head { get; }

    /// <summary>Numbers that each recurrent network remembers of an episode; empty without memory.</summary>
    public IReadOnlyList<int> MemorySizes { get; }

    /// <summary>Whether the policy remembers.</summary>
    public bool IsRecurrent => MemorySizes.Count > 0;

    /// <summary>The networks between encoded observations and the head, one after another.</summary>
    public abstract IReadOnlyList<INetwork> PolicyNetworks { get; }

    /// <summary>The parameters of everything.</summary>
    public ParameterBuffer Parameters => networks.Parameters;

    /// <summary>The head's free parameters.</summary>
    public Span<float> Free => Parameters.Values.AsSpan(freeOffset, Head.FreeParameters);

    /// <summary>Their gradient.</summary>
    public Span<float> FreeGradient => Parameters.Gradients.AsSpan(freeOffset, Head.FreeParameters);

    /// <summary>Networks for a policy; initial weights are drawn from <paramref name="initialization"/>.</summary>
    /// <param name="observations">What is observed; networks read its flattened, encoded form.</param>
    /// <param name="actions">What the policy writes.</param>
    /// <param name="options">Shapes, distribution and engine.</param>
    /// <param name="initialization">Stream of the initial weights.</param>
    /// <param name="trunk">Makes the trunk; null for the one that the options describe.</param>
    /// <exception cref="UsageException">The options or the factory's parts do not fit.</exception>
    public static ActorCritic Create(Space observations, Space actions, ActorCriticOptions options, RandomStream initialization, INetworkFactory? trunk = null)
    {
        var design = new ActorCriticDesign(observations, actions, options, trunk);
        var networks = NetworkGroup.Create(initialization, options.NetworkOptions, [.. design.Parts]);
        return options.SharedTrunk ? new SharedActorCritic(networks, design.Head) : new SeparateActorCritic(networks, design.Head);
    }

    /// <summary>One step of each row: the policy's outputs, and the values unless <paramref name="values"/> is empty; replaces the memory.</summary>
    /// <param name="observations">[batch, encoded observation size].</param>
    /// <param name="batch">Rows.</param>
    /// <param name="memory">What each row remembers; the first <paramref name="batch"/> rows are used.</param>
    /// <param name="outputs">[batch, head outputs].</param>
    /// <param name="values">[batch]; may be empty where nothing is remembered.</param>
    public abstract void Step(ReadOnlySpan<float> observations, int batch, PolicyMemory memory, Span<float> outputs, Span<float> values);

    /// <summary>The values of each row; replaces the memory.</summary>
    public abstract void Value(ReadOnlySpan<float> observations, int batch, PolicyMemory memory, Span<float> values);

    /// <summary>Outputs and values of a mini-batch, keeping what <see cref="Backward"/> needs.</summary>
    public abstract void ForwardTraining(Minibatch batch);

    /// <summary>Adds the gradients of the mini-batch's outputs and values to the parameters' gradients.</summary>
    public abstract void Backward(Minibatch batch);

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => networks.Exchange(state);

    /// <inheritdoc/>
    public void Dispose()
    {
        networks.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static void Step(INetwork network, ReadOnlySpan<float> inputs, int batch, PolicyMemory memory, int index, Span<float> outputs)
    {
        if (!memory.IsEmpty && network is IRecurrentNetwork recurrent) { recurrent.Step(inputs, batch, memory.Rows(index, batch), outputs); }
        else { network.Forward(inputs, batch, outputs); }
    }

    private protected static void ForwardTraining(INetwork network, Minibatch batch, int index, Span<float> outputs)
    {
        if (!batch.Memory.IsEmpty && network is IRecurrentNetwork recurrent)
        {
            recurrent.ForwardSequences(batch.Observations, batch.Rows, new Sequences(batch.Sequences, batch.Begins, batch.Memory.Rows(index, batch.Sequences)), outputs);
        }
        else { network.ForwardTraining(batch.Observations, batch.Rows, outputs); }
    }
}

/// <summary>Policy and value function have networks of their own, which are trained side by side where there are two threads.</summary>
internal sealed class SeparateActorCritic : ActorCritic
{
    private readonly NetworkGroup networks;
    private readonly INetwork actor;
    private readonly INetwork critic;
    private readonly NetworkWork forward;
    private readonly NetworkWork backward;
    private Minibatch? current;

    public SeparateActorCritic(NetworkGroup networks, ActionHead head) : base(networks, head, [networks["actor"], networks["critic"]])
    {
        this.networks = networks;
        actor = networks["actor"];
        critic = networks["critic"];
        forward = new NetworkWork(
            () => { if (current is { } batch) { ForwardTraining(actor, batch, 0, batch.Outputs); } },
            () => { if (current is { } batch) { ForwardTraining(critic, batch, 1, batch.Values); } });
        backward = new NetworkWork(
            () => { if (current is { } batch) { actor.Backward(batch.OutputGradients, batch.Rows, default); } },
            () => { if (current is { } batch) { critic.Backward(batch.ValueGradients, batch.Rows, default); } });
    }

    public override IReadOnlyList<INetwork> PolicyNetworks => [actor];

    public override void Step(ReadOnlySpan<float> observations, int batch, PolicyMemory memory, Span<float> outputs, Span<float> values)
    {
        Step(actor, observations, batch, memory, 0, outputs);
        if (!values.IsEmpty) { Step(critic, observations, batch, memory, 1, values); }
    }

    public override void Value(ReadOnlySpan<float> observations, int batch, PolicyMemory memory, Span<float> values) =>
        Step(critic, observations, batch, memory, 1, values);

    public override void ForwardTraining(Minibatch batch)
    {
        current = batch;
        networks.Run(forward);
    }

    public override void Backward(Minibatch batch)
    {
        current = batch;
        networks.Run(backward);
    }
}

/// <summary>Policy and value function are linear in the features of one trunk.</summary>
internal sealed class SharedActorCritic(NetworkGroup networks, ActionHead head) : ActorCritic(networks, head, [networks["trunk"]])
{
    private readonly INetwork trunk = networks["trunk"];
    private readonly INetwork actor = networks["actor"];
    private readonly INetwork critic = networks["critic"];
    private float[] features = [];
    private float[] featureGradients = [];
    private float[] criticFeatureGradients = [];

    public override IReadOnlyList<INetwork> PolicyNetworks => [trunk, actor];

    public override void Step(ReadOnlySpan<float> observations, int batch, PolicyMemory memory, Span<float> outputs, Span<float> values)
    {
        var x = Sized(ref features, batch);
        Step(trunk, observations, batch, memory, 0, x);
        actor.Forward(x, batch, outputs);
        if (!values.IsEmpty) { critic.Forward(x, batch, values); }
    }

    public override void Value(ReadOnlySpan<float> observations, int batch, PolicyMemory memory, Span<float> values)
    {
        var x = Sized(ref features, batch);
        Step(trunk, observations, batch, memory, 0, x);
        critic.Forward(x, batch, values);
    }

    public override void ForwardTraining(Minibatch batch)
    {
        var x = Sized(ref features, batch.Rows);
        ForwardTraining(trunk, batch, 0, x);
        actor.ForwardTraining(x, batch.Rows, batch.Outputs);
        critic.ForwardTraining(x, batch.Rows, batch.Values);
    }

    public override void Backward(Minibatch batch)
    {
        var gradients = Sized(ref featureGradients, batch.Rows);
        var criticGradients = Sized(ref criticFeatureGradients, batch.Rows);
        actor.Backward(batch.OutputGradients, batch.Rows, gradients);
        critic.Backward(batch.ValueGradients, batch.Rows, criticGradients);
        for (var i = 0; i < gradients.Length; i++) { gradients[i] += criticGradients[i]; }
        trunk.Backward(gradients, batch.Rows, default);
    }

    private Span<float> Sized(ref float[] block, int rows)
    {
        var size = rows * trunk.Outputs;
        if (block.Length < size) { block = new float[size]; }
        return block.AsSpan(0, size);
    }
}
