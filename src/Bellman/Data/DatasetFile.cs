using PureHDF;
using PureHDF.Selections;

namespace Bellman;

/// <summary>
/// Offline data sets in HDF5. Reads the layouts of D4RL (flat blocks <c>observations</c>, <c>actions</c>, <c>rewards</c>, <c>terminals</c>, and
/// perhaps <c>timeouts</c> and <c>next_observations</c>) and of Minari (a group <c>episode_N</c> each with T + 1 observations and T actions, rewards,
/// <c>terminations</c> and <c>truncations</c>); writes the first. Numbers of any width become float32, read in slices.
/// </summary>
public static class DatasetFile
{
    private const string ObservationsKey = "observations", ActionsKey = "actions", RewardsKey = "rewards", TerminalsKey = "terminals", TimeoutsKey = "timeouts", NextKey = "next_observations";
    private const string EpisodePrefix = "episode_", TerminationsKey = "terminations", TruncationsKey = "truncations";
    private const string EnvironmentAttribute = "env_id";

    // Numbers that are converted at once.
    private const int Slice = 1 << 20;

    // Two observations are the same moment when they are nearer than this.
    private const double SameObservation = 1e-6;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="UsageException">It is not there, is no HDF5 file, is damaged, lacks a block (those that it has are listed), or its blocks do not fit together.</exception>
    public static OfflineDataset Read(string path)
    {
        if (!File.Exists(path)) { throw new UsageException($"The data set {path} does not exist. Give an HDF5 file in the D4RL or Minari layout; 'bellman dataset make' records one."); }
        return Guard(path, () =>
        {
            using var file = H5File.OpenRead(path);
            var names = file.Children().Select(child => child.Name).ToList();
            if (names.Contains(ObservationsKey)) { return ReadFlat(path, file, names); }
            var episodes = names.Where(name => name.StartsWith(EpisodePrefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(EpisodePrefix.Length), out _))
                .OrderBy(name => int.Parse(name.AsSpan(EpisodePrefix.Length), System.Globalization.CultureInfo.InvariantCulture)).ToList();
            return episodes.Count > 0 ? ReadEpisodes(path, file, episodes)
                : throw new UsageException($"The data set {path} has neither '{ObservationsKey}' (D4RL's layout) nor groups '{EpisodePrefix}0', '{EpisodePrefix}1', ... (Minari's). It has: {Listed(names)}.");
        });
    }

    /// <summary>The environment that a file says it was recorded in, or null.</summary>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static string? ReadEnvironment(string path) => Guard(path, () =>
    {
        using var file = H5File.OpenRead(path);
        return file.AttributeExists(EnvironmentAttribute) ? file.Attribute(EnvironmentAttribute).Read<string>() : null;
    });

    /// <summary>Writes D4RL's layout, next observations included, whole or not at all.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="data">What is written.</param>
    /// <param name="environment">The environment it was recorded in.</param>
    /// <exception cref="BellmanException">It cannot be written.</exception>
    public static void Write(string path, OfflineDataset data, string environment)
    {
        var timeouts = new bool[data.Count];
        foreach (var episode in data.Episodes) { timeouts[episode.Start + episode.Length - 1] = !episode.Terminated; }
        var file = new H5File
        {
            [ObservationsKey] = new H5Dataset(data.Observations, fileDims: [(ulong)data.Count, (ulong)data.ObservationSize]),
            [NextKey] = new H5Dataset(data.NextObservations, fileDims: [(ulong)data.Count, (ulong)data.ObservationSize]),
            [ActionsKey] = new H5Dataset(data.Actions, fileDims: [(ulong)data.Count, (ulong)data.ActionSize]),
            [RewardsKey] = data.Rewards,
            [TerminalsKey] = data.Terminated,
            [TimeoutsKey] = timeouts,
        };
        file.Attributes[EnvironmentAttribute] = environment;
        var temporary = path + ".writing";
        try
        {
            file.Write(temporary);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw new BellmanException($"The data set could not be written to {path}: {error.Message} Free space, or choose a folder that can be written.", error);
        }
    }

    private static OfflineDataset ReadFlat(string path, IH5Group file, List<string> names)
    {
        foreach (var needed in new[] { ActionsKey, RewardsKey, TerminalsKey })
        {
            if (!names.Contains(needed)) { throw new UsageException($"The data set {path} has no '{needed}'. It has: {Listed(names)}."); }
        }
        var (observations, observationSize) = Numbers(path, file, ObservationsKey);
        var (actions, actionSize) = Numbers(path, file, ActionsKey);
        var rewards = Numbers(path, file, RewardsKey).Values;
        var terminals = Flags(path, file, TerminalsKey);
        var timeouts = names.Contains(TimeoutsKey) ? Flags(path, file, TimeoutsKey) : null;
        var next = names.Contains(NextKey) ? Numbers(path, file, NextKey).Values : null;
        var count = rewards.Length;
        RequireRows(path, ObservationsKey, observations.Length / observationSize, count);
        RequireRows(path, ActionsKey, actions.Length / actionSize, count);
        RequireRows(path, TerminalsKey, terminals.Length, count);
        if (timeouts is not null) { RequireRows(path, TimeoutsKey, timeouts.Length, count); }
        if (next is not null) { RequireRows(path, NextKey, next.Length / observationSize, count); }
        if (timeouts is null && next is null && !terminals.Contains(true))
        {
            throw new UsageException($"The data set {path} marks no end of an episode: '{TerminalsKey}' is false everywhere, and there is neither '{TimeoutsKey}' nor '{NextKey}'. Without them episodes would be glued together; add one of the two.");
        }
        bool Ends(int row) => terminals[row] || row == count - 1 || (timeouts is not null ? timeouts[row] : next is not null && !Same(next, observations, row, observationSize));
        // A step that was cut off says what followed it only where next observations were recorded.
        bool Whole(int row) => next is not null || terminals[row] || !Ends(row);
        var kept = 0;
        var episodes = new List<DatasetEpisode>();
        var (start, total) = (0, 0.0);
        var following = next ?? new float[observations.Length];
        for (var row = 0; row < count; row++)
        {
            total += rewards[row];
            var ends = Ends(row);
            if (Whole(row))
            {
                if (next is null && !terminals[row]) { observations.AsSpan((row + 1) * observationSize, observationSize).CopyTo(following.AsSpan(kept * observationSize)); }
                else { (next ?? observations).AsSpan(row * observationSize, observationSize).CopyTo(following.AsSpan(kept * observationSize)); }
                observations.AsSpan(row * observationSize, observationSize).CopyTo(observations.AsSpan(kept * observationSize));
                actions.AsSpan(row * actionSize, actionSize).CopyTo(actions.AsSpan(kept * actionSize));
                (rewards[kept], terminals[kept]) = (rewards[row], terminals[row]);
                kept++;
            }
            if (!ends) { continue; }
            if (kept > start) { episodes.Add(new DatasetEpisode(start, kept - start, total, terminals[kept - 1])); }
            (start, total) = (kept, 0);
        }
        return new OfflineDataset(path, observationSize, actionSize, observations[..(kept * observationSize)], following[..(kept * observationSize)], actions[..(kept * actionSize)], rewards[..kept], terminals[..kept], episodes);
    }

    private static OfflineDataset ReadEpisodes(string path, IH5Group file, List<string> names)
    {
        List<float> observations = [], following = [], actions = [], rewards = [];
        var terminated = new List<bool>();
        var episodes = new List<DatasetEpisode>();
        var (observationSize, actionSize) = (0, 0);
        foreach (var name in names)
        {
            var group = file.Group(name);
            var inside = group.Children().Select(child => child.Name).ToList();
            foreach (var needed in new[] { ObservationsKey, ActionsKey, RewardsKey, TerminationsKey, TruncationsKey })
            {
                if (!inside.Contains(needed)) { throw new UsageException($"The data set {path} has no '{needed}' in '{name}'. It has: {Listed(inside)}."); }
            }
            var (seen, size) = Numbers(path, group, ObservationsKey, name);
            var (taken, width) = Numbers(path, group, ActionsKey, name);
            var gained = Numbers(path, group, RewardsKey, name).Values;
            var (ends, cuts) = (Flags(path, group, TerminationsKey, name), Flags(path, group, TruncationsKey, name));
            if (episodes.Count == 0) { (observationSize, actionSize) = (size, width); }
            if (size != observationSize || width != actionSize) { throw new UsageException($"The data set {path} has in '{name}' observations of {size} and actions of {width} numbers, before it of {observationSize} and {actionSize}. Episodes of one environment have the same."); }
            var length = gained.Length;
            RequireRows(path, $"{name}/{ObservationsKey}", seen.Length / size - 1, length, " and one more");
            RequireRows(path, $"{name}/{ActionsKey}", taken.Length / width, length);
            RequireRows(path, $"{name}/{TerminationsKey}", ends.Length, length);
            RequireRows(path, $"{name}/{TruncationsKey}", cuts.Length, length);
            if (length == 0) { continue; }
            observations.AddRange(seen.AsSpan(0, length * size));
            following.AddRange(seen.AsSpan(size));
            actions.AddRange(taken);
            rewards.AddRange(gained);
            terminated.AddRange(ends);
            episodes.Add(new DatasetEpisode(rewards.Count - length, length, gained.Sum(reward => (double)reward), ends[^1]));
        }
        return new OfflineDataset(path, observationSize, actionSize, [.. observations], [.. following], [.. actions], [.. rewards], [.. terminated], episodes);
    }

    private static bool Same(float[] next, float[] observations, int row, int size)
    {
        var squared = 0.0;
        for (var i = 0; i < size; i++) { squared += Math.Pow(observations[(row + 1) * size + i] - next[row * size + i], 2); }
        return Math.Sqrt(squared) <= SameObservation;
    }

    private static (float[] Values, int Size) Numbers(string path, IH5Group group, string name, string? episode = null)
    {
        var dataset = group.Dataset(name);
        var dimensions = dataset.Space.Dimensions;
        if (dimensions.Length == 0) { throw new UsageException($"The data set {path} has a single number as '{Full(episode, name)}', where a row a step belongs."); }
        var size = dimensions.Skip(1).Aggregate(1UL, (product, side) => product * side);
        var total = dimensions[0] * size;
        if (total > (ulong)Array.MaxLength) { throw new UsageException($"The data set {path} has {total:N0} numbers in '{Full(episode, name)}', more than fit into memory as one block. Split the file."); }
        var values = new float[total];
        switch (dataset.Type.Class, dataset.Type.Size)
        {
            case (H5DataTypeClass.FloatingPoint, 4):
                if (total > 0) { dataset.Read(values.AsMemory(), memoryDims: [total]); }
                break;
            case (H5DataTypeClass.FloatingPoint, 8): Convert<double>(dataset, dimensions, size, values, value => (float)value); break;
            case (H5DataTypeClass.FixedPoint, 8): Convert<long>(dataset, dimensions, size, values, value => value); break;
            case (H5DataTypeClass.FixedPoint, 4): Convert<int>(dataset, dimensions, size, values, value => value); break;
            case (H5DataTypeClass.FixedPoint, 1): Convert<byte>(dataset, dimensions, size, values, value => value); break;
            default: throw new UsageException($"The data set {path} has '{Full(episode, name)}' of {dataset.Type.Class} with {dataset.Type.Size} bytes, where numbers of float32, float64, int64, int32 or uint8 belong.");
        }
        return (values, (int)Math.Max(1, size));
    }

    private static void Convert<T>(IH5Dataset dataset, ulong[] dimensions, ulong size, float[] values, Func<T, float> convert) where T : unmanaged
    {
        var rows = Math.Max(1, Slice / Math.Max(1, (long)size));
        for (var first = 0L; first < (long)dimensions[0]; first += rows)
        {
            var count = (ulong)Math.Min(rows, (long)dimensions[0] - first);
            ulong[] starts = [(ulong)first, .. dimensions.Skip(1).Select(_ => 0UL)], blocks = [count, .. dimensions[1..]];
            var part = dataset.Read<T[]>(new HyperslabSelection(dimensions.Length, starts, blocks), memoryDims: [count * size]);
            for (var i = 0; i < part.Length; i++) { values[first * (long)size + i] = convert(part[i]); }
        }
    }

    private static bool[] Flags(string path, IH5Group group, string name, string? episode = null)
    {
        var dataset = group.Dataset(name);
        var total = dataset.Space.Dimensions.Aggregate(1UL, (product, side) => product * side);
        if (dataset.Type.Size != 1) { return [.. Numbers(path, group, name, episode).Values.Select(value => value != 0)]; }
        return total == 0 ? [] : Array.ConvertAll(dataset.Read<byte[]>(memoryDims: [total]), value => value != 0);
    }

    private static void RequireRows(string path, string name, int rows, int count, string more = "")
    {
        if (rows != count) { throw new UsageException($"The data set {path} is ragged: '{name}' has {rows}{more} rows, '{RewardsKey}' {count}. Every step needs one of each."); }
    }

    // What the reader of HDF5 finds wrong comes as exceptions of every kind.
    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is not (BellmanException or OutOfMemoryException))
        {
            throw new UsageException($"The data set {path} cannot be read as HDF5: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}. It is damaged, cut off, or another kind of file; fetch or record it again.");
        }
    }

    private static string Full(string? episode, string name) => episode is null ? name : $"{episode}/{name}";

    private static string Listed(List<string> names) => names.Count == 0 ? "nothing" : string.Join(", ", names.Order(StringComparer.Ordinal).Take(20)) + (names.Count > 20 ? ", ..." : "");
}
