using System.Reflection;
using System.Runtime.InteropServices;
using Bellman.Experiments;

namespace Bellman.Runs;

/// <summary>The runs under a folder, searchable through an SQLite index that follows the folders.</summary>
public sealed class RunStore
{
    private readonly RunIndex index;

    /// <summary>The runs under <paramref name="root"/>, which is made when the first is created.</summary>
    public RunStore(string root)
    {
        Root = Path.GetFullPath(root);
        index = new RunIndex(Root);
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>Begins a run in a folder of its own.</summary>
    /// <param name="configuration">What it is asked to do.</param>
    /// <param name="command">The command that started it.</param>
    /// <param name="name">The folder's name; by default time, algorithm, environment and seed.</param>
    /// <exception cref="BellmanException">The folder cannot be written.</exception>
    public Run Create(RunConfiguration configuration, string command, string? name = null)
    {
        var started = DateTimeOffset.UtcNow;
        var environment = string.Concat(configuration.Environment.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_'));
        name ??= $"{started:yyyyMMdd-HHmmss}-{configuration.Algorithm}-{environment}-s{configuration.Seed}";
        var record = new RunRecord
        {
            Id = name,
            Configuration = configuration,
            Command = command,
            Version = $"Bellman {typeof(RunStore).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}, {RuntimeInformation.FrameworkDescription}",
            Machine = Provenance.Machine(),
            Started = started,
        };
        var temporary = Path.Combine(Root, $".new-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(temporary);
            // The folder appears by a rename, with its record: two processes that begin in the same second never share one.
            for (var copy = 1; ; copy++)
            {
                var run = new Run(temporary, copy == 1 ? record : record with { Id = $"{name}-{copy}" });
                run.Update(unchanged => unchanged);
                var folder = Path.Combine(Root, run.Id);
                if (Path.Exists(folder) || !TryMove(temporary, folder)) { continue; }
                run = new Run(folder, run.Record);
                run.Lock();
                index.Note(run.Record);
                return run;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BellmanException)
        {
            Checkpoint.TryDiscard(temporary);
            throw new BellmanException($"A run cannot be made in {Root}: {error.Message} Choose another folder with --runs, or make it writable.", error);
        }
    }

    /// <summary>Changes a run's record, in its folder and in the index.</summary>
    public void Update(Run run, Func<RunRecord, RunRecord> change)
    {
        run.Update(change);
        if (Path.GetDirectoryName(run.Folder) == Root) { index.Note(run.Record); }
    }

    /// <summary>The run with this id, unique beginning of an id, folder, or <c>latest</c>.</summary>
    /// <exception cref="UsageException">There is none, or there are several.</exception>
    public Run Open(string name)
    {
        if (name.Length > 0 && Run.Exists(name)) { return Run.Read(name); }
        var runs = List();
        if (name == "latest" && runs.Count > 0) { return Run.Read(Path.Combine(Root, runs[0].Id)); }
        var matches = runs.Where(run => run.Id == name).DefaultIfEmpty().OfType<RunRecord>().ToList();
        if (matches.Count == 0) { matches = runs.Where(run => name.Length > 0 && run.Id.StartsWith(name, StringComparison.OrdinalIgnoreCase)).ToList(); }
        return matches switch
        {
            [var only] => Run.Read(Path.Combine(Root, only.Id)),
            [] => throw NearNames.Unknown("run", name, runs.Select(run => run.Id), $"{runs.Count} runs are in {Root}; 'bellman runs' lists them, and --runs chooses another folder."),
            _ => throw new UsageException($"'{name}' is the beginning of {matches.Count} runs: {string.Join(", ", matches.Take(5).Select(run => run.Id))}. Write more of the id."),
        };
    }

    /// <summary>Every run, newest first; only those whose record contains <paramref name="search"/> (case ignored) if it is given.</summary>
    public IReadOnlyList<RunRecord> List(string? search = null) => Directory.Exists(Root) ? index.Query(search) : [];

    private static bool TryMove(string from, string to)
    {
        try
        {
            Directory.Move(from, to);
            return true;
        }
        catch (IOException) when (Path.Exists(to))
        {
            return false;
        }
    }
}
