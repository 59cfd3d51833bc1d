namespace Bellman.Algorithms;

/// <summary>
/// Twin delayed deep deterministic policy gradient (Fujimoto et al. 2018, "Addressing function approximation error in
/// actor-critic methods"): a deterministic actor, the smaller of two critics as target, smoothed target actions, and an
/// actor that moves less often than its critics.
/// </summary>
public sealed class Td3 : OffPolicyAgent
{
    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="sampler">Who is drawn from replay; null for everyone alike.</param>
    /// <exception cref="UsageException">An option is out of range, or the actions are not a Box with finite bounds.</exception>
    public Td3(VectorEnvironment environment, Td3Options options, ulong seed, IReplaySampler? sampler = null)
        : base(
            "td3", environment, options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm td3"), seed,
            (encoder, random) => new DeterministicLearner(
                encoder.Size, BoundedActions.For(environment.ActionSpace, "td3").Size, options, DeterministicRules.Td3(options), random), sampler)
    {
    }
}

/// <summary>
/// Deep deterministic policy gradient (Lillicrap et al. 2016, "Continuous control with deep reinforcement learning"):
/// one critic, and an actor that climbs it. The reference that <see cref="Td3"/> and <see cref="Sac"/> improve on.
/// </summary>
public sealed class Ddpg : OffPolicyAgent
{
    /// <inheritdoc cref="Td3(VectorEnvironment, Td3Options, ulong, IReplaySampler)"/>
    public Ddpg(VectorEnvironment environment, DdpgOptions options, ulong seed, IReplaySampler? sampler = null)
        : base(
            "ddpg", environment, options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm ddpg"), seed,
            (encoder, random) => new DeterministicLearner(
                encoder.Size, BoundedActions.For(environment.ActionSpace, "ddpg").Size, options, DeterministicRules.Ddpg, random), sampler)
    {
    }
}
