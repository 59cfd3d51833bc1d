namespace Bellman.Cli.Benchmarks;

/// <summary>One thing whose speed is measured. New kinds of work add a file of them and a line in <see cref="BenchmarkCatalog"/>.</summary>
internal interface IBenchmark
{
    /// <summary>The table it belongs to, e.g. <c>environments</c>.</summary>
    string Group { get; }

    /// <summary>What is done, unique in its group; <c>--filter</c> looks in it.</summary>
    string Work { get; }

    /// <summary>Why it cannot be measured here, and what to do about it; null if it can.</summary>
    string? Missing => null;

    /// <summary>Measures it, and the machine's own limit beside it.</summary>
    IEnumerable<BenchmarkRow> Measure(BenchmarkSession session);
}

/// <summary>A measured number beside what the machine could do.</summary>
/// <param name="Group">The table it belongs to.</param>
/// <param name="Work">What was done.</param>
/// <param name="Value">The measurement.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Limit">What the machine allows, in the same unit, measured in the same run; null where nothing simple bounds it.</param>
/// <param name="LimitedBy">What the limit is.</param>
internal sealed record BenchmarkRow(string Group, string Work, double Value, string Unit, double? Limit, string LimitedBy)
{
    /// <summary>The number that was aimed for, in the same unit; null for none.</summary>
    public double? Target { get; init; }

    /// <summary>Where the target, if it is missed, loses its time.</summary>
    public string Bound { get; init; } = "";

    /// <summary>Where along a growth table this row stands, e.g. 256 copies; null for rows of no such table.</summary>
    public (string Axis, double At)? Growth { get; init; }

    /// <summary>Whether less is better: times and memory.</summary>
    public bool LessIsBetter => Unit is "us" or "MB";

    /// <summary>How much of what the machine allows is reached: 1 is all of it.</summary>
    public double? Ratio => Limit is not { } limit || Value <= 0 || limit <= 0 ? null : LessIsBetter ? limit / Value : Value / limit;

    /// <summary>Whether the target is reached; null without one.</summary>
    public bool? Reached => Target is not { } target ? null : LessIsBetter ? Value <= target : Value >= target;
}
