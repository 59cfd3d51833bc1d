using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Neural;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.OffPolicy;

/// <summary>Learning by outcome. Each margin is out of reach for the broken variant that its test names.</summary>
public sealed class OffPolicyLearningTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    /// <summary>Fails when one update is made per step of the vector, whatever it holds: eight copies then learn an eighth as much, as the last line shows.</summary>
    [Fact]
    public void Sac_learns_from_eight_copies_as_well_as_from_one()
    {
        double Learned(int copies, int every) => LastReturn(new Sac(Environments.MakeVector("Pendulum-v1", copies), new SacOptions
        {
            Hidden = [32, 32],
            BatchSize = 64,
            LearningRate = 2e-3,
            BufferSize = 10_000,
            LearningStarts = 1_000,
            TrainEvery = every,
            Engine = Engine.Simd,
        }, 3), "Pendulum-v1", 6_000);
        Assert.True(Learned(copies: 1, every: 1) >= -300);
        Assert.True(Learned(copies: 8, every: 1) >= -300);
        Assert.True(Learned(copies: 8, every: 8) <= -800);
    }

    /// <summary>Fails with targets that do not bootstrap: -1,212.</summary>
    [Fact]
    public void Td3_swings_the_pendulum_up() => Assert.True(LastReturn(new Td3(Environments.MakeVector("Pendulum-v1", 1), new Td3Options
    {
        Hidden = [32, 32],
        BatchSize = 64,
        LearningRate = 2e-3,
        BufferSize = 10_000,
        LearningStarts = 1_000,
        Engine = Engine.Simd,
    }, 3), "Pendulum-v1", 8_000) >= -400);

    /// <summary>Fails with targets that do not bootstrap: -1,266.</summary>
    [Fact]
    public void Ddpg_swings_the_pendulum_up() => Assert.True(LastReturn(new Ddpg(Environments.MakeVector("Pendulum-v1", 1), new DdpgOptions
    {
        Hidden = [32, 32],
        BatchSize = 64,
        LearningRate = 2e-3,
        BufferSize = 10_000,
        LearningStarts = 1_000,
        Engine = Engine.Simd,
    }, 3), "Pendulum-v1", 8_000) >= -400);

    /// <summary>Fails with targets that do not bootstrap, for every action is then worth the same: 18.</summary>
    [Fact]
    public void Discrete_sac_learns_to_balance_the_pole() => Assert.True(LastReturn(new DiscreteSac(Environments.MakeVector("CartPole-v1", 1), new DiscreteSacOptions
    {
        Hidden = [32, 32],
        BatchSize = 64,
        LearningRate = 2e-3,
        BufferSize = 10_000,
        LearningStarts = 500,
        Engine = Engine.Simd,
    }, 3), "CartPole-v1", 8_000) >= 150);

    private static double LastReturn(IAgent agent, string environment, long steps)
    {
        using (agent)
        using (var log = new MetricLog())
        {
            while (agent.Steps < steps) { agent.Advance(log); }
            return Evaluation.Run(agent.Policy, Environments.MakeVector(environment, 10), 20, 99, cancellation: TestContext.Current.CancellationToken).MeanReturn;
        }
    }
}
