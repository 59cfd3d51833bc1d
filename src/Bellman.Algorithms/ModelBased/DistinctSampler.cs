namespace Bellman.Algorithms;

/// <summary>Transitions without replacement within a batch; where a batch is larger than what there is, everything once and then again.</summary>
public sealed class DistinctSampler : IReplaySampler
{
    private readonly HashSet<int> drawn = [];

    /// <inheritdoc/>
    public void Added(int row) { }

    /// <inheritdoc/>
    public void Sample(int count, RandomStream random, Span<int> rows, Span<float> weights)
    {
        Draw(count, random, rows);
        weights.Fill(1);
    }

    /// <summary>Draws different rows of <paramref name="count"/>.</summary>
    public void Draw(int count, RandomStream random, Span<int> rows)
    {
        for (; rows.Length > 0; rows = rows[Math.Min(count, rows.Length)..])
        {
            var some = Math.Min(count, rows.Length);
            drawn.Clear();
            for (var i = 0; i < some; i++)
            {
                // Floyd's algorithm: each draw is from one more than the one before, and takes the new one if its own is taken.
                var newest = count - some + i;
                var row = random.NextInt32(newest + 1);
                if (!drawn.Add(row)) { drawn.Add(row = newest); }
                rows[i] = row;
            }
            // Late draws favour late rows; a part of a batch must not.
            random.Shuffle(rows[..some]);
        }
    }

    /// <inheritdoc/>
    public void Update(ReadOnlySpan<int> rows, ReadOnlySpan<float> temporalDifferences) { }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) { }
}
