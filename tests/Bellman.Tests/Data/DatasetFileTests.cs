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
    public void What_is_written_is_read_again_with_its_environment()
    {
        Write(Flat(("terminals", Flags(0, 0, 1, 0, 0, 0)), ("next_observations", Next(cut: 4))));
        var data = DatasetFile.Read(FilePath);
        var copy = Path.Combine(folder.Path, "copy.hdf5");
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
        if (kind == "another kind") { File.WriteAllText(FilePath, "s,a,r\n1,2,3\n"); }
        Assert.Contains(message, Assert.Throws<UsageException>(() => DatasetFile.Read(FilePath)).Message, StringComparison.Ordinal);
    }

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
