namespace Bellman.Neural;

/// <summary>
/// Which rows of a batch have a gradient to carry back. Where only input gradients are wanted the others are finished:
/// of two critics, the smaller one answers for a row, and the other need not be asked.
/// </summary>
internal sealed class LiveRows
{
    private int[] rows = [];
    private bool skips;

    /// <summary>Whether any row is left out.</summary>
    public bool Skips => skips;

    /// <summary>Takes every row.</summary>
    public int All(int batch)
    {
        skips = false;
        return batch;
    }

    /// <summary>Takes the rows of [batch, width] gradients that are not zero throughout, NaN included, and returns how many there are.</summary>
    public int Find(ReadOnlySpan<float> gradients, int batch, int width)
    {
        if (rows.Length < batch) { rows = new int[batch]; }
        var live = 0;
        for (var row = 0; row < batch; row++)
        {
            if (gradients.Slice(row * width, width).ContainsAnyExcept(0)) { rows[live++] = row; }
        }
        skips = live < batch;
        return live;
    }

    /// <summary>The batch's row that the live row of this index is.</summary>
    public nint this[int index] => skips ? rows[index] : index;
}
