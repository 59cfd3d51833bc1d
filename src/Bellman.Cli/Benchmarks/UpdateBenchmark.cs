using Bellman.Algorithms;
using Bellman.Neural;
using Bellman.Papers;
using Bellman.Runs;

namespace Bellman.Cli.Benchmarks;

/// <summary>One gradient update of an algorithm as it trains: batch, losses, both passes, clipping, Adam, metrics.</summary>
internal abstract class UpdateBenchmark(string work, Engine engine) : IBenchmark
{
    public string Group => "updates";

    public string Work => $"{work}, {Engine.ToString().ToLowerInvariant()}";

    protected Engine Engine => engine;

    public abstract IEnumerable<BenchmarkRow> Measure(BenchmarkSession session);

    /// <summary>An agent by name.</summary>
    public static IAgent Create(Engine engine, string algorithm, string environment, params (string Name, string Value)[] options)
    {
        var registration = AlgorithmRegistry.Find(algorithm);
        var values = options.Append(("engine", engine.ToString().ToLowerInvariant())).Select(option => KeyValuePair.Create(option.Item1, option.Item2));
        return registration.Create(new AgentRequest(AllEnvironments.Registry(), environment, (AlgorithmOptions)registration.Options.Create([.. values]), 1, 1_000_000_000));
    }
}

/// <summary>PPO's update: what an epoch more costs, since a rollout is one mini-batch here.</summary>
internal sealed class PpoUpdateBenchmark(Engine engine, int width, int batch, double? target = null, string? growth = null)
    : UpdateBenchmark($"PPO, actor and critic {width}x{width}, batch {batch}", engine)
{
    private const int FewEpochs = 2, ManyEpochs = 10, Copies = 4;

    public override IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        var seconds = (Advance(session, ManyEpochs) - Advance(session, FewEpochs)) / (ManyEpochs - FewEpochs);
        var operations = batch * (NetworkOperations.Training(4, width, 2) + NetworkOperations.Training(4, width, 1));
        yield return new BenchmarkRow(Group, Work, 1e6 * seconds, "us", 1e6 * operations / session.Machine.ProductRate(batch, width, width), "the products alone, on one core")
        {
            Target = target,
            Bound = "activations, losses row by row, Adam",
            Growth = growth is null ? null : (growth, growth.StartsWith("batch", StringComparison.Ordinal) ? batch : width),
        };
    }

    private double Advance(BenchmarkSession session, int epochs)
    {
        using var agent = Create(Engine, "ppo", "CartPole-v1", ("copies", $"{Copies}"), ("rolloutSteps", $"{batch / Copies}"), ("minibatches", "1"), ("epochs", $"{epochs}"), ("hidden", $"{width},{width}"));
        using var metrics = new MetricLog();
        return session.Seconds(() => agent.Advance(metrics));
    }

    public static IEnumerable<IBenchmark> All()
    {
        foreach (var engine in (Engine[])[Engine.Simd, Engine.Torch]) { yield return new PpoUpdateBenchmark(engine, 64, 128, engine == Engine.Simd ? 120 : null); }
        foreach (var width in (int[])[32, 64, 128, 256, 512]) { yield return new PpoUpdateBenchmark(Engine.Simd, width, 256, growth: "width of PPO's networks, batch 256"); }
        foreach (var batch in (int[])[32, 512, 2048]) { yield return new PpoUpdateBenchmark(Engine.Simd, 64, batch, growth: "batch of PPO's update, 64x64"); }
    }
}
