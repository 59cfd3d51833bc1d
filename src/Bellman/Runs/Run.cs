using System.Text.Json;

namespace Bellman.Runs;

/// <summary>
/// A run's folder: <c>run.json</c>, <c>metrics.jsonl</c>, TensorBoard events, <c>checkpoints/</c>, <c>report.md</c>.
/// </summary>
public sealed class Run : IDisposable
{
    private const string RecordFile = "run.json";
    private const string LockFile = ".lock";

    private MetricLog? metrics;
    private FileStream? writing;

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

    /// <summary>Its metrics, opened for appending; from then on no other process can train this run.</summary>
    /// <exception cref="BellmanException">Another process is training it, or the folder cannot be written.</exception>
    public MetricLog Metrics
    {
        get
        {
            Lock();
            return metrics ??= new MetricLog(Folder);
        }
    }

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

    /// <summary>Its checkpoints, for an agent (or another trainee) like the one it trains.</summary>
    public CheckpointStore CheckpointsOf(ITrainee agent) =>
        new(Path.Combine(Folder, "checkpoints"), CheckpointSubject.Of(agent, Configuration.Environment));

    /// <summary>Replaces <c>run.json</c>.</summary>
    /// <exception cref="BellmanException">It could not be written.</exception>
    public void Update(Func<RunRecord, RunRecord> change)
    {
        Record = change(Record);
        Write(RecordFile, JsonSerializer.Serialize(Record, RunRecord.Json) + "\n");
    }

    /// <summary>Writes a text file into the folder, whole or not at all.</summary>
    /// <exception cref="BellmanException">It could not be written.</exception>
    public void Write(string file, string text)
    {
        try
        {
            DurableFile.Replace(Path.Combine(Folder, file), text);
        }
        catch (Exception error) when (DurableFile.IsFailure(error))
        {
            throw new BellmanException($"{Path.Combine(Folder, file)} could not be written: {error.Message} Free space or make the folder writable, then continue with --resume {Id}.", error);
        }
    }

    /// <summary>Closes the metrics and lets other processes train the run.</summary>
    public void Dispose()
    {
        metrics?.Dispose();
        metrics = null;
        writing?.Dispose();
        writing = null;
    }

    /// <summary>Keeps other processes from training this run, until disposed or killed.</summary>
    internal void Lock()
    {
        if (writing is not null) { return; }
        var path = Path.Combine(Folder, LockFile);
        try
        {
            writing = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw File.Exists(path) && error is IOException
                ? new BellmanException($"The run {Id} is being trained by another process. Wait until it ends, or stop it with Ctrl-C, and try again.", error)
                : new BellmanException($"The run {Id} cannot be written in {Folder}: {error.Message} Make the folder writable and try again.", error);
        }
    }

    /// <summary>Whether <paramref name="folder"/> holds a run.</summary>
    internal static bool Exists(string folder) => File.Exists(Path.Combine(folder, RecordFile));

    /// <summary>When the record in <paramref name="folder"/> was written: what an index compares.</summary>
    internal static long Stamp(string folder) => File.GetLastWriteTimeUtc(Path.Combine(folder, RecordFile)).Ticks;

    /// <summary>Reads a folder.</summary>
    /// <exception cref="BellmanException">Its record is missing or damaged.</exception>
    internal static Run Read(string folder)
    {
        folder = Path.GetFullPath(Path.TrimEndingDirectorySeparator(folder));
        var path = Path.Combine(folder, RecordFile);
        try
        {
            var record = JsonSerializer.Deserialize<RunRecord>(File.ReadAllText(path), RunRecord.Json) ?? throw new JsonException("it is null.");
            // A folder that was renamed goes by its present name.
            return new Run(folder, TrueStatus(folder, record with { Id = Path.GetFileName(folder) }));
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new BellmanException($"{path} is damaged: {error.Message} Restore it, or delete the run's folder.", error);
        }
    }

    /// <summary>A record that says running, of which no process holds the lock, was left by one that was killed.</summary>
    internal static RunRecord TrueStatus(string folder, RunRecord record) =>
        record.Status == RunStatus.Running && !IsLocked(folder) ? record with { Status = RunStatus.Interrupted } : record;

    private static bool IsLocked(string folder)
    {
        try
        {
            using var probe = new FileStream(Path.Combine(folder, LockFile), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
