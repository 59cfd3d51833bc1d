using Bellman.Algorithms;

namespace Bellman.Cli.Benchmarks;

/// <summary>Drawing a batch of 256 from a full replay and hearing of its errors; with or without copying the rows out.</summary>
internal sealed class ReplayBenchmark(string name, Func<int, IReplaySampler> create, int capacity, bool gather, double? target = null) : IBenchmark
{
    private const int Batch = 256, ObservationSize = 17, ActionSize = 6;

    public string Group => "replay";

    public string Work => $"{name}, {capacity:N0} transitions: sample {Batch}{(gather ? ", gather" : "")}, update";

    public IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        var replay = new ReplayBuffer(capacity, ObservationSize, ActionSize);
        var sampler = create(capacity);
        var random = RandomStream.Create(1);
        float[] observation = new float[ObservationSize], action = new float[ActionSize];
        for (var i = 0; i < capacity; i++) { sampler.Added(replay.Add(observation, action, i, observation, false)); }
        var batch = new ReplayBatch(replay, new ObservationEncoder(new Box(-1, 1, ObservationSize), normalize: false), Batch);
        float[] errors = [.. Enumerable.Range(0, Batch).Select(_ => (float)random.NextGaussian())];
        var seconds = session.Seconds(() =>
        {
            if (gather) { batch.Draw(sampler, random); } else { sampler.Sample(replay.Count, random, batch.Rows, batch.Weights); }
            sampler.Update(batch.Rows, errors);
        });
        // Two observations, an action, a reward and a flag, if they lay side by side; a line of the tree where nothing is copied.
        var floats = gather ? 2 * ObservationSize + ActionSize + 2 : 16;
        yield return new BenchmarkRow(Group, Work, 1e6 * seconds, "us", 1e6 * session.Machine.GatherSeconds(Batch, floats, gather ? capacity : capacity / 16), $"copying {Batch} rows of {floats} floats")
        {
            Target = target,
            Bound = "the tree's levels beyond the caches",
            Growth = gather ? ($"items in {name} replay, sample, gather and update", capacity) : null,
        };
    }

    public static IEnumerable<IBenchmark> All()
    {
        foreach (var capacity in (int[])[10_000, 100_000, 1_000_000]) { yield return new ReplayBenchmark("uniform", _ => new UniformSampler(), capacity, gather: true); }
        foreach (var capacity in (int[])[10_000, 100_000, 1_000_000]) { yield return new ReplayBenchmark("prioritised", size => new PrioritizedSampler(size), capacity, gather: true); }
        yield return new ReplayBenchmark("prioritised", size => new PrioritizedSampler(size), 1_000_000, gather: false, target: 60);
    }
}
