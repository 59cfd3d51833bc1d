namespace Bellman.Algorithms;

/// <summary>
/// Model-based policy optimisation (Janner et al. 2019, "When to trust your model"): soft actor-critic on short rollouts in a learned
/// ensemble, from states that were really visited.
/// </summary>
public sealed class Mbpo : OffPolicyAgent
{
    /// <summary>An agent that learns in <paramref name="environment"/>, which it then owns.</summary>
    /// <param name="environment">The copies; <see cref="AlgorithmOptions.Copies"/> is not read here.</param>
    /// <param name="options">Options; validated. <see cref="MbpoOptions.Terminal"/> is not read here.</param>
    /// <param name="terminal">When the task ends.</param>
    /// <param name="seed">Seed of every random draw.</param>
    /// <exception cref="UsageException">An option is out of range, the actions are not a Box with finite bounds, or the observations no Box of one axis.</exception>
    public Mbpo(VectorEnvironment environment, MbpoOptions options, TerminalFunction terminal, ulong seed)
        : base(
            "mbpo", environment, options = OptionSet.Validated(options with { Copies = environment.Count }, "algorithm mbpo"), seed,
            (encoder, random) => Learner(environment, options, terminal, encoder, random))
    {
    }

    private static ModelBasedLearner Learner(VectorEnvironment environment, MbpoOptions options, TerminalFunction terminal, ObservationEncoder encoder, RandomStream random)
    {
        var actions = BoundedActions.For(environment.ActionSpace, "mbpo").Size;
        var model = new LearnedDynamics(environment.ObservationSpace.Size, actions, options.Model, options.NetworkOptions, terminal, random.Child("model"));
        return new ModelBasedLearner(new SacLearner(encoder.Size, actions, options, random), model, encoder, actions, options.BatchSize, options.Plan(), random);
    }
}
