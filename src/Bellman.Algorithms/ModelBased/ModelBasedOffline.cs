namespace Bellman.Algorithms;

/// <summary>Offline agents whose learner is soft actor-critic on rollouts in a model of the data: MOPO (Yu et al. 2020) and what is built like it.</summary>
public static class ModelBasedOffline
{
    /// <summary>MOPO: two critics, and rewards less the model's uncertainty.</summary>
    /// <param name="request">Environment, <see cref="MopoOptions"/> and seed.</param>
    /// <param name="data">The transitions.</param>
    /// <exception cref="UsageException">The data set or an option does not serve.</exception>
    public static OfflineAgent CreateMopo(AgentRequest request, OfflineDataset data)
    {
        var options = (MopoOptions)request.Options;
        return Create("mopo", request, options, data, (size, actions, random) => new SacLearner(size, actions, options.For(new SacOptions()), random), (learner, _, _) => learner, options.Penalty, options.PenaltyWeight);
    }

    /// <summary>An agent around a learner of one's own.</summary>
    /// <param name="name">The algorithm's name.</param>
    /// <param name="request">Environment and seed.</param>
    /// <param name="options">Model and rollouts.</param>
    /// <param name="data">The transitions.</param>
    /// <param name="createLearner">Makes the learner for encoded observations and actions of these sizes.</param>
    /// <param name="around">What is put around the model-based learner, encoder and actions given: itself, or something that listens.</param>
    /// <param name="penalty">What is taken off rewards.</param>
    /// <param name="penaltyWeight">λ.</param>
    /// <exception cref="UsageException">The data set or an option does not serve.</exception>
    public static OfflineAgent Create(
        string name, AgentRequest request, ModelBasedOfflineOptions options, OfflineDataset data, Func<int, int, RandomStream, IOffPolicyLearner> createLearner,
        Func<ModelBasedLearner, ObservationEncoder, Space, IOffPolicyLearner> around, UncertaintyPenalty penalty = UncertaintyPenalty.None, double penaltyWeight = 1)
    {
        var environment = request.Environments.Make(request.EnvironmentId);
        var actions = BoundedActions.For(environment.ActionSpace, name).Size;
        if (options.Dynamics == DynamicsKind.True && penalty != UncertaintyPenalty.None) { throw new UsageException($"The true dynamics are not uncertain, and {name} has penalty={penalty.ToString().ToLowerInvariant()}. Set penalty=none, or dynamics=learned."); }
        IDynamicsModel Model(RandomStream random) => options.Dynamics == DynamicsKind.True
            ? new TrueDynamics(environment, request.EnvironmentId)
            : new LearnedDynamics(
                environment.ObservationSpace.Size, actions, options.Model, options.NetworkOptions, TerminalFunctions.Find(options.Terminal, request.EnvironmentId), random.Child("model"), penalty, penaltyWeight);
        return new OfflineAgent(name, environment.ObservationSpace, environment.ActionSpace, data, options, request.Seed,
            (encoder, random) => around(
                new ModelBasedLearner(createLearner(encoder.Size, actions, random), Model(random), encoder, actions, options.BatchSize, options.Plan(data), random), encoder, environment.ActionSpace),
            options.Scorer() is null ? new DistinctSampler() : null);
    }
}
