using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bellman.Experiments;

/// <summary>A finished cell.</summary>
/// <param name="Cell">Which one.</param>
/// <param name="Result">What it measured.</param>
/// <param name="Started">When it was started.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record CellRecord(Cell Cell, CellResult Result, DateTimeOffset Started, double Seconds)
{
    /// <summary>The commit that measured it, as <see cref="Provenance.Commit"/> has it.</summary>
    public string Commit { get; init; } = Provenance.Unknown;
}

/// <summary>
/// Finished cells as one JSON file each, so that a killed run continues with the cells that are missing. A file appears
/// whole or not at all: it is written under a temporary name, flushed and renamed.
/// </summary>
internal sealed class CellStore
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly Reproduction reproduction;
    private readonly string folder;

    internal CellStore(Reproduction reproduction, string folder)
    {
        this.reproduction = reproduction;
        this.folder = folder;
    }

    internal string PathOf(Cell cell) => Path.Combine(folder, cell.Name + ".json");

    internal string FolderOf(Cell cell) => Path.Combine(folder, cell.Name);

    internal void Clear()
    {
        if (Directory.Exists(folder)) { Directory.Delete(folder, recursive: true); }
    }

    /// <summary>The stored cell, or null when it must be computed; <paramref name="warning"/> says so when a file was there.</summary>
    internal CellRecord? TryRead(Cell cell, out string? warning)
    {
        warning = null;
        var path = PathOf(cell);
        if (!File.Exists(path)) { return null; }
        var stored = TryParse(path);
        if (stored is null || !Complete(stored))
        {
            warning = $"The stored cell {path} is damaged; it is computed again.";
            return null;
        }
        if (stored.Key != KeyOf(cell))
        {
            warning = $"The stored cell {path} belongs to {stored.Key}, not to {KeyOf(cell)}; it is computed again.";
            return null;
        }
        var result = new CellResult { Metrics = stored.Metrics, Curves = stored.Curves, Notes = stored.Notes };
        return new CellRecord(cell, result, stored.Started, stored.Seconds) { Commit = stored.Commit ?? Provenance.Unknown };
    }

    /// <exception cref="BellmanException">The disk is full or the folder cannot be written.</exception>
    internal void Write(CellRecord record)
    {
        var stored = new StoredCell
        {
            Key = KeyOf(record.Cell),
            Started = record.Started,
            Seconds = record.Seconds,
            Commit = record.Commit,
            Metrics = new(record.Result.Metrics),
            Curves = [.. record.Result.Curves],
            Notes = new(record.Result.Notes),
        };
        WholeFile.Write(PathOf(record.Cell), JsonSerializer.Serialize(stored, Json));
    }

    private static StoredCell? TryParse(string path)
    {
        try { return JsonSerializer.Deserialize<StoredCell>(File.ReadAllText(path), Json); }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or IOException) { return null; }
    }

    private bool Complete(StoredCell stored) =>
        stored is { Key: not null, Metrics: not null, Curves: not null, Notes: not null }
        && reproduction.Metrics.All(metric => stored.Metrics.ContainsKey(metric.Name))
        && stored.Curves.All(curve => curve is { Name: not null, X: not null, Y: not null } && curve.X.Count == curve.Y.Count);

    private string KeyOf(Cell cell) => $"{reproduction.Slug} version {reproduction.Version}, {cell.Size}, {cell.Arm.Name}, seed {cell.Seed}{(cell.Size == ReproductionSize.Full ? $", {reproduction.Inputs}" : "")}";

    private sealed class StoredCell
    {
        public required string Key { get; init; }
        public required DateTimeOffset Started { get; init; }
        public required double Seconds { get; init; }
        public string? Commit { get; init; }
        public required Dictionary<string, double> Metrics { get; init; }
        public required List<Curve> Curves { get; init; }
        public required Dictionary<string, string> Notes { get; init; }
    }
}
