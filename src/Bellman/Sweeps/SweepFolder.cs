using System.Text.Json;
using Bellman.Experiments;
using Bellman.Runs;

namespace Bellman.Sweeps;

/// <summary>
/// The folder of a sweep: <c>sweep.json</c> (what was asked), a run for each trial and seed, and its results. What a run
/// has achieved at a rung is a file in the run's own folder, written whole: a sweep that was killed has lost nothing but
/// the steps since the last checkpoints.
/// </summary>
public sealed class SweepFolder : IDisposable
{
    private const string DefinitionFile = "sweep.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly FileStream writing;

    private SweepFolder(string folder, SweepDefinition definition)
    {
        (Folder, Definition) = (folder, definition);
        Runs = new RunStore(folder);
        try
        {
            writing = new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new BellmanException($"The sweep in {folder} is being run by another process. Wait until it ends, or stop it with Ctrl-C, and try again.", error);
        }
    }

    /// <summary>Where it is.</summary>
    public string Folder { get; }

    /// <summary>Its name, which is the folder's.</summary>
    public string Name => Path.GetFileName(Folder);

    /// <summary>What was asked.</summary>
    public SweepDefinition Definition { get; }

    /// <summary>The runs of its trials.</summary>
    public RunStore Runs { get; }

    /// <summary>Begins a sweep.</summary>
    /// <exception cref="UsageException">There is one of this name.</exception>
    /// <exception cref="BellmanException">The folder cannot be written.</exception>
    public static SweepFolder Create(string root, string name, SweepDefinition definition)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAny(Path.GetInvalidFileNameChars()) || name.StartsWith('.'))
        {
            throw new UsageException($"A sweep cannot be named '{name}': its name is a folder's. Use letters, digits and hyphens.");
        }
        var folder = Path.Combine(Path.GetFullPath(root), name);
        if (File.Exists(Path.Combine(folder, DefinitionFile))) { throw new UsageException($"There is a sweep named {name} in {root}. Continue it with --resume {name}, or choose another --name."); }
        WholeFile.Write(Path.Combine(folder, DefinitionFile), JsonSerializer.Serialize(definition, Json) + "\n");
        return new SweepFolder(folder, definition);
    }

    /// <summary>Opens a sweep by its name, its folder, or <c>latest</c>.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    /// <exception cref="BellmanException">Its definition is damaged, or another process runs it.</exception>
    public static SweepFolder Open(string root, string name)
    {
        var names = Directory.Exists(root)
            ? Directory.EnumerateDirectories(root).Where(folder => File.Exists(Path.Combine(folder, DefinitionFile))).OrderByDescending(folder => File.GetLastWriteTimeUtc(Path.Combine(folder, DefinitionFile))).ToList()
            : [];
        var folder = name == "latest" ? names.FirstOrDefault()
            : names.FirstOrDefault(candidate => Path.GetFileName(candidate) == name)
            ?? (File.Exists(Path.Combine(name, DefinitionFile)) ? Path.GetFullPath(Path.TrimEndingDirectorySeparator(name)) : null);
        if (folder is null) { throw NearNames.Unknown("sweep", name, names.Select(Path.GetFileName).OfType<string>(), $"{names.Count} sweeps are in {root}; --runs chooses another folder of runs."); }
        try
        {
            var definition = JsonSerializer.Deserialize<SweepDefinition>(File.ReadAllText(Path.Combine(folder, DefinitionFile)), Json) ?? throw new JsonException("it is null.");
            return new SweepFolder(folder, definition);
        }
        catch (JsonException error)
        {
            throw new BellmanException($"{Path.Combine(folder, DefinitionFile)} is damaged: {error.Message} Restore it, or begin a new sweep.", error);
        }
    }

    /// <summary>The seed of a trial's run.</summary>
    public ulong SeedOf(int index) => Definition.Seed + (ulong)index;

    /// <summary>The name of the run of a trial and a seed.</summary>
    public string RunName(int trial, int seedIndex) => $"trial-{trial:D3}-s{SeedOf(seedIndex)}";

    /// <summary>The run of a trial and a seed, made when it is not there yet.</summary>
    public Run OpenRun(int trial, int seedIndex, IReadOnlyDictionary<string, string> values)
    {
        var name = RunName(trial, seedIndex);
        var folder = Path.Combine(Folder, name);
        return Directory.Exists(folder) ? Runs.Open(folder) : Runs.Create(new RunConfiguration
        {
            Algorithm = Definition.Algorithm,
            Environment = Definition.Environment,
            Steps = Definition.Steps,
            Seed = SeedOf(seedIndex),
            Options = values,
            CheckpointEvery = Math.Max(1, Definition.Steps / 20),
            EvaluateEvery = Definition.EvaluateEvery,
            EvaluationEpisodes = Definition.EvaluationEpisodes,
        }, Definition.Command, name);
    }

    /// <summary>What a run achieved at a rung; null before it has come that far.</summary>
    public SweepOutcome? Outcome(int trial, int seedIndex, int rung)
    {
        var path = Path.Combine(Folder, RunName(trial, seedIndex), OutcomeFile(rung));
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<SweepOutcome>(File.ReadAllText(path), Json) : null;
        }
        catch (JsonException error)
        {
            throw new BellmanException($"{path} is damaged: {error.Message} Delete it; the run continues from its checkpoint.", error);
        }
    }

    /// <summary>Keeps what a run achieved.</summary>
    public void Store(int trial, int seedIndex, SweepOutcome outcome) =>
        WholeFile.Write(Path.Combine(Folder, RunName(trial, seedIndex), OutcomeFile(outcome.Rung)), JsonSerializer.Serialize(outcome, Json) + "\n");

    /// <summary>Lets other processes run it.</summary>
    public void Dispose() => writing.Dispose();

    private static string OutcomeFile(int rung) => $"rung-{rung}.json";
}
