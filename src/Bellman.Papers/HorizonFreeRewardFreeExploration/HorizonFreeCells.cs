using Bellman.Algorithms.Tabular;
using Bellman.Environments.Linear;
using Bellman.Experiments;

namespace Bellman.Papers.HorizonFreeRewardFreeExploration;

/// <summary>One arm: a way to explore and a horizon.</summary>
/// <param name="Mode">The first part of the arm's name.</param>
/// <param name="Horizon">H.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Kind">Its part in the comparison.</param>
/// <param name="Options">Options of the agent; null explores with UCRL-RFE.</param>
internal sealed record HorizonFreeArm(string Mode, int Horizon, string Description, ArmKind Kind, HorizonFreeOptions? Options)
{
    public string Name => $"{Mode}-h{Horizon}";
}

/// <summary>Explores the lock and measures, by exact policy evaluation, what can be planned afterwards.</summary>
internal sealed class HorizonFreeCells(HorizonFreeArm arm, int episodes, CellContext context)
{
    /// <summary>A mean suboptimality up to this counts as solved.</summary>
    public const double Solved = 0.05;

    private const int Every = 5;

    private readonly int horizon = arm.Horizon;

    /// <summary>The test rewards: G at the end, F at the end, G at every step.</summary>
    public static IReadOnlyList<StepReward> Rewards(int horizon)
    {
        StepReward Of(Func<int, int, double> reward) => new(horizon, LinearMixtureLock.States, LinearMixtureLock.Actions, (step, state, _) => reward(step, state));
        return
        [
            Of((step, state) => step == horizon - 1 && state == LinearMixtureLock.Good ? 1 : 0),
            Of((step, state) => step == horizon - 1 && state == LinearMixtureLock.Fail ? 1 : 0),
            Of((_, state) => state == LinearMixtureLock.Good ? 1.0 / horizon : 0),
        ];
    }

    /// <summary>The mean optimal return over the test rewards; by symmetry the same for every parameter's signs.</summary>
    public static double Optimum(int horizon)
    {
        var kernel = LinearMixtureLock.Model.Kernel([1, 1, 1, 1]);
        return Rewards(horizon).Average(reward => FiniteHorizonPlanning.Optimal(kernel, reward).Value);
    }

    public static string CurveName(int horizon) => $"planned return, H = {horizon}";

    public CellResult Run()
    {
        var parameter = LinearMixtureLock.DrawParameter(context.Random.Child("parameter"));
        var kernel = LinearMixtureLock.Model.Kernel(parameter);
        var environment = new KernelEnvironment(kernel, horizon);
        var (explore, plan, estimate) = CreateAgent();
        var rewards = Rewards(horizon);
        var optimum = rewards.Average(reward => FiniteHorizonPlanning.Optimal(kernel, reward).Value);
        var (xs, planned, doors) = (new List<double>(), new List<double>(), 0);
        for (var episode = 1; episode <= episodes; episode++)
        {
            // The last state is only seen; nothing is done in it.
            doors += explore(environment).Take(horizon).Count(state => state == LinearMixtureLock.Door);
            if (episode % Every != 0) { continue; }
            context.Report((double)episode / episodes);
            xs.Add(episode);
            planned.Add(rewards.Average(reward => Value(kernel, reward, plan(reward))));
        }
        var gaps = planned.ConvertAll(value => optimum - value);
        var lastFailure = gaps.FindLastIndex(gap => gap > Solved);
        var error = Math.Sqrt(estimate().Zip(parameter, (found, truth) => (found - truth) * (found - truth)).Sum());
        return new CellResult
        {
            Metrics = new Dictionary<string, double>
            {
                ["error"] = error,
                ["suboptimality"] = gaps[^1],
                ["suboptimality-half"] = gaps[(gaps.Count - 1) / 2],
                ["door"] = (double)doors / episodes,
                ["episodes"] = lastFailure == gaps.Count - 1 ? double.PositiveInfinity : xs[lastFailure + 1],
            },
            Curves = [new Curve(CurveName(horizon), xs, planned)],
        };
    }

    private static double Value(TransitionKernel kernel, StepReward reward, int[][] policy) =>
        FiniteHorizonPlanning.Evaluate(kernel, reward, (step, state) => policy[step][state]);

    private (Func<IEnvironment, IReadOnlyList<int>> Explore, Func<StepReward, int[][]> Plan, Func<double[]> Estimate) CreateAgent()
    {
        var random = context.Random.Child("agent");
        if (arm.Options is { } options)
        {
            var agent = new RewardFreeAgent(LinearMixtureLock.Model, horizon, options with { Episodes = episodes, Bound = LinearMixtureLock.Bound }, random);
            return (agent.ExploreEpisode, agent.Plan, () => agent.Estimate);
        }
        var predecessor = new UcrlRfeAgent(LinearMixtureLock.Model, horizon, new HorizonFreeOptions { Episodes = episodes, Bound = LinearMixtureLock.Bound }, random);
        return (predecessor.ExploreEpisode, predecessor.Plan, () => predecessor.Estimate);
    }
}
