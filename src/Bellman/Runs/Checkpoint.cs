using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bellman.Runs;

/// <summary>What a checkpoint is of; compared before anything is restored.</summary>
/// <param name="Algorithm">The algorithm's name.</param>
/// <param name="Environment">The environment's id, options included.</param>
/// <param name="ObservationSpace">The observation space in words.</param>
/// <param name="ActionSpace">The action space in words.</param>
public sealed record CheckpointSubject(string Algorithm, string Environment, string ObservationSpace, string ActionSpace)
{
    /// <summary>The subject of an agent in an environment, or of another trainee at its task.</summary>
    public static CheckpointSubject Of(ITrainee agent, string environment) =>
        new(agent.Algorithm, environment, agent.Interface.Observations, agent.Interface.Actions);
}

/// <summary>
/// A folder with the whole state of something: <c>tensors.safetensors</c> (blocks), <c>state.json</c> (scalars) and
/// <c>manifest.json</c> (what it is of, and the SHA-256 of both). It is written aside, flushed and renamed, so that it
/// is there whole or not at all.
/// </summary>
public static class Checkpoint
{
    private const string Tensors = "tensors.safetensors";
    private const string State = "state.json";
    private const string Manifest = "manifest.json";
    private const int Format = 1;

    // What a killed process may leave beside a checkpoint: one half written, and one that had stepped aside for its successor.
    private const string Writing = ".writing-";
    private const string Replaced = ".replaced";

    /// <summary>Writes the state of <paramref name="part"/> as folder <paramref name="path"/>, replacing what was there.</summary>
    /// <exception cref="BellmanException">The disk is full or cannot be written; what was there before is untouched.</exception>
    public static void Write(string path, IStateful part, CheckpointSubject subject, long steps)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        var temporary = $"{path}{Writing}{Environment.ProcessId}";
        var written = false;
        try
        {
            Recover(path);
            Directory.CreateDirectory(temporary);
            var writer = StateWriter.ToBlocks(part);
            DurableFile.Write(Path.Combine(temporary, Tensors), stream => SafetensorsWriter.Write(stream, writer.Blocks));
            DurableFile.Replace(Path.Combine(temporary, State), writer.Root.ToJsonString());
            var manifest = new JsonObject
            {
                ["format"] = Format,
                ["algorithm"] = subject.Algorithm,
                ["environment"] = subject.Environment,
                ["observationSpace"] = subject.ObservationSpace,
                ["actionSpace"] = subject.ActionSpace,
                ["steps"] = steps,
                [Tensors] = DurableFile.Digest(Path.Combine(temporary, Tensors)),
                [State] = DurableFile.Digest(Path.Combine(temporary, State)),
            };
            DurableFile.Replace(Path.Combine(temporary, Manifest), manifest.ToJsonString());
            Replace(temporary, path);
            written = true;
        }
        catch (Exception error) when (DurableFile.IsFailure(error))
        {
            throw new BellmanException(
                $"The checkpoint of step {steps} could not be written to {path}: {error.Message} Earlier checkpoints are untouched. Free space or make the folder writable, then continue with --resume.", error);
        }
        finally
        {
            if (!written) { TryDiscard(temporary); }
        }
    }

    /// <summary>
    /// Restores <paramref name="target"/> from folder <paramref name="path"/>, or from the part of it called <paramref name="part"/>.
    /// </summary>
    /// <returns>The environment steps it was taken at.</returns>
    /// <exception cref="DamagedCheckpointException">A file is missing, truncated or altered.</exception>
    /// <exception cref="UsageException">It is of another algorithm or of other shapes; the target is unchanged.</exception>
    public static long Read(string path, IStateful target, CheckpointSubject subject, string? part = null)
    {
        path = Path.TrimEndingDirectorySeparator(path);
        // Between a writer's two renames, or after it was killed there, the checkpoint lies aside.
        if (!Directory.Exists(path) && Directory.Exists(path + Replaced)) { path += Replaced; }
        var manifest = Verify(path);
        Compare(path, manifest, subject);
        var root = ReadJson(path, State);
        if (part is not null) { root = root[part] as JsonObject ?? throw new UsageException($"{path} holds no part '{part}'; it was not written by a training run."); }
        var prefix = part is null ? "" : part + ".";
        using var tensors = SafetensorsFile.Open(Path.Combine(path, Tensors));
        var current = StateWriter.ToBlocks(target);
        CompareNames(path, current.Root, root, "");
        CompareBlocks(path, current, tensors, prefix);
        target.Exchange(new StateReader(root, path, partial: false, tensors, prefix));
        return manifest["steps"]?.GetValue<long>() ?? 0;
    }

    /// <summary>The manifest of a checkpoint whose files are whole.</summary>
    /// <exception cref="DamagedCheckpointException">A file is missing, truncated or altered.</exception>
    public static JsonObject Verify(string path)
    {
        var manifest = ReadJson(path, Manifest);
        if (manifest["format"]?.ToString() != $"{Format}") { throw new DamagedCheckpointException(path, $"its format is {manifest["format"]}, this version reads {Format}"); }
        foreach (var file in new[] { Tensors, State })
        {
            var whole = Path.Combine(path, file);
            if (!File.Exists(whole)) { throw new DamagedCheckpointException(path, $"{file} is missing"); }
            if (manifest[file]?.ToString() != DurableFile.Digest(whole)) { throw new DamagedCheckpointException(path, $"{file} was truncated or altered (its SHA-256 differs)"); }
        }
        return manifest;
    }

    private static JsonObject ReadJson(string path, string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(Path.Combine(path, file))) as JsonObject ?? throw new DamagedCheckpointException(path, $"{file} is not a JSON object");
        }
        catch (JsonException)
        {
            throw new DamagedCheckpointException(path, $"{file} is not valid JSON");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DamagedCheckpointException(path, $"{file} cannot be read ({error.Message})");
        }
    }

    private static void Compare(string path, JsonObject manifest, CheckpointSubject subject)
    {
        foreach (var (name, mine) in new[] { ("algorithm", subject.Algorithm), ("observationSpace", subject.ObservationSpace), ("actionSpace", subject.ActionSpace) })
        {
            var saved = manifest[name]?.ToString();
            if (saved != mine)
            {
                throw new UsageException($"{path} cannot be loaded: its {name} is {saved}, here it is {mine}. Load it into an agent of {manifest["algorithm"]} for {manifest["environment"]}.");
            }
        }
    }

    private static void CompareNames(string path, JsonObject current, JsonObject saved, string scope)
    {
        foreach (var (name, value) in current)
        {
            if (!saved.TryGetPropertyValue(name, out var other)) { throw Differs(path, $"it lacks '{scope}{name}'"); }
            if (value is JsonObject inner && other is JsonObject savedInner) { CompareNames(path, inner, savedInner, $"{scope}{name}."); }
        }
        foreach (var (name, _) in saved)
        {
            if (!current.ContainsKey(name)) { throw Differs(path, $"it has '{scope}{name}', which this agent lacks"); }
        }
    }

    private static void CompareBlocks(string path, StateWriter current, SafetensorsFile tensors, string prefix)
    {
        foreach (var block in current.Blocks)
        {
            if (!tensors.Tensors.TryGetValue(prefix + block.Name, out var saved)) { throw Differs(path, $"it lacks the block '{block.Name}'"); }
            if (saved.Type != block.Type || (saved.Count != block.Count && !current.Variable.Contains(block.Name)))
            {
                throw Differs(path, $"its '{block.Name}' is {saved.Count} x {saved.Type}, here it is {block.Count} x {block.Type}");
            }
        }
        var names = current.Blocks.Select(block => prefix + block.Name).ToHashSet();
        if (tensors.Tensors.Keys.FirstOrDefault(name => name.StartsWith(prefix, StringComparison.Ordinal) && !names.Contains(name)) is { } extra)
        {
            throw Differs(path, $"it has the block '{extra[prefix.Length..]}', which this agent lacks");
        }
    }

    private static UsageException Differs(string path, string difference) =>
        new($"{path} cannot be loaded: {difference}. Create the agent with the options that it was saved with (network widths, copies, normalisation), as run.json lists them.");

    private static void Replace(string temporary, string path)
    {
        if (!Directory.Exists(path))
        {
            Directory.Move(temporary, path);
            return;
        }
        // A folder cannot be renamed over another: the old one steps aside first.
        Directory.Move(path, path + Replaced);
        Directory.Move(temporary, path);
        TryDiscard(path + Replaced);
    }

    /// <summary>Whether there is a checkpoint at <paramref name="path"/>, or one that stepped aside there.</summary>
    internal static bool Exists(string path) => Directory.Exists(path) || Directory.Exists(path + Replaced);

    /// <summary>Puts right what a killed process left; only a writer does, a reader must not take its files away.</summary>
    private static void Recover(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        if (!Directory.Exists(folder)) { return; }
        foreach (var unfinished in Directory.EnumerateDirectories(folder, $"{Path.GetFileName(path)}{Writing}*").ToList()) { TryDiscard(unfinished); }
        if (!Directory.Exists(path + Replaced)) { return; }
        if (Directory.Exists(path)) { Directory.Delete(path + Replaced, recursive: true); }
        else { Directory.Move(path + Replaced, path); }
    }

    /// <summary>Deletes a folder if it can be; what cannot be deleted is in nobody's way.</summary>
    internal static void TryDiscard(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) { Directory.Delete(folder, recursive: true); }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}

/// <summary>A checkpoint whose files are not what was written.</summary>
public sealed class DamagedCheckpointException : BellmanException
{
    /// <summary>Says which checkpoint and what is wrong with it.</summary>
    public DamagedCheckpointException(string path, string problem)
        : base($"The checkpoint {path} is damaged: {problem}. Use an earlier one, or train again.") { }

    /// <inheritdoc/>
    public DamagedCheckpointException(string message) : base(message) { }

    /// <inheritdoc/>
    public DamagedCheckpointException(string message, Exception innerException) : base(message, innerException) { }

    /// <inheritdoc/>
    public DamagedCheckpointException() { }
}
