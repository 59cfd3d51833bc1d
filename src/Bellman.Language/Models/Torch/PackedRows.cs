namespace Bellman.Language;

/// <summary>
/// Rows of a batch laid into lines as long as the longest, several short ones in a line: attention keeps within a row and
/// positions begin anew, so scores are those of each row alone.
/// </summary>
internal sealed class PackedRows
{
    /// <summary>First fit, in the order of the rows.</summary>
    public PackedRows(TokenBatch batch)
    {
        Length = batch.Length;
        var used = new List<int>();
        var starts = new (int Line, int Column)[batch.Rows];
        for (var row = 0; row < batch.Rows; row++)
        {
            var line = used.FindIndex(length => length + batch.Lengths[row] <= Length);
            if (line < 0) { line = used.Count; used.Add(0); }
            starts[row] = (line, used[line]);
            used[line] += batch.Lengths[row];
        }
        Lines = used.Count;
        NeedsMask = Lines < batch.Rows;
        Source = new long[Lines * Length];
        Positions = new long[Lines * Length];
        Rows = new long[Lines * Length];
        Array.Fill(Rows, -1);
        var targets = new List<long>();
        var places = new List<long>();
        for (var row = 0; row < batch.Rows; row++)
        {
            var start = starts[row].Line * Length + starts[row].Column;
            for (var t = 0; t < batch.Lengths[row]; t++)
            {
                Source[start + t] = row * Length + t;
                Positions[start + t] = t;
                Rows[start + t] = row;
                if (!batch.Mask[row * Length + t]) { continue; }
                targets.Add(row * Length + t);
                places.Add(start + t - 1);
            }
        }
        Targets = [.. targets];
        Predictors = [.. places];
    }

    /// <summary>Lines.</summary>
    public int Lines { get; }

    /// <summary>Columns of a line.</summary>
    public int Length { get; }

    /// <summary>Whether a line holds several rows, so that causality alone does not keep them apart.</summary>
    public bool NeedsMask { get; }

    /// <summary>[lines, length]: index into the batch's tokens; 0 where nothing lies.</summary>
    public long[] Source { get; }

    /// <summary>[lines, length]: position within the row.</summary>
    public long[] Positions { get; }

    /// <summary>[lines, length]: the row, -1 where nothing lies.</summary>
    public long[] Rows { get; }

    /// <summary>Indices into the batch's tokens of the scored ones.</summary>
    public long[] Targets { get; }

    /// <summary>For each, the place in the lines that predicts it.</summary>
    public long[] Predictors { get; }
}
