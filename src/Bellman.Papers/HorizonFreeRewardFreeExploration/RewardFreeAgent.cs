using Bellman.Algorithms.Linear;
using Bellman.Algorithms.Tabular;
using Bellman.Environments.Linear;

namespace Bellman.Papers.HorizonFreeRewardFreeExploration;

/// <summary>
/// HF-UCRL-RFE++ (Zhang, Zhang and Gu 2023): explores a linear mixture process without any reward, then plans for whatever reward is
/// given. The number of episodes it needs for an error epsilon, d^2 / epsilon^2, does not depend on the horizon but by logarithms.
/// </summary>
public sealed class RewardFreeAgent
{
    private readonly LinearMixtureModel model;
    private readonly HorizonFreeOptions options;
    private readonly int horizon;
    private readonly IExplorationOracle oracle;
    private readonly RandomStream oracleStream;
    private readonly RandomStream actionStream;
    private readonly RandomStream environmentStream;
    private readonly MomentRegressions values;
    private readonly MomentRegressions uncertainties;
    private readonly Queue<Ellipsoid[]> confidence = [];
    private double[] oracleParameter;

    /// <summary>An agent that has seen nothing.</summary>
    /// <param name="model">The base kernels, whose mixture is unknown.</param>
    /// <param name="horizon">Steps of an episode, H, at least 1.</param>
    /// <param name="options">Options.</param>
    /// <param name="random">The stream of environment, oracle and actions.</param>
    /// <param name="oracle">Who chooses what to explore; null takes the library that the options describe.</param>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public RewardFreeAgent(LinearMixtureModel model, int horizon, HorizonFreeOptions options, RandomStream random, IExplorationOracle? oracle = null)
    {
        if (horizon < 1) { throw new UsageException($"The horizon is {horizon}; an episode needs 1 step or more."); }
        this.options = options = OptionSet.Validated(options, "HF-UCRL-RFE++");
        (this.model, this.horizon) = (model, horizon);
        this.oracle = oracle ?? new LibraryOracle(options.Library, options.RandomTies);
        oracleStream = random.Child("oracle");
        actionStream = random.Child("actions");
        environmentStream = random.Child("environment");
        values = new MomentRegressions(model, horizon, options);
        uncertainties = options.TwoFamilies ? new MomentRegressions(model, horizon, options) : values;
        oracleParameter = values.Estimates[0];
        if (options.RadiusMode == RadiusMode.Theory && RadiusOf(1) > 10)
        {
            Warning = $"The theory's confidence radius is {RadiusOf(1):0}: every uncertainty is cut off at 1, and exploration is uniform for any realistic number of episodes. Use radiusMode=fixed, without the guarantee.";
        }
    }

    /// <summary>What a user should know; null when there is nothing.</summary>
    public string? Warning { get; }

    /// <summary>Episodes explored.</summary>
    public int Episodes { get; private set; }

    /// <summary>The estimate of the true parameter, [d]: the first moment's regression.</summary>
    public double[] Estimate => values.Estimates[0];

    /// <summary>Explores all episodes of the options.</summary>
    /// <param name="environment">Observations are states; rewards are ignored.</param>
    /// <param name="onEpisode">Told after each episode which states it passed, [steps + 1]; null tells nobody.</param>
    public void Explore(IEnvironment environment, Action<IReadOnlyList<int>>? onEpisode = null)
    {
        while (Episodes < options.Episodes)
        {
            var passed = ExploreEpisode(environment);
            onEpisode?.Invoke(passed);
        }
    }

    /// <summary>Explores one episode and returns the states it passed.</summary>
    /// <exception cref="UsageException">The environment has other states or actions than the model.</exception>
    public IReadOnlyList<int> ExploreEpisode(IEnvironment environment)
    {
        if (environment.ObservationSpace is not Discrete { Count: var states } || states != model.StateCount || environment.ActionSpace is not Discrete { Count: var actions } || actions != model.ActionCount)
        {
            throw new UsageException($"The model has {model.StateCount} states and {model.ActionCount} actions; the environment shows {environment.ObservationSpace} and takes {environment.ActionSpace}. Give both the same.");
        }
        var radius = RadiusOf(Episodes + 1);
        var question = new ExplorationQuestion(
            new UncertaintyModel(model, horizon, radius, values.FrozenInverses[0], uncertainties.FrozenInverses[0], options.Truncate),
            values.Estimates[0], values.FrozenInverses[0], radius, parameter => confidence.All(episode => episode.All(ellipsoid => ellipsoid.Contains(parameter))));
        var plan = oracle.Choose(question, oracleStream);
        oracleParameter = plan.Parameter;
        var passed = Play(environment, plan, radius);
        values.Freeze();
        if (options.TwoFamilies) { uncertainties.Freeze(); }
        confidence.Enqueue([.. values.Ellipsoids(radius), .. options.TwoFamilies ? uncertainties.Ellipsoids(radius) : []]);
        if (confidence.Count > options.RememberedEllipsoids) { confidence.Dequeue(); }
        Episodes++;
        return passed;
    }

    /// <summary>The policy for a reward, [step][state], without further interaction and without a bonus: dynamic programming with the estimate.</summary>
    /// <exception cref="UsageException">A reward is negative, or some trajectory could sum up to more than 1.</exception>
    public int[][] Plan(StepReward reward)
    {
        RequireBounded(reward);
        var parameter = options.PlanWithOracleParameter ? oracleParameter : Estimate;
        var policy = new int[horizon][];
        var (following, features) = (new double[model.StateCount], new double[model.Dimension]);
        for (var step = horizon - 1; step >= 0; step--)
        {
            (policy[step], var current) = (new int[model.StateCount], new double[model.StateCount]);
            for (var state = 0; state < model.StateCount; state++)
            {
                var best = double.NegativeInfinity;
                for (var action = 0; action < model.ActionCount; action++)
                {
                    model.Features(state, action, following, features);
                    var value = Math.Clamp(reward[step, state, action] + WeightedRidge.Dot(features, parameter), 0, 1);
                    if (value > best) { (best, policy[step][state]) = (value, action); }
                }
                current[state] = best;
            }
            following = current;
        }
        return policy;
    }

    /// <summary>
    /// Refuses rewards outside the class: negative ones, and those that sum up to more than 1 on some trajectory that the base kernels
    /// allow, found by dynamic programming over their support.
    /// </summary>
    private void RequireBounded(StepReward reward)
    {
        if (reward.Horizon != horizon || reward.States != model.StateCount || reward.Actions != model.ActionCount)
        {
            throw new UsageException($"The reward is of {reward.Horizon} steps, {reward.States} states and {reward.Actions} actions; the agent explored {horizon}, {model.StateCount} and {model.ActionCount}.");
        }
        var following = new double[model.StateCount];
        for (var step = horizon - 1; step >= 0; step--)
        {
            var largest = new double[model.StateCount];
            for (var state = 0; state < largest.Length; state++)
            {
                for (var action = 0; action < model.ActionCount; action++)
                {
                    if (reward[step, state, action] < 0) { throw new UsageException($"The reward of step {step}, state {state}, action {action} is {reward[step, state, action]}; rewards must not be negative. Shift and rescale them."); }
                    largest[state] = Math.Max(largest[state], reward[step, state, action] + model.Successors(state, action).Select(next => following[next]).DefaultIfEmpty().Max());
                }
            }
            following = largest;
        }
        if (following[model.Start] > 1 + 1e-9) { throw new UsageException($"Some trajectory is paid {following[model.Start]} in total; the sum of rewards must be at most 1 on every trajectory. Divide the reward by it."); }
    }

    private double RadiusOf(int episode) => options.RadiusMode == RadiusMode.Fixed ? options.Radius
        : TheoryConstants.Radius(episode, model.Dimension, horizon, options.Bound, options.FailureProbability);

    private List<int> Play(IEnvironment environment, ExplorationPlan plan, double radius)
    {
        var (observation, action) = (new float[1], new float[1]);
        environment.Reset(environmentStream, observation);
        var passed = new List<int> { (int)observation[0] };
        for (var step = 0; step < horizon; step++)
        {
            var state = passed[^1];
            var chosen = options.Explorer == Explorer.Uniform ? actionStream.NextInt32(model.ActionCount) : plan.Policy[step][state];
            action[0] = chosen;
            environment.Step(action, environmentStream, observation);
            var next = (int)observation[0];
            values.Learn(state, chosen, next, plan.Values[step + 1], radius);
            if (options.TwoFamilies) { uncertainties.Learn(state, chosen, next, plan.Uncertainties[step + 1], radius); }
            passed.Add(next);
        }
        return passed;
    }
}
