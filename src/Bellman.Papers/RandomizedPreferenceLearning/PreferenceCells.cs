using Bellman.Algorithms.Tabular;
using Bellman.Environments.Linear;
using Bellman.Experiments;

namespace Bellman.Papers.RandomizedPreferenceLearning;

/// <summary>Beliefs about the reward in an arm of PbTS.</summary>
internal enum RewardBeliefs
{
    /// <summary>64 particles, one of them the truth.</summary>
    Particles,

    /// <summary>Laplace's approximation of a linear reward.</summary>
    Laplace,

    /// <summary>Networks for reward and kernel.</summary>
    Ensemble,
}

/// <summary>One arm.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Kind">Its part in the comparison.</param>
/// <param name="Options">Options: <see cref="PrLsviOptions"/> for PR-LSVI, plain ones for PbTS.</param>
internal sealed record PreferenceArm(string Name, string Description, ArmKind Kind, PreferenceOptions Options)
{
    /// <summary>Beliefs of PbTS.</summary>
    public RewardBeliefs Beliefs { get; init; }

    /// <summary>Plans with the true reward.</summary>
    public bool SeesRewards { get; init; }

    /// <summary>Queries at random, as many as the same options ask for actively.</summary>
    public bool MatchesActiveRate { get; init; }

    public string Task => Options is PrLsviOptions ? $"PR-LSVI, H = {Options.Horizon}" : "PbTS";
}

/// <summary>Runs an arm on a random linear process; regret is computed from the model, never sampled.</summary>
internal sealed class PreferenceCells(PreferenceArm arm, int rounds, ulong seed, CellContext context)
{
    private const int Particles = 64;

    private readonly PreferenceOptions options = arm.Options with { Rounds = rounds };
    // Two seeds share a process.
    private readonly LinearMdp process = SimplexLinearMdp.Create(RandomStream.Create(seed / 2, "simplex linear process"));

    public CellResult Run() => arm.MatchesActiveRate
        ? Play(options with { Query = QueryMode.Random, QueryProbability = Play(options).Metrics["queries"] / rounds })
        : Play(options);

    private CellResult Play(PreferenceOptions chosen)
    {
        var reward = new StepReward(chosen.Horizon, process.Kernel.StateCount, process.Kernel.ActionCount, (_, state, action) => process.RewardOf(state, action));
        var optimum = FiniteHorizonPlanning.Optimal(process.Kernel, reward).Value;
        var random = context.Random.Child("learner");
        var oracle = new PreferenceOracle(random.Child("oracle"));
        using var resources = new Resources();
        var step = CreateLearner(chosen, random, resources);
        var (cumulative, newest, regrets, queries) = (new double[rounds], new double[rounds], new double[rounds], new double[rounds]);
        for (var round = 0; round < rounds; round++)
        {
            var (policies, _) = step(oracle);
            var (first, second) = (Value(reward, policies.Newest), Value(reward, policies.Other));
            // (2 V* - V0 - V1) / (2 V*)
            regrets[round] = (2 * optimum - first - second) / (2 * optimum);
            newest[round] = first / optimum;
            cumulative[round] = (round > 0 ? cumulative[round - 1] : 0) + regrets[round];
            queries[round] = oracle.Asked;
            if (round % 20 == 0) { context.Report((double)round / rounds, $"{oracle.Asked} queries"); }
        }
        var tenth = rounds / 10;
        double[] xs = [.. Enumerable.Range(1, rounds).Select(round => (double)round)];
        return new CellResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["regret"] = cumulative[^1],
                ["first"] = regrets.Take(tenth).Average(),
                ["last"] = regrets.TakeLast(tenth).Average(),
                ["queries"] = queries[^1],
                ["queries-half"] = queries[rounds / 2 - 1],
            },
            Curves = arm.Options.Horizon != 5 ? [] :
            [
                new Curve(arm.Options is PrLsviOptions ? "regret of PR-LSVI" : "regret of PbTS", xs, cumulative),
                new Curve(arm.Options is PrLsviOptions ? "newest policy of PR-LSVI" : "newest policy of PbTS", xs, newest),
                new Curve(arm.Options is PrLsviOptions ? "queries of PR-LSVI" : "queries of PbTS", xs, queries),
            ],
        };
    }

    private Func<PreferenceOracle, (PolicyPair, PreferenceRound)> CreateLearner(PreferenceOptions chosen, RandomStream random, Resources resources)
    {
        if (chosen is PrLsviOptions lsvi) { return new PrLsvi(process, lsvi, random, arm.SeesRewards).Step; }
        var (states, actions) = (process.Kernel.StateCount, process.Kernel.ActionCount);
        IRewardPosterior rewards = arm.Beliefs switch
        {
            RewardBeliefs.Laplace => new LaplaceRewardPosterior(Features(), actions, process.Dimension, 1, 20),
            RewardBeliefs.Ensemble => resources.Own(new EnsembleRewardPosterior(states, actions, new EnsembleOptions(), random.Child("reward ensemble"))),
            _ => new ParticleRewardPosterior(Rewards(random.Child("particles")), actions, random.Child("resampling")),
        };
        ITransitionPosterior transitions = arm.Beliefs == RewardBeliefs.Ensemble
            ? resources.Own(new EnsembleTransitionPosterior(states, actions, new EnsembleOptions(), random.Child("kernel ensemble")))
            : new DirichletTransitionPosterior(states, actions);
        return new Pbts(process.Kernel, process.RewardOf, rewards, transitions, chosen, random).Step;
    }

    private double Value(StepReward reward, int[][]? policy)
    {
        if (policy is not null) { return FiniteHorizonPlanning.Evaluate(process.Kernel, reward, (step, state) => policy[step][state]); }
        // Uniform random actions: the mean kernel and reward.
        var (states, actions) = (process.Kernel.StateCount, process.Kernel.ActionCount);
        var mean = new double[states * states];
        for (var i = 0; i < mean.Length; i++)
        {
            for (var action = 0; action < actions; action++) { mean[i] += process.Kernel.Row(i / states, action)[i % states] / actions; }
        }
        var averaged = new StepReward(reward.Horizon, states, 1, (_, state, _) => Enumerable.Range(0, actions).Average(action => process.RewardOf(state, action)));
        return FiniteHorizonPlanning.Evaluate(new TransitionKernel(states, 1, mean), averaged, (_, _) => 0);
    }

    private double[] Features() => [.. Enumerable.Range(0, process.Kernel.StateCount * process.Kernel.ActionCount)
        .SelectMany(pair => process.Features(pair / process.Kernel.ActionCount, pair % process.Kernel.ActionCount).ToArray())];

    /// <summary>63 rewards drawn as the truth was, and the truth.</summary>
    private List<double[]> Rewards(RandomStream random)
    {
        var (features, d) = (Features(), process.Dimension);
        double[] Of(IReadOnlyList<double> weights) => [.. Enumerable.Range(0, features.Length / d).Select(pair => Enumerable.Range(0, d).Sum(i => features[pair * d + i] * weights[i]))];
        return [.. Enumerable.Range(1, Particles - 1).Select(_ => Of([.. Enumerable.Range(0, d).Select(_ => SimplexLinearMdp.Scale * random.NextDouble())])), Of(process.Reward)];
    }

    private sealed class Resources : IDisposable
    {
        private readonly List<IDisposable> owned = [];

        public T Own<T>(T resource) where T : IDisposable
        {
            owned.Add(resource);
            return resource;
        }

        public void Dispose() => owned.ForEach(resource => resource.Dispose());
    }
}
