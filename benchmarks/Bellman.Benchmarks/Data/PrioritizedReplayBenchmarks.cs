using BenchmarkDotNet.Attributes;

namespace Bellman.Benchmarks.Data;

/// <summary>What prioritised replay costs beside uniform replay: a batch drawn and its priorities written back.</summary>
[MemoryDiagnoser]
public class PrioritizedReplayBenchmarks
{
    private const int Batch = 256;
    private readonly RandomStream random = RandomStream.Create(1);
    private readonly int[] rows = new int[Batch];
    private readonly float[] weights = new float[Batch];
    private readonly float[] errors = new float[Batch];
    private PrioritizedSampler sampler = new(1);
    private int next;

    /// <summary>Stored transitions.</summary>
    [Params(10_000, 1_000_000)]
    public int Count { get; set; }

    /// <summary>A full buffer with priorities spread as errors are.</summary>
    [GlobalSetup]
    public void Setup()
    {
        sampler = new PrioritizedSampler(Count) { Beta = 0.6 };
        var all = new int[Batch];
        for (var row = 0; row < Count; row++) { sampler.Added(row); }
        for (var start = 0; start < Count; start += Batch)
        {
            for (var i = 0; i < Batch; i++) { all[i] = Math.Min(start + i, Count - 1); }
            random.NextGaussians(errors);
            sampler.Update(all, errors);
        }
    }

    /// <summary>256 rows drawn by priority, then their priorities replaced.</summary>
    [Benchmark]
    public void SampleAndUpdate()
    {
        sampler.Sample(Count, random, rows, weights);
        sampler.Update(rows, errors);
    }

    /// <summary>256 rows drawn by priority.</summary>
    [Benchmark]
    public void Sample() => sampler.Sample(Count, random, rows, weights);

    /// <summary>A new transition over the oldest.</summary>
    [Benchmark]
    public void Add()
    {
        sampler.Added(next);
        next = (next + 1) % Count;
    }
}
