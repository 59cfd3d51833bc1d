namespace Bellman.Algorithms.Tabular;

/// <summary>Acts greedily on a table of action values.</summary>
public sealed class TabularPolicy(QTable table, StateIndexer indexer, Space observationSpace) : IPolicy
{
    /// <inheritdoc/>
    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        var size = observationSpace.Size;
        for (var i = 0; i < count; i++) { actions[i] = table.Greedy(indexer.Index(observations.Slice(i * size, size))); }
    }
}
