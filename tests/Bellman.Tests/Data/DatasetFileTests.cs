using Bellman.Tests.Cli;
using PureHDF;
using Xunit;

namespace Bellman.Tests.Data;

/// <summary>Data sets in HDF5, written here as D4RL and Minari write them.</summary>
public sealed class DatasetFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string FilePath => Path.Combine(folder.Path, "data.hdf5");

    [Fact]
    public void Flat_episodes_end_at_terminals_and_timeouts_and_a_cut_off_step_counts_in_the_return_alone()
    {
        Write(Flat(("terminals", Flags(0, 0, 1, 0, 0, 0)), ("timeouts", Flags(0, 0, 0, 0, 1, 0))));
        var data = DatasetFile.Read(FilePath);
        // Row 4 was cut off and row 5 begins what the file does not end: neither says what followed.
        Assert.Equal([0, 1, 2, 3], data.Rewards);
        Assert.Equal([false, false, true, false], data.Terminated);
        Assert.Equal([new DatasetEpisode(0, 3, 3, true), new DatasetEpisode(3, 1, 7, false)], data.Episodes);
        Assert.Equal([0, 0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f], data.Observations);
        Assert.Equal([1, 1.5f, 2, 2.5f], data.NextObservations[..4]);
        Assert.Equal([4, 4.5f], data.NextObservations[6..]);
        Assert.Equal(5, data.MeanReturn);
        Assert.Equal(2, data.PositiveSidedVariance);
    }

    [Fact]
    public void Recorded_next_observations_keep_the_cut_off_step()
    {
        Write(Flat(("terminals", Flags(0, 0, 1, 0, 0, 0)), ("timeouts", Flags(0, 0, 0, 0, 1, 0)), ("next_observations", Next(cut: 4))));
        var data = DatasetFile.Read(FilePath);
        Assert.Equal(6, data.Count);
        Assert.Equal([new DatasetEpisode(0, 3, 3, true), new DatasetEpisode(3, 2, 7, false), new DatasetEpisode(5, 1, 5, false)], data.Episodes);
        Assert.Equal([90, 90], data.NextObservations[8..10]);
        Assert.DoesNotContain(true, data.Terminated[3..]);
    }

    [Fact]
    public void Without_timeouts_an_episode_ends_where_the_next_observation_is_not_the_following_one()
    {
        Write(Flat(("terminals", Flags(0, 0, 0, 0, 0, 0)), ("next_observations", Next(cut: 1))));
        Assert.Equal([2, 4], DatasetFile.Read(FilePath).Episodes.Select(episode => episode.Length));
    }

    [Fact]
    public void Episodes_of_their_own_have_one_observation_more_than_actions()
    {
        H5Group Episode(int length, int last, bool terminated) => new()
        {
            ["observations"] = Table(Enumerable.Range(last - length, length + 1).Select(i => (float)i), 1),
            ["actions"] = Table(Enumerable.Repeat(0.5f, length), 1),
            ["rewards"] = Enumerable.Repeat(2.0, length).ToArray(),
            ["terminations"] = Flags([.. Enumerable.Range(0, length).Select(i => terminated && i == length - 1 ? 1 : 0)]),
            ["truncations"] = Flags([.. Enumerable.Range(0, length).Select(i => !terminated && i == length - 1 ? 1 : 0)]),
        };
        // Sorted by number, not by name.
        Write(new H5File { ["episode_10"] = Episode(1, 9, false), ["episode_2"] = Episode(3, 3, true) });
        var data = DatasetFile.Read(FilePath);
        Assert.Equal([new DatasetEpisode(0, 3, 6, true), new DatasetEpisode(3, 1, 2, false)], data.Episodes);
        Assert.Equal([0, 1, 2, 8], data.Observations);
        Assert.Equal([1, 2, 3, 9], data.NextObservations);
        Assert.Equal([false, false, true, false], data.Terminated);
    }

    [Fact]
    public void What_is_written_is_read_again_with_its_environment_compressed_or_not()
    {
        Write(Flat(("terminals", Flags(0, 0, 1, 0, 0, 0)), ("next_observations", Next(cut: 4))));
        var data = DatasetFile.Read(FilePath);
        var copy = Path.Combine(folder.Path, "copy.hdf5");
        DatasetFile.Write(copy, data, "Somewhere-v3", compress: true);
        Assert.Equal(data.Observations, DatasetFile.Read(copy).Observations);
        DatasetFile.Write(copy, data, "Somewhere-v3");
        var again = DatasetFile.Read(copy);
        Assert.Equal(data.Episodes, again.Episodes);
        foreach (var (one, other) in new[] { (data.Observations, again.Observations), (data.NextObservations, again.NextObservations), (data.Actions, again.Actions), (data.Rewards, again.Rewards) }) { Assert.Equal(one, other); }
        Assert.Equal(data.Terminated, again.Terminated);
        Assert.Equal("Somewhere-v3", DatasetFile.ReadEnvironment(copy));
        Assert.Null(DatasetFile.ReadEnvironment(FilePath));
        Assert.Equal([copy, FilePath], Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Numbers_of_other_widths_are_read()
    {
        var file = Flat(("terminals", new long[] { 0, 0, 1, 0, 0, 1 }));
        file["observations"] = new H5Dataset(Enumerable.Range(0, 12).Select(i => i / 2.0).ToArray(), fileDims: [6, 2]);
        file["actions"] = new int[] { 1, 2, 3, 4, 5, 6 };
        file["rewards"] = new byte[] { 0, 1, 2, 3, 4, 5 };
        Write(file);
        var data = DatasetFile.Read(FilePath);
        Assert.Equal([0, 0.5f, 1, 1.5f], data.Observations[..4]);
        Assert.Equal([1, 2, 3, 4, 5, 6], data.Actions);
        Assert.Equal([3, 12], data.Episodes.Select(episode => episode.Return));
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "no rewards", "has no 'rewards'. It has: actions, observations, terminals" },
        { "no observations", "neither 'observations' (D4RL's layout) nor groups 'episode_0'" },
        { "ragged", "ragged: 'actions' has 5 rows, 'rewards' 6" },
        { "nan", "observations of NaN at row 1, component 1" },
        { "text", "'rewards' of" },
        { "no end", "marks no end of an episode" },
        { "cut off", "cannot be read as HDF5" },
        { "another kind", "cannot be read as HDF5" },
        { "missing", "does not exist" },
        { "episode", "has no 'truncations' in 'episode_0'" },
        { "short episode", "ragged: 'episode_0/observations' has 1 and one more rows, 'rewards' 2" },
        { "empty episode", "an episode of no steps, 'episode_0'" },
        { "no actions", "has no 'actions'. It has: observations, rewards, terminals" },
        { "no terminals", "has no 'terminals'. It has: actions, observations, rewards" },
        { "ragged terminals", "ragged: 'terminals' has 4 rows, 'rewards' 6" },
        { "ragged timeouts", "ragged: 'timeouts' has 7 rows, 'rewards' 6" },
        { "ragged next", "ragged: 'next_observations' has 5 rows, 'rewards' 6" },
        { "infinite reward", "rewards of Infinity at row 2" },
        { "nan action", "actions of NaN at row 3" },
        { "text observations", "'observations' of" },
        { "short integers", "'actions' of FixedPoint with 2 bytes, where numbers of float32, float64, int64, int32 or uint8 belong" },
        { "single number", "a single number as 'rewards'" },
        { "no rows", "holds no transition" },
        { "cut off within", "cannot be read as HDF5" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_file_is_refused_with_what_is_wrong(string kind, string message)
    {
        var file = Flat(("terminals", Flags(0, 0, 1, 0, 0, 1)));
        switch (kind)
        {
            case "no rewards": file.Remove("rewards"); break;
            case "no observations": file.Remove("observations"); break;
            case "ragged": file["actions"] = new float[5]; break;
            case "nan": file["observations"] = Table([0, 0, 0, float.NaN, .. Enumerable.Repeat(0f, 8)], 2); break;
            case "text": file["rewards"] = new[] { "a", "b", "c", "d", "e", "f" }; break;
            case "no end": file["terminals"] = new bool[6]; break;
            case "no actions": file.Remove("actions"); break;
            case "no terminals": file.Remove("terminals"); break;
            case "ragged terminals": file["terminals"] = new bool[4]; break;
            case "ragged timeouts": file["timeouts"] = new bool[7]; break;
            case "ragged next": file["next_observations"] = Table(new float[10], 2); break;
            case "infinite reward": file["rewards"] = new[] { 0, 1, float.PositiveInfinity, 3, 4, 5 }; break;
            case "nan action": file["actions"] = Table([0, 0, 0, float.NaN, 0, 0], 1); break;
            case "text observations": file["observations"] = new[] { "a", "b", "c", "d", "e", "f" }; break;
            case "short integers": file["actions"] = new short[6]; break;
            case "single number": file["rewards"] = 3f; break;
            case "no rows": file = new H5File { ["observations"] = Table([], 2), ["actions"] = Table([], 1), ["rewards"] = Table([], 1), ["terminals"] = Array.Empty<bool>(), ["timeouts"] = Array.Empty<bool>() }; break;
            case "empty episode": file = new H5File { ["episode_0"] = new H5Group { ["observations"] = Table([0], 1), ["actions"] = Table([], 1), ["rewards"] = Table([], 1), ["terminations"] = Array.Empty<bool>(), ["truncations"] = Array.Empty<bool>() } }; break;
            case "episode":
            case "short episode":
                var group = new H5Group { ["observations"] = new float[2], ["actions"] = new float[2], ["rewards"] = new float[2], ["terminations"] = new bool[2] };
                if (kind == "short episode") { group["truncations"] = new bool[2]; }
                file = new H5File { ["episode_0"] = group };
                break;
            default: break;
        }
        if (kind != "missing") { Write(file); }
        if (kind == "cut off") { File.WriteAllBytes(FilePath, File.ReadAllBytes(FilePath)[..100]); }
        if (kind == "cut off within") { File.WriteAllBytes(FilePath, File.ReadAllBytes(FilePath)[..^80]); }
        if (kind == "another kind") { File.WriteAllText(FilePath, "s,a,r\n1,2,3\n"); }
        Assert.Contains(message, Assert.Throws<UsageException>(() => DatasetFile.Read(FilePath)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_boundaries_is_one_episode_only_if_it_is_said_to_be()
    {
        Write(Flat(("terminals", new bool[6])));
        var data = DatasetFile.Read(FilePath, singleTrajectory: true);
        Assert.Equal([new DatasetEpisode(0, 5, 15, false)], data.Episodes);

        var rows = DatasetFile.LongestUnmarkedEpisode;
        Write(new H5File { ["observations"] = Table(new float[rows], 1), ["actions"] = Table(new float[rows], 1), ["rewards"] = new float[rows], ["terminals"] = new bool[rows], ["timeouts"] = new bool[rows] });
        Assert.Contains("marks no end of an episode in 1,000,000 rows", Assert.Throws<UsageException>(() => DatasetFile.Read(FilePath)).Message, StringComparison.Ordinal);
        Assert.Single(DatasetFile.Read(FilePath, singleTrajectory: true).Episodes);
    }

    /// <summary>Everything that reading allocates, not only what is alive at once: an upper bound of the memory it holds.</summary>
    [Theory]
    [InlineData(true, 2)]
    // Opening the 400 blocks of a file of 80 episodes leaves short-lived objects, which are counted here and never held together.
    [InlineData(false, 3)]
    public void Reading_takes_little_more_memory_than_the_data(bool flat, int most)
    {
        const int Count = 40_000, Length = 500, Observation = 17, Action = 6;
        const long Bytes = Count * (4L * (2 * Observation + Action + 1) + 1);
        float[] observations = new float[Count * Observation], actions = new float[Count * Action], rewards = new float[Count];
        if (flat)
        {
            var ends = new bool[Count];
            for (var row = Length - 1; row < Count; row += Length) { ends[row] = true; }
            Write(new H5File { ["observations"] = Table(observations, Observation), ["next_observations"] = Table(observations, Observation), ["actions"] = Table(actions, Action), ["rewards"] = rewards, ["terminals"] = new bool[Count], ["timeouts"] = ends });
        }
        else
        {
            var file = new H5File();
            for (var episode = 0; episode < Count / Length; episode++)
            {
                file[$"episode_{episode}"] = new H5Group
                {
                    ["observations"] = Table(observations[..((Length + 1) * Observation)], Observation),
                    ["actions"] = Table(actions[..(Length * Action)], Action),
                    ["rewards"] = rewards[..Length],
                    ["terminations"] = new bool[Length],
                    ["truncations"] = new bool[Length],
                };
            }
            Write(file);
        }
        DatasetFile.Read(FilePath);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(Count, DatasetFile.Read(FilePath).Count);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < most * Bytes, $"{allocated / 1e6:0.0} MB for {Bytes / 1e6:0.0} MB of data");
    }

    [Fact]
    public void References_of_normalised_scores_travel_with_the_file()
    {
        Write(Flat(("terminals", Flags(0, 0, 1, 0, 0, 1))));
        Assert.Null(DatasetFile.ReadReferences(FilePath));
        var copy = Path.Combine(folder.Path, "copy.hdf5");
        DatasetFile.Write(copy, DatasetFile.Read(FilePath), "Somewhere-v3", new ReferenceReturns(-3, 7, "here"));
        Assert.Equal(new ReferenceReturns(-3, 7, "the data set"), DatasetFile.ReadReferences(copy));
        Assert.Equal(50, new ReferenceReturns(-3, 7, "here").Score(2));
        // D4RL's are taken by name, but not for data of an environment of our own.
        var (published, own) = (Path.Combine(folder.Path, "hopper-medium-v2.hdf5"), Path.Combine(folder.Path, "hopper.hdf5"));
        DatasetFile.Write(published, DatasetFile.Read(FilePath), "");
        DatasetFile.Write(own, DatasetFile.Read(FilePath), "Hopper-v0");
        Assert.Equal(3234.3, ReferenceReturns.OfFile(published)?.Expert);
        Assert.Null(ReferenceReturns.OfFile(own));
    }

    [Theory]
    [InlineData("hopper-medium-v2", -20.272305, 3234.3)]
    [InlineData("data/halfcheetah_expert-v2.hdf5", -280.178953, 12135.0)]
    [InlineData("walker2d-random-expert-0.1-v2", 1.629008, 4592.3)]
    [InlineData("ant_medium-v2.hdf5", -325.6, 3879.7)]
    [InlineData("antmaze-large-play-v0", 0, 1)]
    [InlineData("AdroitHandPen-v1", 96.262799, 3076.8331017826877)]
    public void Published_references_are_known_by_name(string name, double random, double expert)
    {
        var references = ReferenceReturns.OfD4rl(name);
        Assert.Equal((random, expert), (references?.Random, references?.Expert));
    }

    [Theory]
    [InlineData("Pendulum-v1")]
    [InlineData("CartPole-v1")]
    [InlineData("anthill.hdf5")]
    public void Other_names_have_none(string name) => Assert.Null(ReferenceReturns.OfD4rl(name));

    public void Dispose() => folder.Dispose();

    private static H5File Flat(params (string Name, object Value)[] more)
    {
        var file = new H5File
        {
            ["observations"] = Table(Enumerable.Range(0, 12).Select(i => i / 2f), 2),
            ["actions"] = Table(Enumerable.Range(0, 6).Select(i => i / 10f), 1),
            ["rewards"] = new float[] { 0, 1, 2, 3, 4, 5 },
        };
        foreach (var (name, value) in more) { file[name] = value; }
        return file;
    }

    private static H5Dataset Next(int cut)
    {
        var next = Enumerable.Range(2, 12).Select(i => i / 2f).ToArray();
        (next[2 * cut], next[2 * cut + 1]) = (90, 90);
        return Table(next, 2);
    }

    private static bool[] Flags(params int[] values) => Array.ConvertAll(values, value => value != 0);

    private static H5Dataset Table(IEnumerable<float> values, int width)
    {
        var array = values.ToArray();
        return new H5Dataset(array, fileDims: [(ulong)(array.Length / width), (ulong)width]);
    }

    private void Write(H5File file) => file.Write(FilePath);
}
