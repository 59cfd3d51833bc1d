using System.Diagnostics;
using System.Globalization;
using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Runs;

namespace Bellman.Cli.Benchmarks;

/// <summary>The most memory that this process holds while an agent trains; the runtime and what ran before are part of it.</summary>
internal sealed class MemoryBenchmark(string work, Func<IAgent> create, double buffers) : IBenchmark
{
    public string Group => "memory";

    public string Work => work;

    public IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ForgetPeak();
        using (var agent = create())
        {
            using var metrics = new MetricLog();
            var total = session.Quick ? 5_000 : 50_000;
            while (agent.Steps < total)
            {
                agent.Advance(metrics);
                session.Cancellation.ThrowIfCancellationRequested();
            }
        }
        yield return new BenchmarkRow(Group, Work, Peak() / 1e6, "MB", buffers / 1e6, "rollout or replay and networks alone");
    }

    public static IEnumerable<IBenchmark> All()
    {
        // Parameters with gradients and two moments, in singles.
        const double Networks = 4 * 4 * 2 * (4 * 64 + 64 * 64 + 64 * 2);
        yield return new MemoryBenchmark("PPO, CartPole-v1, 8 copies x 128 steps",
            () => new Ppo(StandardEnvironments.Registry().MakeVector("CartPole-v1", 8), new PpoOptions(), 1, 50_000), Networks + 1024 * 50.0);
        yield return new MemoryBenchmark("DQN, CartPole-v1, replay of 1,000,000",
            () => new Dqn(StandardEnvironments.Registry().MakeVector("CartPole-v1", 1), new DqnOptions { BufferSize = 1_000_000 }, 1, 50_000), Networks + 1e6 * (4 * (4 + 4 + 1 + 1) + 1));
    }

    /// <summary>Linux keeps the highest resident size and lets a process forget it; elsewhere it is the peak since the start.</summary>
    internal static void ForgetPeak()
    {
        if (OperatingSystem.IsLinux()) { File.WriteAllText("/proc/self/clear_refs", "5"); }
    }

    /// <summary>Bytes, since the peak was last forgotten.</summary>
    internal static double Peak()
    {
        if (OperatingSystem.IsLinux() && File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line)
        {
            return 1024 * double.Parse(line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
        }
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
