using PureHDF;
using PureHDF.Filters;
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
    private const string RandomReturnAttribute = "random_return", ExpertReturnAttribute = "expert_return";

    /// <summary>From this many rows on, a file without a single boundary is taken for episodes glued together, unless it is said to be one.</summary>
    public const int LongestUnmarkedEpisode = 1_000_000;

    // Numbers that are converted at once.
    private const int Slice = 1 << 20;

    private const ulong CompressedRows = 4096;

    // Two observations are the same moment when they are nearer than this.
    private const double SameObservation = 1e-6;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="singleTrajectory">Says that a file which marks no end of an episode is one episode.</param>
    /// <exception cref="UsageException">It is not there, is no HDF5 file, is damaged, lacks a block (those that it has are listed), or its blocks do not fit together.</exception>
    public static OfflineDataset Read(string path, bool singleTrajectory = false)
    {
        if (!File.Exists(path)) { throw new UsageException($"The data set {path} does not exist. Give an HDF5 file in the D4RL or Minari layout; 'bellman dataset make' records one."); }
        return Guard(path, () =>
        {
            using var file = H5File.OpenRead(path);
            var names = file.Children().Select(child => child.Name).ToList();
            if (names.Contains(ObservationsKey)) { return ReadFlat(path, file, names, singleTrajectory); }
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

    /// <summary>What a random and an expert policy return, as a file says; null where it does not.</summary>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static ReferenceReturns? ReadReferences(string path) => Guard(path, () =>
    {
        using var file = H5File.OpenRead(path);
        return file.AttributeExists(RandomReturnAttribute) && file.AttributeExists(ExpertReturnAttribute)
            ? new ReferenceReturns(file.Attribute(RandomReturnAttribute).Read<double>(), file.Attribute(ExpertReturnAttribute).Read<double>(), "the data set")
            : null;
    });

    /// <summary>Writes D4RL's layout, next observations included, whole or not at all.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="data">What is written.</param>
    /// <param name="environment">The environment it was recorded in; empty where it is not known.</param>
    /// <param name="references">Returns of a random and an expert policy, for normalised scores; null where they are not known.</param>
    /// <param name="compress">Deflate every block, in pieces of some thousand rows.</param>
    /// <exception cref="BellmanException">It cannot be written.</exception>
    public static void Write(string path, OfflineDataset data, string environment, ReferenceReturns? references = null, bool compress = false)
    {
        var timeouts = new bool[data.Count];
        foreach (var episode in data.Episodes) { timeouts[episode.Start + episode.Length - 1] = !episode.Terminated; }
        H5Dataset Block(Array values, int? width = null)
        {
            ulong[] dimensions = width is { } columns ? [(ulong)data.Count, (ulong)columns] : [(ulong)data.Count];
            uint[] piece = [.. dimensions.Select((side, axis) => (uint)(axis == 0 ? Math.Min(side, CompressedRows) : side))];
            return compress ? new H5Dataset(values, chunks: piece, fileDims: dimensions, datasetCreation: new(Filters: [DeflateFilter.Id])) : new H5Dataset(values, fileDims: dimensions);
        }
        var file = new H5File
        {
            [ObservationsKey] = Block(data.Observations, data.ObservationSize),
            [NextKey] = Block(data.NextObservations, data.ObservationSize),
            [ActionsKey] = Block(data.Actions, data.ActionSize),
            [RewardsKey] = Block(data.Rewards),
            [TerminalsKey] = Block(data.Terminated),
            [TimeoutsKey] = Block(timeouts),
        };
        if (environment.Length > 0) { file.Attributes[EnvironmentAttribute] = environment; }
        if (references is not null)
        {
            file.Attributes[RandomReturnAttribute] = references.Random;
            file.Attributes[ExpertReturnAttribute] = references.Expert;
        }
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

    private static OfflineDataset ReadFlat(string path, IH5Group file, List<string> names, bool singleTrajectory)
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
        if (timeouts is null && next is null && !terminals.Contains(true) && !singleTrajectory)
        {
            throw new UsageException($"The data set {path} marks no end of an episode: '{TerminalsKey}' is false everywhere, and there is neither '{TimeoutsKey}' nor '{NextKey}'. Without them episodes would be glued together; add one of the two, or say singleTrajectory=true if it is one episode.");
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
        if (episodes.Count == 1 && count >= LongestUnmarkedEpisode && !singleTrajectory)
        {
            throw new UsageException($"The data set {path} marks no end of an episode in {count:N0} rows. Episodes would be glued together: mark their ends in '{TerminalsKey}' or '{TimeoutsKey}', or say singleTrajectory=true if it is one episode.");
        }
        // Blocks that lost no row are kept as they are: the data is not held twice.
        Array.Resize(ref observations, kept * observationSize);
        Array.Resize(ref following, kept * observationSize);
        Array.Resize(ref actions, kept * actionSize);
        Array.Resize(ref rewards, kept);
        Array.Resize(ref terminals, kept);
        return new OfflineDataset(path, observationSize, actionSize, observations, following, actions, rewards, terminals, episodes);
    }

    private static OfflineDataset ReadEpisodes(string path, IH5Group file, List<string> names)
    {
        foreach (var name in names)
        {
            var inside = file.Group(name).Children().Select(child => child.Name).ToList();
            foreach (var needed in new[] { ObservationsKey, ActionsKey, RewardsKey, TerminationsKey, TruncationsKey })
            {
                if (!inside.Contains(needed)) { throw new UsageException($"The data set {path} has no '{needed}' in '{name}'. It has: {Listed(inside)}."); }
            }
        }
        // Lengths first: blocks of the right size are then filled without a copy.
        var lengths = names.ConvertAll(name => Rows(path, file.Group(name), RewardsKey, name).Count);
        var count = lengths.Sum();
        var (observationSize, actionSize) = (Rows(path, file.Group(names[0]), ObservationsKey, names[0]).Size, Rows(path, file.Group(names[0]), ActionsKey, names[0]).Size);
        float[] observations = new float[count * observationSize], following = new float[count * observationSize], actions = new float[count * actionSize], rewards = new float[count];
        var terminated = new bool[count];
        var episodes = new List<DatasetEpisode>();
        var start = 0;
        var longest = lengths.Max() + 1;
        var seen = new float[longest * observationSize];
        foreach (var (name, length) in names.Zip(lengths))
        {
            if (length == 0) { throw new UsageException($"The data set {path} has an episode of no steps, '{name}'. Remove it."); }
            var group = file.Group(name);
            var (shown, size) = Rows(path, group, ObservationsKey, name);
            var (taken, width) = Rows(path, group, ActionsKey, name);
            if (size != observationSize || width != actionSize) { throw new UsageException($"The data set {path} has in '{name}' observations of {size} and actions of {width} numbers, before it of {observationSize} and {actionSize}. Episodes of one environment have the same."); }
            RequireRows(path, $"{name}/{ObservationsKey}", shown - 1, length, " and one more");
            RequireRows(path, $"{name}/{ActionsKey}", taken, length);
            Fill(path, group, ObservationsKey, seen.AsMemory(0, (length + 1) * size), name);
            Fill(path, group, ActionsKey, actions.AsMemory(start * width, length * width), name);
            Fill(path, group, RewardsKey, rewards.AsMemory(start, length), name);
            var (ends, cuts) = (Flags(path, group, TerminationsKey, name), Flags(path, group, TruncationsKey, name));
            RequireRows(path, $"{name}/{TerminationsKey}", ends.Length, length);
            RequireRows(path, $"{name}/{TruncationsKey}", cuts.Length, length);
            seen.AsSpan(0, length * size).CopyTo(observations.AsSpan(start * size));
            seen.AsSpan(size, length * size).CopyTo(following.AsSpan(start * size));
            ends.CopyTo(terminated.AsSpan(start));
            var total = 0.0;
            foreach (var reward in rewards.AsSpan(start, length)) { total += reward; }
            episodes.Add(new DatasetEpisode(start, length, total, ends[^1]));
            start += length;
        }
        return new OfflineDataset(path, observationSize, actionSize, observations, following, actions, rewards, terminated, episodes);
    }

    private static bool Same(float[] next, float[] observations, int row, int size)
    {
        var squared = 0.0;
        for (var i = 0; i < size; i++) { squared += Math.Pow(observations[(row + 1) * size + i] - next[row * size + i], 2); }
        return Math.Sqrt(squared) <= SameObservation;
    }

    private static (float[] Values, int Size) Numbers(string path, IH5Group group, string name, string? episode = null)
    {
        var (rows, width) = Rows(path, group, name, episode);
        var values = new float[rows * width];
        Fill(path, group, name, values, episode);
        return (values, Math.Max(1, width));
    }

    /// <summary>Reads a whole block to where it is wanted.</summary>
    private static void Fill(string path, IH5Group group, string name, Memory<float> values, string? episode = null)
    {
        var dataset = group.Dataset(name);
        switch (dataset.Type.Class, dataset.Type.Size)
        {
            case (H5DataTypeClass.FloatingPoint, 4):
                if (!values.IsEmpty) { dataset.Read(values, memoryDims: [(ulong)values.Length]); }
                break;
            case (H5DataTypeClass.FloatingPoint, 8): Convert<double>(dataset, values.Span, value => (float)value); break;
            case (H5DataTypeClass.FixedPoint, 8): Convert<long>(dataset, values.Span, value => value); break;
            case (H5DataTypeClass.FixedPoint, 4): Convert<int>(dataset, values.Span, value => value); break;
            case (H5DataTypeClass.FixedPoint, 1): Convert<byte>(dataset, values.Span, value => value); break;
            default: throw new UsageException($"The data set {path} has '{Full(episode, name)}' of {dataset.Type.Class} with {dataset.Type.Size} bytes, where numbers of float32, float64, int64, int32 or uint8 belong.");
        }
    }

    /// <summary>The rows of a block and the numbers in each.</summary>
    private static (int Count, int Size) Rows(string path, IH5Group group, string name, string? episode = null)
    {
        var dimensions = group.Dataset(name).Space.Dimensions;
        if (dimensions.Length == 0) { throw new UsageException($"The data set {path} has a single number as '{Full(episode, name)}', where a row a step belongs."); }
        var size = dimensions.Skip(1).Aggregate(1UL, (product, side) => product * side);
        var total = dimensions[0] * size;
        if (total > (ulong)Array.MaxLength) { throw new UsageException($"The data set {path} has {total:N0} numbers in '{Full(episode, name)}', more than fit into memory as one block. Split the file."); }
        return ((int)dimensions[0], (int)size);
    }

    private static void Convert<T>(IH5Dataset dataset, Span<float> values, Func<T, float> convert) where T : unmanaged
    {
        if (values.IsEmpty) { return; }
        var dimensions = dataset.Space.Dimensions;
        var size = values.Length / (long)dimensions[0];
        var rows = Math.Max(1, Slice / Math.Max(1, size));
        for (var first = 0L; first < (long)dimensions[0]; first += rows)
        {
            var count = (ulong)Math.Min(rows, (long)dimensions[0] - first);
            ulong[] starts = [(ulong)first, .. dimensions.Skip(1).Select(_ => 0UL)], blocks = [count, .. dimensions[1..]];
            var part = dataset.Read<T[]>(new HyperslabSelection(dimensions.Length, starts, blocks), memoryDims: [count * (ulong)size]);
            for (var i = 0; i < part.Length; i++) { values[(int)(first * size) + i] = convert(part[i]); }
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
