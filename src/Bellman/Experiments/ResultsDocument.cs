using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bellman.Experiments;

/// <summary>One metric of one arm in a results file. A value that is not a number is null.</summary>
public sealed record ArmResult(string Name, ArmKind Kind, string Metric, string Unit, bool? HigherIsBetter, IReadOnlyList<ulong> Seeds,
    IReadOnlyList<double?> Values, double? InterquartileMean, IReadOnlyList<double?> Interval);

/// <summary>One claim in a results file; <paramref name="Holds"/> is null when it is only reported or could not be decided.</summary>
public sealed record ClaimResult(string Name, bool Gate, bool? Holds, double? Value, IReadOnlyList<double?> Interval, double Threshold,
    string Requirement, Statistic Statistic, string Note);

/// <summary>
/// The measured results of a reproduction as JSON: what <c>docs/results/SLUG.json</c> holds and what tables are generated
/// from. Times are UTC; <paramref name="Seconds"/> is wall time.
/// </summary>
public sealed record ResultsDocument(string Slug, string Commit, DateTimeOffset Date, string Machine, string Command, double Seconds,
    IReadOnlyList<ArmResult> Arms, IReadOnlyList<ClaimResult> Claims)
{
    /// <summary>Between the commits of <see cref="Commit"/>.</summary>
    internal const string CommitSeparator = ", ";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        // Requirements contain signs such as "≥", which stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The results of a run.</summary>
    /// <param name="outcome">What was measured.</param>
    /// <param name="command">The command that a reader types to measure it again.</param>
    public static ResultsDocument From(ReproductionOutcome outcome, string command) => new(
        outcome.Plan.Reproduction.Slug, CommitsOf(outcome), Whole(DateTimeOffset.UtcNow), Provenance.Machine(),
        command, Math.Round(outcome.Seconds, 1), [.. outcome.Summaries.Select(ResultOf)], [.. outcome.Verdicts.Select(ResultOf)]);

    /// <summary>The file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json) + "\n";

    /// <summary>Reads a file that <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="BellmanException">The file is malformed.</exception>
    public static ResultsDocument Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ResultsDocument>(File.ReadAllText(path), Json) ?? throw new JsonException("It is empty.");
        }
        catch (JsonException exception)
        {
            throw new BellmanException($"{path} is not a results file: {exception.Message} It is written by 'bellman reproduce SLUG' alone; run that again.", exception);
        }
    }

    /// <summary>Where the cells were measured, which may be at more than one commit when some were stored earlier.</summary>
    private static string CommitsOf(ReproductionOutcome outcome) => string.Join(CommitSeparator, outcome.Records.Select(record => record.Commit).Distinct().Order(StringComparer.Ordinal));

    private static ArmResult ResultOf(ArmSummary summary) => new(summary.Arm.Name, summary.Arm.Kind, summary.Metric.Name, summary.Metric.Unit,
        summary.Metric.HigherIsBetter, summary.Seeds, [.. summary.Values.Select(Finite)], Finite(summary.InterquartileMean), Ends(summary.Interval));

    private static ClaimResult ResultOf(Verdict verdict) => new(verdict.Claim.Name, verdict.Claim.Gate,
        verdict.Status switch { VerdictStatus.Holds => true, VerdictStatus.Fails => false, _ => null },
        Finite(verdict.Value), Ends(verdict.Interval), verdict.Claim.Threshold, verdict.Claim.Requirement, verdict.Claim.Statistic, verdict.Note);

    private static double?[] Ends(Interval interval) => [Finite(interval.Low), Finite(interval.High)];

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    private static DateTimeOffset Whole(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond));
}
