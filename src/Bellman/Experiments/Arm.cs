namespace Bellman.Experiments;

/// <summary>What part an arm plays in the comparison.</summary>
public enum ArmKind
{
    /// <summary>The paper's method.</summary>
    Method,

    /// <summary>What it is compared with.</summary>
    Baseline,

    /// <summary>The method with one part changed or removed.</summary>
    Ablation,
}

/// <summary>One thing that is measured.</summary>
/// <param name="Name">Lower-case letters, digits and hyphens; it names the cell files.</param>
/// <param name="Description">One sentence for the report.</param>
/// <param name="Kind">Its part in the comparison.</param>
public sealed record Arm(string Name, string Description, ArmKind Kind = ArmKind.Method)
{
    /// <summary>What it is measured on, where a reproduction has several tasks; only arms of one task are compared with one another.</summary>
    public string Task { get; init; } = "";

    /// <summary>Seeds of this arm alone; null takes those of the reproduction.</summary>
    public IReadOnlyList<ulong>? Seeds { get; init; }

    /// <summary>The seeds 0 to <paramref name="count"/> - 1.</summary>
    public static ulong[] FirstSeeds(int count) => [.. Enumerable.Range(0, count).Select(seed => (ulong)seed)];
}

/// <summary>One number that every cell measures.</summary>
/// <param name="Name">The key in <see cref="CellResult.Metrics"/>, e.g. <c>success</c>.</param>
/// <param name="Description">One sentence for the report.</param>
/// <param name="Unit">The unit on the plot's axis, e.g. <c>steps</c>; empty for a plain number or a share.</param>
/// <param name="HigherIsBetter">Which direction is an improvement; null for a number that has none, such as a code.</param>
public sealed record MetricDefinition(string Name, string Description, string Unit = "", bool? HigherIsBetter = true)
{
    /// <summary>True for the metric that leads the report.</summary>
    public bool Primary { get; init; }

    /// <summary>Whether it is drawn as bars; false where the arms' scales differ so much that bars would show nothing.</summary>
    public bool Plotted { get; init; } = true;

    /// <summary>Lines drawn across the metric's plot, e.g. the paper's value.</summary>
    public IReadOnlyList<ReferenceLine> References { get; init; } = [];
}

/// <summary>How the curves of one name are drawn.</summary>
/// <param name="Name">The name in <see cref="Curve.Name"/>.</param>
/// <param name="XLabel">What x counts, with its unit.</param>
/// <param name="YLabel">What y measures, with its unit.</param>
public sealed record CurveDefinition(string Name, string XLabel, string YLabel)
{
    /// <summary>Points of the trailing moving average drawn; 1 draws the values as they are. Raising it hides noise and delays changes.</summary>
    public int MovingAverage { get; init; } = 1;

    /// <summary>Lines drawn across the plot, e.g. the score that counts as solved.</summary>
    public IReadOnlyList<ReferenceLine> References { get; init; } = [];
}

/// <summary>A horizontal line that says where a known value lies.</summary>
/// <param name="Name">The text in the legend.</param>
/// <param name="Value">Its height.</param>
public sealed record ReferenceLine(string Name, double Value);
