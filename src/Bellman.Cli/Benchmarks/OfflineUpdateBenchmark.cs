using Bellman.Algorithms;
using Bellman.Runs;

namespace Bellman.Cli.Benchmarks;

/// <summary>One update of an offline algorithm, drawing its batch included, beside its matrix products alone: the rest is losses, draws, activations and Adam.</summary>
/// <param name="name">The algorithm.</param>
/// <param name="width">Of two hidden layers.</param>
/// <param name="rows">Rows of the critics' products; 1 but for the drawn actions of CQL.</param>
/// <param name="operations">Of all products of one row of the batch.</param>
internal sealed class OfflineUpdateBenchmark(string name, int width, int rows, double operations) : IBenchmark
{
    // Locomotion's sizes.
    private const int Observation = 17, Action = 6, Batch = 256, Transitions = 100_000;

    public string Group => "offline";

    public string Work => $"{name.ToUpperInvariant()}, {width}x{width}, batch {Batch}: an update";

    public IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        var data = RandomData(Transitions, Observation, Action);
        var registration = AlgorithmRegistry.Find(name);
        var options = registration.Options.Create<OfflineOptions>([KeyValuePair.Create("hidden", $"{width},{width}"), KeyValuePair.Create("batchSize", $"{Batch}")]);
        using var agent = AlgorithmRegistry.CreateOffline(name, new Box(-10, 10, Observation), new Box(-1, 1, Action), data, options, 1);
        using var metrics = new MetricLog();
        var seconds = session.Seconds(() => agent.Advance(metrics));
        var products = Batch * operations / session.Machine.ProductRate(Batch * rows, width, width);
        yield return new BenchmarkRow(Group, Work, 1e6 * seconds, "us", 1e6 * products, "the products alone, on one core")
        {
            Bound = "activations, sampled actions, losses row by row, Adam",
        };
        if (width > 64) { yield return new BenchmarkRow(Group, $"{Work}: outside the products", 100 * Math.Max(0, 1 - products / seconds), "%", null, ""); }
    }

    public static IEnumerable<IBenchmark> All()
    {
        const int Width = 256, Draws = 10;
        var (value, critic, trainedCritic) = (NetworkOperations.Forward(Observation, Width, 1), NetworkOperations.Forward(Observation + Action, Width, 1), NetworkOperations.Training(Observation + Action, Width, 1));
        var (actor, squashed) = (NetworkOperations.Forward(Observation, Width, Action), NetworkOperations.Forward(Observation, Width, 2 * Action));
        yield return new OfflineUpdateBenchmark("bc", 64, 1, Cloning(64));
        yield return new OfflineUpdateBenchmark("bc", Width, 1, Cloning(Width));
        // Target actor and critics, critics trained; every other time the actor, and one critic forward and back to the actions.
        yield return new OfflineUpdateBenchmark("td3-bc", Width, 1, actor + 2 * critic + 2 * trainedCritic + 0.5 * (Cloning(Width) + 2 * critic));
        // V on s', target critics, V, critics and actor trained.
        yield return new OfflineUpdateBenchmark("iql", Width, 1, value + 2 * critic + NetworkOperations.Training(Observation, Width, 1) + 2 * trainedCritic + Cloning(Width));
        // The actor on s' and ten times each on s and s'; target critics; critics trained on 31 actions; actor trained through both critics.
        yield return new OfflineUpdateBenchmark("cql", Width, 1 + 3 * Draws,
            (1 + 2 * Draws) * squashed + 2 * critic + 2 * (1 + 3 * Draws) * trainedCritic + NetworkOperations.Training(Observation, Width, 2 * Action) + 4 * critic);
    }

    /// <summary>Transitions of noise, in episodes of a thousand.</summary>
    internal static OfflineDataset RandomData(int count, int observation, int action)
    {
        var random = RandomStream.Create(1);
        float[] Noise(int length)
        {
            var values = new float[length];
            foreach (ref var value in values.AsSpan()) { value = 2 * random.NextSingle() - 1; }
            return values;
        }
        const int Length = 1_000;
        return new OfflineDataset("noise", observation, action, Noise(count * observation), Noise(count * observation), Noise(count * action), Noise(count), new bool[count],
            [.. Enumerable.Range(0, count / Length).Select(i => new DatasetEpisode(i * Length, Length, 0, false))]);
    }

    private static double Cloning(int width) => NetworkOperations.Training(Observation, width, Action);
}
