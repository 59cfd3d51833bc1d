namespace Bellman.Algorithms.Tabular;

/// <summary>Numbers the elements of a finite space: a Discrete's value, or the mixed-radix number of several.</summary>
public sealed class StateIndexer
{
    private readonly int[] counts;

    /// <summary>Numbers the elements of <paramref name="space"/>.</summary>
    /// <exception cref="UsageException">The space is not finite, or has more than 16,777,216 elements.</exception>
    public StateIndexer(Space space, string algorithm)
    {
        counts = Counts(space) is { } finite ? [.. finite]
            : throw new UsageException($"{algorithm} keeps a table with a row for each observation and needs finitely many; this environment's are {space}. Use dqn or ppo for it.");
        var total = counts.Aggregate(1L, (product, count) => Math.Min(product * count, int.MaxValue));
        if (total > 1 << 24) { throw new UsageException($"{algorithm} keeps a table with a row for each observation; {space} has {total} or more, above 16777216. Use dqn or ppo for it."); }
        Count = (int)total;
    }

    /// <summary>Number of elements.</summary>
    public int Count { get; }

    /// <summary>The number of an element, 0 .. Count - 1.</summary>
    public int Index(ReadOnlySpan<float> element)
    {
        var index = 0;
        for (var i = 0; i < counts.Length; i++) { index = index * counts[i] + (int)element[i]; }
        return index;
    }

    private static IEnumerable<int>? Counts(Space space) => space switch
    {
        Discrete discrete => [discrete.Count],
        MultiDiscrete multi => multi.Counts,
        MultiBinary binary => Enumerable.Repeat(2, binary.Count),
        Composite composite when composite.Parts.All(part => Counts(part.Space) is not null) => composite.Parts.SelectMany(part => Counts(part.Space) ?? []),
        _ => null,
    };
}
