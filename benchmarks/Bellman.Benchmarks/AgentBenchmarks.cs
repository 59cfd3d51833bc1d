using Bellman.Algorithms;
using Bellman.Environments;
using BenchmarkDotNet.Attributes;

namespace Bellman.Benchmarks;

/// <summary>One advance of an agent, collecting and learning: what it costs, and that it allocates nothing.</summary>
[MemoryDiagnoser]
public class AgentBenchmarks
{
    private readonly Silence metrics = new();
    private IAgent? agent;

    /// <summary>The algorithm, on the task it is usually tried on.</summary>
    [Params("ppo", "dqn", "sac")]
    public string Algorithm { get; set; } = "ppo";

    /// <summary>Far enough that every buffer has its size.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var registration = AlgorithmRegistry.Find(Algorithm);
        var options = registration.Options.Create<AlgorithmOptions>(Algorithm == "ppo" ? [] : [new("learningStarts", "1000")]);
        agent = registration.Create(new AgentRequest(StandardEnvironments.Registry(), Algorithm == "sac" ? "Pendulum-v1" : "CartPole-v1", options, 1, 1_000_000_000));
        while (agent.Steps < 2_000) { agent.Advance(metrics); }
    }

    /// <summary>A rollout and its updates for PPO, a step and its update for the others.</summary>
    [Benchmark]
    public void Advance() => agent?.Advance(metrics);

    /// <summary>Releases native memory.</summary>
    [GlobalCleanup]
    public void Cleanup() => agent?.Dispose();

    private sealed class Silence : IMetricSink
    {
        public void Add(string name, double value) { }

        public void Episode(double episodeReturn, int length) { }
    }
}
