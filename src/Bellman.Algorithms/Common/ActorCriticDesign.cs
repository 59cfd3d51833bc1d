using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// The parts of an <see cref="ActorCritic"/>: observations, trunk, perhaps a recurrent layer, and the linear layers of policy
/// and value on its features.
/// </summary>
internal sealed class ActorCriticDesign
{
    // A policy that starts near uniform learns from all of its first data (Andrychowicz et al. 2021).
    private const float PolicyGain = 0.01f;

    private readonly Space observations;
    private readonly ActorCriticOptions options;
    private readonly INetworkFactory? trunk;

    public ActorCriticDesign(Space observations, Space actions, ActorCriticOptions options, INetworkFactory? trunk)
    {
        (this.observations, this.options) = (observations, options);
        this.trunk = trunk ?? DefaultTrunk();
        // One network from end to end where nothing is between: it keeps activations in the first caches.
        var plain = this.trunk is null && options.Memory is null && !options.SharedTrunk && options.Distribution != ActionDistribution.StateDependent;
        var below = plain ? null : Trunk(options.SharedTrunk ? "trunk" : "actor.trunk");
        Head = ActionHead.For(actions, options.Distribution, below?.Outputs ?? 0);
        NetworkPart[] free = Head.FreeParameters > 0
            ? [new VectorPart(ActorCritic.FreeName, Head.FreeParameters, Head.InitialFree(options.InitialLogStandardDeviation))]
            : [];
        Parts = below is null ? [Mlp("actor", Head.Outputs, PolicyGain), Mlp("critic", 1, 1), .. free]
            : options.SharedTrunk ? [below, PolicyLayer("actor", below.Outputs), ValueLayer("critic", below.Outputs), .. free]
            : [new ChainPart("actor", [below, PolicyLayer("actor.head", below.Outputs)]), Critic(Trunk("critic.trunk")), .. free];
    }

    /// <summary>What the policy's outputs mean.</summary>
    public ActionHead Head { get; }

    /// <summary>Parts "actor" and "critic", "trunk" if it is shared, and the head's free parameters.</summary>
    public IReadOnlyList<NetworkPart> Parts { get; }

    private NatureFactory? DefaultTrunk() => options.Network switch
    {
        NetworkKind.Nature => new NatureFactory(),
        NetworkKind.Auto when NatureFactory.Fits(observations) => new NatureFactory(),
        _ => null,
    };

    private NetworkPart Trunk(string name)
    {
        var memory = options.Memory;
        if (memory is not null && trunk is null && options.Hidden.Length == 0) { return Memory(memory, name, observations.FlatSize); }
        var below = (trunk ?? new MlpFactory(options.Hidden, options.Activation)).CreateTrunk(memory is null ? name : $"{name}.features", observations);
        if (below.Inputs != observations.FlatSize)
        {
            throw new UsageException($"The trunk '{below.Name}' reads {below.Inputs} numbers, an observation of {observations} has {observations.FlatSize}. Let the factory make a part that reads as many.");
        }
        return memory is null ? below : new ChainPart(name, [below, Memory(memory, $"{name}.memory", below.Outputs)]);
    }

    private static RecurrentPart Memory(RecurrentLayer layer, string name, int inputs) => new(name, layer.Cell, inputs, layer.Size);

    private MlpPart Mlp(string name, int outputs, float gain) =>
        new(name, new MlpSpecification(observations.FlatSize, options.Hidden, outputs) { Activation = options.Activation, OutputGain = gain });

    private NetworkPart PolicyLayer(string name, int features)
    {
        var layer = new MlpPart(name, new MlpSpecification(features, [], Head.LayerOutputs) { OutputGain = PolicyGain });
        return Head.ReadsFeatures ? new PassThroughPart(layer) : layer;
    }

    private static ChainPart Critic(NetworkPart below) => new("critic", [below, ValueLayer("critic.head", below.Outputs)]);

    private static MlpPart ValueLayer(string name, int features) => new(name, new MlpSpecification(features, [], 1));
}
