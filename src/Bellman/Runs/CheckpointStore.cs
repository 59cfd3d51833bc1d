namespace Bellman.Runs;

/// <summary>The checkpoints of a run: the last few by step, and the best by evaluation.</summary>
public sealed class CheckpointStore
{
    private const string Best = "best";

    private readonly CheckpointSubject subject;
    private readonly int keep;

    /// <summary>Checkpoints under <paramref name="folder"/>.</summary>
    /// <param name="folder">Where they are; made when the first is written.</param>
    /// <param name="subject">What they are of.</param>
    /// <param name="keep">How many by step are kept; at least 2, so that a damaged one has one before it.</param>
    public CheckpointStore(string folder, CheckpointSubject subject, int keep = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 2);
        Folder = folder;
        this.subject = subject;
        this.keep = keep;
    }

    /// <summary>Where they are.</summary>
    public string Folder { get; }

    /// <summary>Whether a best one was kept.</summary>
    public bool HasBest => Checkpoint.Exists(Path.Combine(Folder, Best));

    /// <summary>Folders of the checkpoints by step, newest first.</summary>
    public IReadOnlyList<string> BySteps => Directory.Exists(Folder)
        ? [.. Directory.EnumerateDirectories(Folder, "step-*").Where(path => !Path.GetFileName(path).Contains('.')).OrderDescending(StringComparer.Ordinal)]
        : [];

    /// <summary>Writes a checkpoint and lets go of those older than the last few.</summary>
    /// <exception cref="BellmanException">It could not be written; earlier ones are untouched.</exception>
    public void Save(long steps, IStateful state)
    {
        var name = $"step-{steps:D12}";
        Write(name, state, steps);
        // Checkpoints of later steps were passed over as damaged, or left by a run that began anew: not the future of this one.
        var kept = BySteps.Where(path => string.CompareOrdinal(Path.GetFileName(path), name) <= 0).Take(keep).ToHashSet();
        foreach (var path in Directory.EnumerateDirectories(Folder, "step-*").Where(path => !kept.Contains(path)).ToList()) { Checkpoint.TryDiscard(path); }
    }

    /// <summary>Writes the checkpoint that <see cref="RestoreBest"/> reads, in place of the one before.</summary>
    /// <exception cref="BellmanException">It could not be written; the one before is untouched.</exception>
    public void SaveBest(long steps, IStateful state) => Write(Best, state, steps);

    /// <summary>Restores the newest checkpoint that is whole.</summary>
    /// <param name="state">What is restored.</param>
    /// <param name="part">The part of the checkpoint it is, null for all.</param>
    /// <param name="warn">Hears of damaged ones that were passed over.</param>
    /// <returns>Its steps, or null if there is no checkpoint yet.</returns>
    /// <exception cref="BellmanException">There are checkpoints, but every one is damaged.</exception>
    /// <exception cref="UsageException">It is of another algorithm or of other shapes.</exception>
    public long? RestoreLatest(IStateful state, string? part = null, Action<string>? warn = null)
    {
        DamagedCheckpointException? damaged = null;
        foreach (var path in BySteps)
        {
            try
            {
                return Checkpoint.Read(path, state, subject, part);
            }
            catch (DamagedCheckpointException error)
            {
                damaged = error;
                warn?.Invoke($"{error.Message} Falling back to the one before.");
            }
        }
        return damaged is null ? null
            : throw new BellmanException($"No checkpoint in {Folder} is whole. {damaged.Message}", damaged);
    }

    /// <summary>Restores the best checkpoint.</summary>
    /// <returns>Its steps.</returns>
    /// <exception cref="BellmanException">There is none, or it is damaged.</exception>
    public long RestoreBest(IStateful state, string? part = null) => HasBest
        ? Checkpoint.Read(Path.Combine(Folder, Best), state, subject, part)
        : throw new BellmanException($"{Folder} holds no best checkpoint: the run has not been evaluated. Use the latest one.");

    private void Write(string name, IStateful state, long steps)
    {
        try
        {
            Directory.CreateDirectory(Folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BellmanException($"The folder {Folder} cannot be made: {error.Message} Choose another with --runs, or make it writable.", error);
        }
        Checkpoint.Write(Path.Combine(Folder, name), state, subject, steps);
    }
}

/// <summary>An agent as a folder of its own, apart from any run.</summary>
public static class AgentFile
{
    /// <summary>Saves an agent, all of its learning state included.</summary>
    /// <exception cref="BellmanException">The folder could not be written.</exception>
    public static void Save(ITrainee agent, string folder) => Checkpoint.Write(folder, agent, CheckpointSubject.Of(agent, ""), agent.Steps);

    /// <summary>Restores an agent that was created with the same algorithm, spaces and options.</summary>
    /// <exception cref="BellmanException">The folder is missing, damaged, or of another agent; the agent is unchanged.</exception>
    public static void Load(ITrainee agent, string folder) => Checkpoint.Read(folder, agent, CheckpointSubject.Of(agent, ""));
}
