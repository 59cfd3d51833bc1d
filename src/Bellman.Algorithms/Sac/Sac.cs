namespace Bellman.Algorithms;

/// <summary>
/// Soft actor-critic (Haarnoja et al. 2018, "Soft actor-critic algorithms and applications"): twin critics, a squashed
/// Gaussian actor that seeks reward and entropy, and a temperature between the two that is learned.
/// </summary>
public sealed class Sac : OffPolicyAgent
{
    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="sampler">Who is drawn from replay; null for everyone alike.</param>
    /// <exception cref="UsageException">An option is out of range, or the actions are not a Box with finite bounds.</exception>
    public Sac(VectorEnvironment environment, SacOptions options, ulong seed, IReplaySampler? sampler = null)
        : base(
            "sac", environment, options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm sac"), seed,
            (encoder, random) => new SacLearner(encoder.Size, BoundedActions.For(environment.ActionSpace, "sac").Size, options, random), sampler)
    {
    }
}
