using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// K value functions Q_k = f_k + beta p_k: a trainable network each, and a random one that never changes (Osband et al.
/// 2018, "Randomized prior functions for deep reinforcement learning", algorithm 1). Where there is no data, p_k alone
/// speaks, and the members disagree.
/// </summary>
internal sealed class PriorEnsemble : IDisposable, IStateful
{
    private readonly NetworkGroup online;
    private readonly NetworkGroup target;
    private readonly NetworkGroup priors;
    private readonly INetwork[] onlineNetworks;
    private readonly INetwork[] targetNetworks;
    private readonly INetwork[] priorNetworks;
    private readonly float scale;
    private float[] scratch = [];

    public PriorEnsemble(int members, MlpSpecification mlp, float scale, Engine engine, RandomStream random)
    {
        this.scale = scale;
        var options = new NetworkOptions { Engine = engine };
        NetworkPart[] parts = [.. Enumerable.Range(0, members).Select(member => new MlpPart($"member{member}", mlp))];
        online = NetworkGroup.Create(random.Child("members"), options, parts);
        target = online.Copy();
        priors = NetworkGroup.Create(random.Child("priors"), options, parts);
        onlineNetworks = Networks(online);
        targetNetworks = Networks(target);
        priorNetworks = Networks(priors);
        INetwork[] Networks(NetworkGroup group) => [.. parts.Select(part => group[part.Name])];
    }

    public int Members => onlineNetworks.Length;

    public int Actions => onlineNetworks[0].Outputs;

    /// <summary>The parameters that learn.</summary>
    public ParameterBuffer Parameters => online.Parameters;

    /// <summary>Q_k of [count, inputs] into [count, actions].</summary>
    public void Values(int member, ReadOnlySpan<float> inputs, int count, Span<float> values) => Forward(onlineNetworks[member], member, inputs, count, values);

    /// <summary>Q_k with the target network in f_k's place.</summary>
    public void TargetValues(int member, ReadOnlySpan<float> inputs, int count, Span<float> values) => Forward(targetNetworks[member], member, inputs, count, values);

    /// <summary>Q_k, keeping what <see cref="Backward"/> needs.</summary>
    public void ForwardTraining(int member, ReadOnlySpan<float> inputs, int count, Span<float> values)
    {
        onlineNetworks[member].ForwardTraining(inputs, count, values);
        AddPrior(member, inputs, count, values);
    }

    /// <summary>Adds to the gradients of f_k; p_k has none.</summary>
    public void Backward(int member, ReadOnlySpan<float> gradients, int count) => onlineNetworks[member].Backward(gradients, count, default);

    /// <summary>Copies the networks into the target networks.</summary>
    public void UpdateTargets() => target.Parameters.CopyFrom(online.Parameters);

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(online), online);
        state.Part(nameof(target), target);
        state.Part(nameof(priors), priors);
    }

    public void Dispose()
    {
        online.Dispose();
        target.Dispose();
        priors.Dispose();
    }

    private void Forward(INetwork network, int member, ReadOnlySpan<float> inputs, int count, Span<float> values)
    {
        network.Forward(inputs, count, values);
        AddPrior(member, inputs, count, values);
    }

    private void AddPrior(int member, ReadOnlySpan<float> inputs, int count, Span<float> values)
    {
        if (scale == 0) { return; }
        if (scratch.Length < values.Length) { scratch = new float[values.Length]; }
        var prior = scratch.AsSpan(0, values.Length);
        priorNetworks[member].Forward(inputs, count, prior);
        for (var i = 0; i < values.Length; i++) { values[i] += scale * prior[i]; }
    }
}
