using Bellman.Algorithms;
using Bellman.Papers;
using Bellman.Tests.Algorithms;
using Xunit;

namespace Bellman.Tests.Mujoco;

public class MujocoLearningTests
{
    public MujocoLearningTests() => MujocoRequired.OrSkip();

    /// <summary>Advantages of the wrong sign stay at 10.</summary>
    [Fact]
    public void Ppo_keeps_the_pole_upright() => Assert.True(Learning.Best(
        new Ppo(MujocoRequired.Registry().MakeVector("InvertedPendulum-v0", 8), new PpoOptions { LearningRate = 3e-3, EntropyCoefficient = 0, RolloutSteps = 64 }, 1, 30_000),
        "InvertedPendulum-v0", 30_000, enough: 800) >= 800);

    /// <summary>Fails when the warm start, the mocap positions or the running lengths stay out of the state.</summary>
    [Theory]
    [InlineData("ppo", "Hopper-v0", "rolloutSteps=32 hidden=16")]
    [InlineData("sac", "PlanarPeg-v0", "hidden=16 batchSize=16 learningStarts=90 bufferSize=300 copies=2")]
    [InlineData("sac", "PointMaze-v0", "hidden=16 batchSize=16 learningStarts=90 bufferSize=300 hindsight=future")]
    public void A_restored_agent_continues_to_the_bit(string algorithm, string environment, string settings)
    {
        using var log = new Bellman.Runs.MetricLog();
        using var original = Make();
        Advance(original, 300);
        var saved = JsonState.Save(original);
        using var restored = Make();
        JsonState.Load(restored, saved);
        foreach (var agent in (IAgent[])[original, restored]) { Advance(agent, 700); }
        Assert.Equal(JsonState.Save(original).ToJsonString(), JsonState.Save(restored).ToJsonString());

        void Advance(IAgent agent, long steps)
        {
            while (agent.Steps < steps) { agent.Advance(log); }
        }

        IAgent Make()
        {
            var registration = AlgorithmRegistry.Find(algorithm);
            var values = settings.Split(' ').Select(setting => setting.Split('=')).Select(pair => new KeyValuePair<string, string>(pair[0], pair[1]));
            return registration.Create(new AgentRequest(AllEnvironments.Registry(), environment, registration.Options.Create<AlgorithmOptions>(values), 8, 1000));
        }
    }
}
