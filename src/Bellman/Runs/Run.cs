using System.Text.Json;

namespace Bellman.Runs;

/// <summary>
/// A run's folder: <c>run.json</c>, <c>metrics.jsonl</c>, TensorBoard events, <c>checkpoints/</c>, <c>report.md</c>.
/// </summary>
public sealed class Run : IDisposable
{
    private MetricLog? metrics;

    internal Run(string folder, RunRecord record)
    {
        Folder = folder;
        Record = record;
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>The content of <c>run.json</c>.</summary>
    public RunRecord Record { get; private set; }

    /// <summary>Its name.</summary>
    public string Id => Record.Id;

    /// <summary>What it was asked to do.</summary>
    public RunConfiguration Configuration => Record.Configuration;

    /// <summary>Its metrics, opened for appending.</summary>
    public MetricLog Metrics => metrics ??= new MetricLog(Folder);

    /// <summary>Its lines of metrics so far: step and values by name.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, double>> ReadMetrics()
    {
        var path = Path.Combine(Folder, "metrics.jsonl");
        if (!File.Exists(path)) { return []; }
        var rows = new List<IReadOnlyDictionary<string, double>>();
        foreach (var line in File.ReadLines(path))
        {
            // A killed run may leave its last line unfinished.
            if (line.EndsWith('}') && JsonSerializer.Deserialize<Dictionary<string, double>>(line) is { } row) { rows.Add(row); }
        }
        return rows;
    }

    /// <summary>Its checkpoints, for an agent like the one it trains.</summary>
    public CheckpointStore CheckpointsOf(IAgent agent) =>
        new(Path.Combine(Folder, "checkpoints"), CheckpointSubject.Of(agent, Configuration.Environment));

    /// <summary>Replaces <c>run.json</c>.</summary>
    /// <exception cref="BellmanException">It could not be written.</exception>
    public void Update(Func<RunRecord, RunRecord> change)
    {
        Record = change(Record);
        Write("run.json", JsonSerializer.Serialize(Record, RunRecord.Json) + "\n");
    }

    /// <summary>Writes a text file into the folder, whole or not at all.</summary>
    /// <exception cref="BellmanException">It could not be written.</exception>
    public void Write(string file, string text)
    {
        try
        {
            DurableFile.Replace(Path.Combine(Folder, file), text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BellmanException($"{Path.Combine(Folder, file)} could not be written: {error.Message} Free space or make the folder writable, then continue with --resume {Id}.", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => metrics?.Dispose();
}
