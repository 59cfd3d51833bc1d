namespace Bellman.Language;

/// <summary>
/// Whole rows of a batch that pass through the model together, without padding: enough tokens to keep the kernels busy,
/// few enough to stay in the caches.
/// </summary>
internal sealed class TokenGroup
{
    // More rows would not make products quicker and would push activations out of the second-level cache.
    private const int Tokens = 128;

    private TokenGroup(TokenBatch batch, int firstRow, int rows)
    {
        FirstRow = firstRow;
        Starts = new int[rows + 1];
        for (var i = 0; i < rows; i++) { Starts[i + 1] = Starts[i] + batch.Lengths[firstRow + i]; }
        var (predictors, targets) = (new List<int>(), new List<int>());
        for (var i = 0; i < rows; i++)
        {
            for (var t = 1; t < batch.Lengths[firstRow + i]; t++)
            {
                var target = (firstRow + i) * batch.Length + t;
                if (!batch.Mask[target]) { continue; }
                predictors.Add(Starts[i] + t - 1);
                targets.Add(target);
            }
        }
        (Predictors, Targets) = ([.. predictors], [.. targets]);
    }

    public int FirstRow { get; }

    /// <summary>First token of each row, and the number of tokens.</summary>
    public int[] Starts { get; }

    public int Count => Starts[^1];

    public int Rows => Starts.Length - 1;

    /// <summary>Tokens of this group that predict a scored one.</summary>
    public int[] Predictors { get; }

    /// <summary>For each, the index of the scored token in the batch.</summary>
    public int[] Targets { get; }

    public int Length(int row) => Starts[row + 1] - Starts[row];

    /// <summary>The batch in groups. They depend on the batch alone, so results do not depend on threads.</summary>
    public static TokenGroup[] Of(TokenBatch batch)
    {
        var groups = new List<TokenGroup>();
        for (var row = 0; row < batch.Rows;)
        {
            var (first, tokens) = (row, 0);
            do { tokens += batch.Lengths[row++]; }
            while (row < batch.Rows && tokens + batch.Lengths[row] <= Tokens);
            groups.Add(new TokenGroup(batch, first, row - first));
        }
        return [.. groups];
    }
}
