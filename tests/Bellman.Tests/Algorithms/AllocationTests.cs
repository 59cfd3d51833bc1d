using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms;

/// <summary>Collecting and learning make no garbage: a long run never waits for the collector.</summary>
public class AllocationTests
{
    [Theory]
    [InlineData("ppo", "CartPole-v1", "copies=4", "rolloutSteps=32")]
    [InlineData("ppo", "Pendulum-v1", "copies=4", "rolloutSteps=32", "normalizeObservations=true")]
    [InlineData("ppo", "MiniGrid-Empty-5x5-v0", "copies=4", "rolloutSteps=32", "hidden=16")]
    [InlineData("a2c", "CartPole-v1", "copies=4")]
    [InlineData("dqn", "CartPole-v1", "copies=2", "learningStarts=200", "trainEvery=1")]
    [InlineData("dqn", "CartPole-v1", "copies=1", "learningStarts=200", "trainEvery=1", "prioritized=true")]
    [InlineData("sac", "Pendulum-v1", "copies=1", "learningStarts=300", "hidden=32,32", "batchSize=32")]
    [InlineData("td3", "Pendulum-v1", "copies=1", "learningStarts=300", "hidden=32,32", "batchSize=32")]
    public void A_step_and_its_updates_allocate_nothing(string algorithm, string environment, params string[] options)
    {
        var registration = AlgorithmRegistry.Find(algorithm);
        var values = options.Select(option => option.Split('=')).Select(pair => KeyValuePair.Create(pair[0], pair[1])).ToArray();
        using var agent = registration.Create(new AgentRequest(
            StandardEnvironments.Registry(), environment, registration.Options.Create<AlgorithmOptions>(values), 1, 1_000_000));
        using var metrics = new MetricLog();
        // Buffers have been met at their full size, and every episode length has been seen to end.
        while (agent.Steps < 1_500) { agent.Advance(metrics); }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var end = agent.Steps + 1_000; agent.Steps < end;) { agent.Advance(metrics); }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
