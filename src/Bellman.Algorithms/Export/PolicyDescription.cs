using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>What is made of a network's outputs.</summary>
public abstract record PolicyReadout;

/// <summary>Independent choices, each the arg max of its logits.</summary>
/// <param name="Counts">Options of each choice; the network's outputs are their logits side by side.</param>
public sealed record ChoiceReadout(IReadOnlyList<int> Counts) : PolicyReadout;

/// <summary>One choice: the action of the highest value.</summary>
/// <param name="Actions">How many actions; the network's outputs are their values.</param>
public sealed record ValueReadout(int Actions) : PolicyReadout;

/// <summary>One choice: the action whose return distribution has the highest mean.</summary>
/// <param name="Actions">How many actions; the network's outputs are [actions, atoms].</param>
/// <param name="Atoms">The returns that the outputs' softmax weighs (C51); null where the outputs are quantiles of equal weight.</param>
/// <param name="AtomCount">Outputs of an action.</param>
public sealed record DistributionReadout(int Actions, int AtomCount, IReadOnlyList<float>? Atoms) : PolicyReadout;

/// <summary>
/// A real vector: the first outputs, squashed by tanh or not, are stretched from [-1, 1] to the bounds of the action
/// space and clipped to them; components without two finite bounds are only clipped.
/// </summary>
/// <param name="Squashed">Whether tanh comes first.</param>
public sealed record ContinuousReadout(bool Squashed) : PolicyReadout;

/// <summary>A deterministic policy in parts that other formats can express.</summary>
/// <param name="Encoder">What the network reads of an observation.</param>
/// <param name="Networks">The networks, each reading what the one before it wrote; they are exported if they are <see cref="IDescribedNetwork"/>s.</param>
/// <param name="ActionSpace">What the policy writes.</param>
/// <param name="Readout">What is made of the network's outputs.</param>
public sealed record PolicyDescription(ObservationEncoder Encoder, IReadOnlyList<INetwork> Networks, Space ActionSpace, PolicyReadout Readout);

/// <summary>A policy that can be exported. Implement it on a policy of your own and <see cref="OnnxExport"/> writes it.</summary>
public interface IDescribedPolicy : IPolicy
{
    /// <summary>The parts of the deterministic policy, over the parameters as they are now.</summary>
    /// <exception cref="UsageException">The policy as configured cannot be described (it is recurrent, for instance).</exception>
    PolicyDescription Describe();
}
