namespace Bellman.Algorithms;

/// <summary>
/// Soft actor-critic over discrete actions (Christodoulou 2019, "Soft actor-critic for discrete action settings"):
/// critics value every action at once, so expectations over the policy are sums and not draws.
/// </summary>
public sealed class DiscreteSac : OffPolicyAgent
{
    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <param name="sampler">Who is drawn from replay; null for everyone alike.</param>
    /// <exception cref="UsageException">An option is out of range, or the actions are not Discrete.</exception>
    public DiscreteSac(VectorEnvironment environment, DiscreteSacOptions options, ulong seed, IReplaySampler? sampler = null)
        : base(
            "discrete-sac", environment, options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm discrete-sac"), seed,
            (encoder, random) => new DiscreteSacLearner(encoder.Size, Actions(environment), options, random), sampler)
    {
    }

    private static int Actions(VectorEnvironment environment) => environment.ActionSpace is Discrete discrete
        ? discrete.Count
        : throw new UsageException($"discrete-sac chooses among Discrete actions; this environment's are {environment.ActionSpace}. Use sac, td3 or ppo for it.");
}
