using Bellman.Algorithms;
using Bellman.Algorithms.Tabular;
using Bellman.Environments;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms;

/// <summary>Learning by outcome. Each margin is out of reach for the broken variant that its test names.</summary>
public sealed class LearningTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    /// <summary>Fails with advantages of the wrong sign.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Ppo_balances_the_pole(int seed) =>
        Assert.True(BestReturn(new Ppo(Environments.MakeVector("CartPole-v1", 8), new PpoOptions(), (ulong)seed, 60_000), "CartPole-v1", 60_000) >= 475);

    /// <summary>Fails with advantages of the wrong sign.</summary>
    [Fact]
    public void Ppo_with_continuous_actions_swings_the_pendulum_up() =>
        Assert.True(BestReturn(new Ppo(Environments.MakeVector("Pendulum-v1", 16),
            new PpoOptions { Gamma = 0.9, EntropyCoefficient = 0, LearningRate = 1e-3, NormalizeObservations = true }, 0, 200_000), "Pendulum-v1", 200_000) >= -400);

    /// <summary>Fails with targets that do not bootstrap.</summary>
    [Fact]
    public void Dqn_learns_to_balance_the_pole() =>
        Assert.True(BestReturn(new Dqn(Environments.MakeVector("CartPole-v1", 1), new DqnOptions { Hidden = [64, 64] }, 0, 25_000), "CartPole-v1", 25_000) >= 90);

    [Fact]
    public void Value_iteration_finds_the_shortest_path_along_the_cliff()
    {
        using var log = new MetricLog();
        using var agent = new ValueIterationAgent(Environments.Make("CliffWalking-v1"), new ValueIterationOptions { Gamma = 1 });
        while (!agent.Converged) { agent.Advance(log); }
        Assert.Equal(-13, Evaluation.Run(agent.Policy, Environments.MakeVector("CliffWalking-v1", 1), 1, 0, cancellation: TestContext.Current.CancellationToken).MeanReturn);
    }

    /// <summary>Q-learning walks along the edge (-13); SARSA, which pays for its own exploration, keeps away from it.</summary>
    [Fact]
    public void Q_learning_takes_the_edge_and_sarsa_the_safe_way()
    {
        double Learned(TabularMethod method)
        {
            var options = new TabularOptions { LearningRate = 0.5, Gamma = 1, InitialEpsilon = 0.1, FinalEpsilon = 0.1 };
            using var agent = new TabularAgent(method, Environments.MakeVector("CliffWalking-v1", 1), options, 3, 200_000);
            using var log = new MetricLog();
            while (agent.Steps < 200_000) { agent.Advance(log); }
            return Evaluation.Run(agent.Policy, new SynchronousVectorEnvironment(() => new TimeLimit(Environments.Make("CliffWalking-v1"), 100), 1), 1, 0).MeanReturn;
        }
        Assert.Equal(-13, Learned(TabularMethod.QLearning));
        Assert.InRange(Learned(TabularMethod.Sarsa), -30, -15);
    }

    [Fact]
    public void Threads_that_step_the_environments_do_not_change_a_single_number()
    {
        string Trained(int threads)
        {
            using var folder = new Cli.TemporaryFolder();
            using var agent = new Ppo(Environments.MakeVector("CartPole-v1", 6, threads), new PpoOptions { Minibatches = 3 }, 5, 6_000);
            using var run = new RunStore(folder.Path).Create(new RunConfiguration { Algorithm = "ppo", Environment = "CartPole-v1", Steps = 6_000, Seed = 5 }, "test");
            new TrainingLoop(agent, new TrainingLoopOptions(), run).Run(6_000);
            return string.Join("\n", run.ReadMetrics().Select(row => string.Join(" ", row.Where(pair => !pair.Key.StartsWith("time/", StringComparison.Ordinal)).Select(pair => $"{pair.Key}={pair.Value:R}"))))
                + JsonState.Save(agent).ToJsonString();
        }
        var alone = Trained(1);
        Assert.Contains("loss/policy", alone, StringComparison.Ordinal);
        Assert.Equal(alone, Trained(2));
    }

    private static double BestReturn(IAgent agent, string environment, long steps)
    {
        using (agent)
        {
            var loop = new TrainingLoop(agent, new TrainingLoopOptions
            {
                EvaluateEvery = Math.Max(1, steps / 12),
                EvaluationEpisodes = 20,
                EvaluationEnvironment = () => Environments.MakeVector(environment, 10),
                EvaluationSeed = 99,
            });
            loop.Run(steps);
            return loop.BestEvaluation;
        }
    }
}
