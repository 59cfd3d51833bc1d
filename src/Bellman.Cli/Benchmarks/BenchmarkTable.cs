using System.Globalization;
using System.Text.Json.Nodes;

namespace Bellman.Cli.Benchmarks;

/// <summary>Rows for people and for machines.</summary>
internal static class BenchmarkTable
{
    /// <summary>Column headings of <see cref="Cells"/>.</summary>
    public static IReadOnlyList<string> Headings { get; } = ["work", "measured", "machine's limit", "of it", "limited by", "target"];

    /// <summary>A row as text.</summary>
    public static IReadOnlyList<string> Cells(BenchmarkRow row) =>
    [
        row.Work,
        Show(row.Value, row.Unit),
        row.Limit is { } limit ? Show(limit, row.Unit) : "",
        row.Ratio is { } ratio ? ratio.ToString("P0", CultureInfo.InvariantCulture).Replace(" ", "", StringComparison.Ordinal) : "",
        row.LimitedBy,
        row.Target is { } target ? $"{(row.LessIsBetter ? "<=" : ">=")} {Show(target, row.Unit)}{(row.Reached == true ? "" : " missed")}" : "",
    ];

    /// <summary>All rows, with where they were measured.</summary>
    public static JsonObject Json(IReadOnlyList<BenchmarkRow> rows, string date, string machine, string commit) => new()
    {
        ["date"] = date,
        ["machine"] = machine,
        ["commit"] = commit,
        ["rows"] = new JsonArray([.. rows.Select(row => (JsonNode)new JsonObject
        {
            ["group"] = row.Group,
            ["work"] = row.Work,
            ["value"] = row.Value,
            ["unit"] = row.Unit,
            ["limit"] = row.Limit,
            ["limitedBy"] = row.LimitedBy,
            ["ratio"] = row.Ratio,
            ["target"] = row.Target,
            ["reached"] = row.Reached,
        })]),
    };

    /// <summary>A number with its unit, three significant digits.</summary>
    public static string Show(double value, string unit)
    {
        var (scaled, prefix) = value switch
        {
            >= 1e6 when unit == "steps/s" => (value / 1e6, "M "),
            >= 1e4 when unit == "steps/s" => (value / 1e3, "k "),
            _ => (value, " "),
        };
        var digits = Math.Abs(scaled) switch { >= 100 => "N0", >= 10 => "N1", _ => "N2" };
        return scaled.ToString(digits, CultureInfo.InvariantCulture) + prefix + unit;
    }
}
