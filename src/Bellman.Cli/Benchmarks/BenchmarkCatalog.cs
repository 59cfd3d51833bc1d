namespace Bellman.Cli.Benchmarks;

/// <summary>Everything that is measured, in the order it runs: memory first, before anything else has taken some.</summary>
internal static class BenchmarkCatalog
{
    /// <summary>The benchmarks.</summary>
    public static IReadOnlyList<IBenchmark> All { get; } =
    [
        .. MemoryBenchmark.All(),
        .. TrainingBenchmark.All(),
        .. EnvironmentBenchmark.All(),
        .. MujocoBenchmark.All(),
        .. InferenceBenchmark.All(),
        .. PpoUpdateBenchmark.All(),
        .. ReplayUpdateBenchmark.All(),
        .. OfflineUpdateBenchmark.All(),
        .. DatasetBenchmark.All(),
        .. ReplayBenchmark.All(),
        .. LanguageBenchmark.All(),
    ];

    /// <summary>Those whose group or work contains <paramref name="filter"/>, in any case; null for all.</summary>
    /// <exception cref="UsageException">There are none.</exception>
    public static IReadOnlyList<IBenchmark> Find(string? filter)
    {
        if (filter is null) { return All; }
        List<IBenchmark> found = [.. All.Where(benchmark => $"{benchmark.Group}: {benchmark.Work}".Contains(filter, StringComparison.OrdinalIgnoreCase))];
        return found.Count > 0 ? found
            : throw new UsageException($"No benchmark's group or work contains '{filter}'. Groups: {string.Join(", ", All.Select(benchmark => benchmark.Group).Distinct())}; 'bellman bench --list' shows all of them.");
    }
}
