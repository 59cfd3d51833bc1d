namespace Bellman.Experiments;

/// <summary>How a reproduction is run.</summary>
public sealed record ReproductionSettings
{
    /// <summary>How much of the paper.</summary>
    public ReproductionSize Size { get; init; } = ReproductionSize.Default;

    /// <summary>Seeds an arm instead of the reproduction's own number; narrower intervals with more, and nothing is published.</summary>
    public int? SeedCount { get; init; }

    /// <summary>Cells computed at the same time. Results do not depend on it.</summary>
    public int Jobs { get; init; } = Environment.ProcessorCount;

    /// <summary>Where cells and reports go; null for <c>runs/reproduce/SLUG/SIZE</c> under the working directory.</summary>
    public string? Folder { get; init; }

    /// <summary>Discards stored cells first.</summary>
    public bool Fresh { get; init; }

    internal string FolderFor(Reproduction reproduction) =>
        Folder ?? Path.Combine("runs", "reproduce", reproduction.Slug, Size.ToString().ToLowerInvariant());
}

/// <summary>How far a running cell is.</summary>
/// <param name="Cell">Which one.</param>
/// <param name="Share">The share done, 0 to 1.</param>
/// <param name="Message">What is going on; may be empty.</param>
public sealed record RunningCell(Cell Cell, double Share, string Message);

/// <summary>A snapshot of a running reproduction.</summary>
public sealed record ReproductionProgress
{
    /// <summary>Cells finished, stored ones included.</summary>
    public required int Done { get; init; }

    /// <summary>Of those, cells that an earlier run had stored.</summary>
    public required int Reused { get; init; }

    /// <summary>Cells that threw.</summary>
    public required int Failed { get; init; }

    /// <summary>All cells.</summary>
    public required int Total { get; init; }

    /// <summary>Cells being computed.</summary>
    public required IReadOnlyList<RunningCell> Running { get; init; }

    /// <summary>Time since this run began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Estimated time left; null before the first cell finishes or says how far it is.</summary>
    public required TimeSpan? Remaining { get; init; }

    /// <summary>The cell that has just finished, for a line of its own; null in other snapshots.</summary>
    public CellRecord? Finished { get; init; }

    /// <summary>Something the user should read: a damaged cell, a cell that failed; null in other snapshots.</summary>
    public string? Warning { get; init; }
}
