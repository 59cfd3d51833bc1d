namespace Bellman.Neural;

/// <summary>
/// Makes the trunk of an agent: the network between observations and the linear heads (action distribution, value).
/// Implement it to give an algorithm a network of your own; the algorithm adds the heads, the optimiser and checkpoints.
/// </summary>
public interface INetworkFactory
{
    /// <summary>
    /// The trunk for encoded observations of <paramref name="observations"/>: its <see cref="NetworkPart.Inputs"/> are the
    /// space's <see cref="Space.FlatSize"/>, its <see cref="NetworkPart.Outputs"/> are the features that the heads read.
    /// </summary>
    /// <param name="name">Name of the part; its parameters are named after it.</param>
    /// <param name="observations">What the agent observes.</param>
    /// <exception cref="UsageException">The factory has no network for this space.</exception>
    NetworkPart CreateTrunk(string name, Space observations);
}
