namespace Bellman.Language;

/// <summary>A sampler with weights of its own, which must be told when the policy's have changed.</summary>
public interface IFollowingSampler : ISampler
{
    /// <summary>What is sampled from now on comes from the policy as it is.</summary>
    /// <param name="version">Numbers the weights: the trainer's step.</param>
    /// <param name="cancellation">Stops waiting for them to be taken.</param>
    /// <exception cref="BellmanException">The weights were not taken.</exception>
    void Follow(long version, CancellationToken cancellation = default);
}
