using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Bellman.Environments.MiniGrid;
using Xunit;

namespace Bellman.Tests.Environments.MiniGrid;

/// <summary>
/// The published table of every state and step of one KeyCorridorS3R1 map (Laidlaw et al. 2023), written from the
/// Python package: our rules must walk through it as through their own.
/// </summary>
public partial class PublishedTransitionTableTests
{
    private const int Actions = 6;

    private const string Map =
        """
        ## ## ## ## ## ## ##
        ## Ky Db vv Ly Ap ##
        ## ## ## ## ## ## ##
        """;

    [Fact]
    public void Our_rules_are_the_tables_transitions()
    {
        var path = Find("shared/data/effective-horizon/KeyCorridorS3R1.npz");
        Assert.SkipWhen(path is null, "The table shared/data/effective-horizon/KeyCorridorS3R1.npz is in no folder above this one.");
        var transitions = Read(path, "transitions.npy", bytes => (int)BinaryPrimitives.ReadInt64LittleEndian(bytes), 8);
        var rewards = Read(path, "rewards.npy", bytes => BinaryPrimitives.ReadSingleLittleEndian(bytes), 4);

        var environment = new MiniGridEnvironment(new MiniGridMap(Map) { PickUp = GridCell.Ball(GridColour.Purple), MaximumSteps = 1000 });
        var (random, observation) = (RandomStream.Create(0), environment.Reset());
        var keys = new Dictionary<int, string> { [0] = ExactSearch.Key(environment.World) };
        var open = new Queue<(int TableState, MemoryState State)>([(0, MemoryState.Save(environment))]);
        while (open.TryDequeue(out var node))
        {
            for (var action = 0; action < Actions; action++)
            {
                node.State.Load(environment);
                var result = environment.Step([action], random, observation);
                var next = transitions[node.TableState, action];
                Assert.Equal(next < 0, result.Terminated);
                Assert.Equal(rewards[node.TableState, action] > 0, result.Reward > 0);
                if (next < 0) { continue; }
                var key = ExactSearch.Key(environment.World);
                if (keys.TryAdd(next, key)) { open.Enqueue((next, MemoryState.Save(environment))); }
                Assert.Equal(keys[next], key);
            }
        }
        Assert.Equal(transitions.GetLength(0), keys.Count);
        // The table keeps apart twelve states that look alike and behave alike; it has this many pictures.
        Assert.Equal(156, keys.Values.Distinct().Count());
    }

    private static string? Find(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, relative);
            if (File.Exists(path)) { return path; }
        }
        return null;
    }

    /// <summary>An array [states, actions] in NumPy's format, version 1, columns first.</summary>
    private static T[,] Read<T>(string path, string name, Func<byte[], T> parse, int size)
    {
        using var archive = ZipFile.OpenRead(path);
        using var stream = (archive.GetEntry(name) ?? throw new InvalidDataException($"{path} lacks {name}.")).Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        var bytes = memory.ToArray();
        var start = 10 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        var header = Encoding.ASCII.GetString(bytes, 10, start - 10);
        Assert.Contains("'fortran_order': True", header, StringComparison.Ordinal);
        var (rows, columns) = (int.Parse(Shape().Match(header).Groups[1].Value), int.Parse(Shape().Match(header).Groups[2].Value));
        var values = new T[rows, columns];
        for (var i = 0; i < values.Length; i++) { values[i % rows, i / rows] = parse(bytes[(start + i * size)..(start + (i + 1) * size)]); }
        return values;
    }

    [GeneratedRegex(@"'shape': \((\d+), (\d+),?\)")]
    private static partial Regex Shape();
}
