using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Bellman.Cli.Benchmarks;

/// <summary>Reading a compressed data set of a million transitions: how fast beside the disk and inflating alone, and in how much memory.</summary>
internal sealed class DatasetBenchmark : IBenchmark
{
    private const int Observation = 17, Action = 6, Transitions = 1_000_000, QuickTransitions = 20_000;

    // What is inflated at once, as a file's pieces are.
    private const int Piece = 4096 * 4 * Observation;

    public string Group => "offline";

    public string Work => $"reading {Transitions:N0} transitions of {Observation} + {Action} numbers, compressed HDF5";

    public IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        var count = session.Quick ? QuickTransitions : Transitions;
        var path = Path.Combine(Path.GetTempPath(), $"bellman-bench-{Environment.ProcessId}.hdf5");
        try
        {
            Write(path, count);
            var bytes = count * (4.0 * (2 * Observation + Action + 1) + 1);
            Collect();
            var before = Resident();
            MemoryBenchmark.ForgetPeak();
            var clock = Stopwatch.StartNew();
            var data = DatasetFile.Read(path);
            var seconds = clock.Elapsed.TotalSeconds;
            var peak = MemoryBenchmark.Peak() - before;
            var limit = DiskSeconds(path) + InflateSeconds(data);
            GC.KeepAlive(data);
            yield return new BenchmarkRow(Group, Work, bytes / seconds / 1e6, "MB/s", bytes / limit / 1e6, "the disk and inflating alone, on one core");
            yield return new BenchmarkRow(Group, $"{Work}: most memory held", peak / 1e6, "MB", bytes / 1e6, "the data itself") { Target = session.Quick ? null : 2 * bytes / 1e6, Bound = "pieces while they are inflated" };
        }
        finally
        {
            File.Delete(path);
        }
    }

    public static IEnumerable<IBenchmark> All() => [new DatasetBenchmark()];

    private static void Write(string path, int count) => DatasetFile.Write(path, OfflineUpdateBenchmark.RandomData(count, Observation, Action), "", compress: true);

    private static double DiskSeconds(string path)
    {
        var clock = Stopwatch.StartNew();
        using var file = File.OpenRead(path);
        var buffer = new byte[1 << 20];
        while (file.Read(buffer) > 0) { }
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>Seconds to inflate the same numbers in the same pieces.</summary>
    private static double InflateSeconds(OfflineDataset data)
    {
        var total = 0.0;
        foreach (var block in new[] { data.Observations, data.NextObservations, data.Actions, data.Rewards })
        {
            var raw = MemoryMarshal.AsBytes(block.AsSpan());
            var piece = raw[..Math.Min(Piece, raw.Length)].ToArray();
            using var packed = new MemoryStream();
            using (var writer = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) { writer.Write(piece); }
            var clock = Stopwatch.StartNew();
            packed.Position = 0;
            using var reader = new ZLibStream(packed, CompressionMode.Decompress);
            reader.ReadExactly(piece);
            total += clock.Elapsed.TotalSeconds * raw.Length / piece.Length;
        }
        return total;
    }

    private static void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    private static double Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
