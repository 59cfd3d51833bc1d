using Bellman.Environments;
using BenchmarkDotNet.Attributes;

namespace Bellman.Benchmarks;

/// <summary>A step of many copies under random actions: what it costs, and that it allocates nothing.</summary>
[MemoryDiagnoser]
public class EnvironmentBenchmarks
{
    private readonly RandomStream random = RandomStream.Create(1);
    private VectorEnvironment? environment;

    /// <summary>Which task.</summary>
    [Params("CartPole-v1", "Pendulum-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "MiniGrid-DoorKey-8x8-v0")]
    public string Id { get; set; } = "CartPole-v1";

    /// <summary>Copies.</summary>
    [Params(4, 1024)]
    public int Copies { get; set; }

    /// <summary>Begins the first episodes.</summary>
    [GlobalSetup]
    public void Setup()
    {
        environment = StandardEnvironments.Registry().MakeVector(Id, Copies);
        environment.Reset(random);
    }

    /// <summary>Draws actions and takes them in every copy.</summary>
    [Benchmark]
    public void Step()
    {
        environment?.SampleActions(random);
        environment?.Step();
    }

    /// <summary>Disposes of the copies.</summary>
    [GlobalCleanup]
    public void Cleanup() => environment?.Dispose();
}
