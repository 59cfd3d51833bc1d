using Bellman.Papers;

namespace Bellman.Cli.Benchmarks;

/// <summary>Copies of an environment under random actions on one thread: drawing the actions, stepping, resetting.</summary>
internal sealed class EnvironmentBenchmark(string id, int copies, double? target = null) : IBenchmark
{
    public string Group => "environments";

    public string Work => $"{id}, {copies:N0} {(copies == 1 ? "copy" : "copies")}";

    public IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        using var environment = AllEnvironments.Registry().MakeVector(id, copies);
        var random = RandomStream.Create(1, "bench");
        environment.Reset(random.Child("environments"));
        var seconds = session.Seconds(() =>
        {
            environment.SampleActions(random);
            environment.Step();
        });
        // What a step must at least read and write of a copy: its observation twice (state and shown), action, reward, flags, return, length.
        var bytes = (3L * environment.ObservationSpace.Size + environment.ActionSpace.Size + 1) * sizeof(float) + 2 + sizeof(double) + sizeof(int);
        yield return new BenchmarkRow(Group, Work, copies / seconds, "steps/s", session.Machine.CopyRate(bytes * copies) / bytes, $"moving {bytes} bytes a step")
        {
            Target = target,
            Bound = "the equations' divisions and the draws of new episodes",
            Growth = ($"copies of {id}", copies),
        };
    }

    /// <summary>Every classic environment at every number of copies, and a MiniGrid level with its observations.</summary>
    public static IEnumerable<IBenchmark> All()
    {
        foreach (var id in (string[])["CartPole-v1", "Pendulum-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0"])
        {
            foreach (var copies in (int[])[1, 4, 16, 64, 256, 1024, 4096])
            {
                yield return new EnvironmentBenchmark(id, copies, id == "CartPole-v1" && copies == 1024 ? 50e6 : null);
            }
        }
        yield return new EnvironmentBenchmark("MiniGrid-DoorKey-8x8-v0", 64, 2e6);
    }
}
