using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Bellman.Experiments;

namespace Bellman.Runs;

/// <summary>The runs under a folder, searchable through an SQLite index that is rebuilt from the folders when it lacks some.</summary>
public sealed class RunStore
{
    private readonly RunIndex index;

    /// <summary>The runs under <paramref name="root"/>, which is made when the first is created.</summary>
    public RunStore(string root)
    {
        Root = Path.GetFullPath(root);
        index = new RunIndex(Path.Combine(Root, "index.sqlite"));
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>Begins a run in a folder of its own.</summary>
    /// <exception cref="BellmanException">The folder cannot be written.</exception>
    public Run Create(RunConfiguration configuration, string command)
    {
        var started = DateTimeOffset.UtcNow;
        var environment = string.Concat(configuration.Environment.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_'));
        var name = $"{started:yyyyMMdd-HHmmss}-{configuration.Algorithm}-{environment}-s{configuration.Seed}";
        try
        {
            Directory.CreateDirectory(Root);
            var id = name;
            for (var copy = 2; Directory.Exists(Path.Combine(Root, id)); copy++) { id = $"{name}-{copy}"; }
            Directory.CreateDirectory(Path.Combine(Root, id));
            var run = new Run(Path.Combine(Root, id), new RunRecord
            {
                Id = id,
                Configuration = configuration,
                Command = command,
                Version = $"Bellman {typeof(RunStore).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}, {RuntimeInformation.FrameworkDescription}",
                Machine = Provenance.Machine(),
                Started = started,
            });
            Update(run, record => record);
            return run;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BellmanException($"A run cannot be made in {Root}: {error.Message} Choose another folder with --runs, or make it writable.", error);
        }
    }

    /// <summary>Changes a run's record, in its folder and in the index.</summary>
    public void Update(Run run, Func<RunRecord, RunRecord> change)
    {
        run.Update(change);
        index.Put(run.Record);
    }

    /// <summary>The run with this id, unique beginning of an id, folder, or <c>latest</c>.</summary>
    /// <exception cref="UsageException">There is none, or there are several.</exception>
    public Run Open(string name)
    {
        if (File.Exists(Path.Combine(name, "run.json"))) { return Read(Path.GetFullPath(name)); }
        var runs = List();
        if (name == "latest" && runs.Count > 0) { return Read(Path.Combine(Root, runs[0].Id)); }
        var matches = runs.Where(run => run.Id == name).DefaultIfEmpty().OfType<RunRecord>().ToList();
        if (matches.Count == 0) { matches = runs.Where(run => run.Id.StartsWith(name, StringComparison.OrdinalIgnoreCase)).ToList(); }
        return matches switch
        {
            [var only] => Read(Path.Combine(Root, only.Id)),
            [] => throw NearNames.Unknown("run", name, runs.Select(run => run.Id), $"{runs.Count} runs are in {Root}; 'bellman runs' lists them, and --runs chooses another folder."),
            _ => throw new UsageException($"'{name}' is the beginning of {matches.Count} runs: {string.Join(", ", matches.Take(5).Select(run => run.Id))}. Write more of the id."),
        };
    }

    /// <summary>Every run, newest first.</summary>
    public IReadOnlyList<RunRecord> List()
    {
        if (!Directory.Exists(Root)) { return []; }
        var folders = Directory.EnumerateDirectories(Root).Where(folder => File.Exists(Path.Combine(folder, "run.json"))).ToDictionary(folder => Path.GetFileName(folder));
        var known = index.All();
        if (known.Count != folders.Count || known.Any(record => !folders.ContainsKey(record.Id)))
        {
            known = [.. folders.Values.Select(folder => Read(folder).Record)];
            index.Rebuild(known);
        }
        return [.. known.OrderByDescending(record => record.Started).ThenByDescending(record => record.Id, StringComparer.Ordinal)];
    }

    private static Run Read(string folder)
    {
        var path = Path.Combine(folder, "run.json");
        try
        {
            return new Run(folder, JsonSerializer.Deserialize<RunRecord>(File.ReadAllText(path), RunRecord.Json)
                ?? throw new BellmanException($"{path} is empty. Restore it, or delete the run's folder."));
        }
        catch (JsonException error)
        {
            throw new BellmanException($"{path} is damaged: {error.Message} Restore it, or delete the run's folder.", error);
        }
    }
}
