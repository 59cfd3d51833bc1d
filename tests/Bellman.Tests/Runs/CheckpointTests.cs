using Bellman.Runs;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Runs;

public sealed class CheckpointTests : IDisposable
{
    private static readonly CheckpointSubject Subject = new("fake", "Fake-v0", "Discrete(2)", "Discrete(3)");

    private readonly TemporaryFolder folder = new();
    private readonly CheckpointStore store;

    public CheckpointTests() => store = new CheckpointStore(Path.Combine(folder.Path, "checkpoints"), Subject);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void State_returns_to_the_bit()
    {
        store.Save(50_000, Assorted.Example());
        var loaded = new Assorted();
        Assert.Equal(50_000, store.RestoreLatest(loaded));
        Assert.Equivalent(Assorted.Example(), loaded, strict: true);
        Assert.Equal("step-000000050000", Path.GetFileName(Assert.Single(store.BySteps)));
        Assert.Equal(["manifest.json", "state.json", "tensors.safetensors"], Directory.GetFiles(store.BySteps[0]).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Equal_states_are_equal_bytes()
    {
        store.Save(1, Assorted.Example());
        store.Save(2, Assorted.Example());
        foreach (var file in (string[])["state.json", "tensors.safetensors"])
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(store.BySteps[0], file)), File.ReadAllBytes(Path.Combine(store.BySteps[1], file)));
        }
    }

    [Fact]
    public void Last_two_and_the_best_are_kept()
    {
        store.SaveBest(1, new Assorted { Whole = 1 });
        for (var step = 1; step <= 5; step++) { store.Save(step, new Assorted { Whole = step }); }
        Assert.Equal(["best", "step-000000000004", "step-000000000005"], Names());
        var loaded = new Assorted();
        Assert.Equal(1, store.RestoreBest(loaded));
        Assert.Equal(1, loaded.Whole);
    }

    [Fact]
    public void Best_is_replaced()
    {
        store.SaveBest(1, new Assorted { Whole = 1 });
        store.SaveBest(2, new Assorted { Whole = 2 });
        Assert.Equal(["best"], Names());
        var loaded = new Assorted();
        Assert.Equal(2, store.RestoreBest(loaded));
        Assert.Equal(2, loaded.Whole);
    }

    [Theory]
    [InlineData("tensors.safetensors", "truncate", "tensors.safetensors was truncated or altered")]
    [InlineData("tensors.safetensors", "flip", "tensors.safetensors was truncated or altered")]
    [InlineData("tensors.safetensors", "delete", "tensors.safetensors is missing")]
    [InlineData("state.json", "flip", "state.json was truncated or altered")]
    [InlineData("state.json", "delete", "state.json is missing")]
    [InlineData("manifest.json", "truncate", "manifest.json is not valid JSON")]
    [InlineData("manifest.json", "delete", "manifest.json cannot be read")]
    public void Damaged_checkpoint_is_reported_and_the_one_before_is_loaded(string file, string damage, string expected)
    {
        store.Save(1, new Assorted { Whole = 1 });
        store.Save(2, new Assorted { Whole = 2 });
        Damage(Path.Combine(store.BySteps[0], file), damage);
        var warnings = new List<string>();
        var loaded = new Assorted();
        Assert.Equal(1, store.RestoreLatest(loaded, warn: warnings.Add));
        Assert.Equal(1, loaded.Whole);
        Assert.Contains(expected, Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Contains("step-000000000002", warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public void After_falling_back_the_damaged_one_does_not_crowd_out_new_ones()
    {
        foreach (var step in (int[])[1, 9]) { store.Save(step, new Assorted { Whole = step }); }
        Damage(Path.Combine(store.BySteps[0], "state.json"), "flip");
        store.RestoreLatest(new Assorted());
        store.Save(5, new Assorted { Whole = 5 });
        Assert.Equal(["step-000000000001", "step-000000000005"], Names());
    }

    [Fact]
    public void When_all_are_damaged_it_is_said()
    {
        store.Save(1, new Assorted());
        Damage(Path.Combine(store.BySteps[0], "state.json"), "delete");
        var error = Assert.Throws<BellmanException>(() => store.RestoreLatest(new Assorted()));
        Assert.Contains("is whole", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_checkpoint_nothing_is_restored()
    {
        Assert.Null(store.RestoreLatest(new Assorted()));
        Assert.Throws<BellmanException>(() => store.RestoreBest(new Assorted()));
    }

    [Theory]
    [InlineData("other", "Discrete(2)", "Discrete(3)", "algorithm")]
    [InlineData("fake", "Discrete(5)", "Discrete(3)", "observationSpace")]
    [InlineData("fake", "Discrete(2)", "Discrete(4)", "actionSpace")]
    public void Checkpoint_of_another_subject_is_refused_by_name(string algorithm, string observations, string actions, string expected)
    {
        store.Save(1, Assorted.Example());
        var other = new CheckpointStore(store.Folder, new CheckpointSubject(algorithm, "Fake-v0", observations, actions));
        var target = new Assorted();
        var error = Assert.Throws<UsageException>(() => other.RestoreLatest(target));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equivalent(new Assorted(), target, strict: true);
    }

    [Theory]
    [InlineData(3, 2, "'weights'")]
    [InlineData(2, 3, "'weights'")]
    public void Checkpoint_of_other_shapes_is_refused_before_anything_changes(int saved, int present, string expected)
    {
        store.Save(1, new Layers(saved, 1));
        var target = new Layers(present, 1) { Count = -1 };
        var error = Assert.Throws<UsageException>(() => store.RestoreLatest(target));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(-1, target.Count);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void Checkpoint_with_more_or_fewer_blocks_is_refused(int saved, int present)
    {
        store.Save(1, new Layers(2, saved));
        var error = Assert.Throws<UsageException>(() => store.RestoreLatest(new Layers(2, present)));
        Assert.Contains("'bias1'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Part_of_a_checkpoint_is_restored_alone()
    {
        store.Save(1, new Pair(new Layers(2, 1) { Count = 4 }, new Assorted()));
        var agent = new Layers(2, 1);
        store.RestoreLatest(agent, "first");
        Assert.Equal(4, agent.Count);
        Assert.Throws<UsageException>(() => store.RestoreLatest(agent, "third"));
    }

    [Fact]
    public void Failed_write_leaves_the_checkpoint_before_it_and_nothing_of_its_own()
    {
        store.Save(1, new Assorted { Whole = 1 });
        var failing = new Assorted { Failure = new IOException("No space left on device") };
        var error = Assert.Throws<BellmanException>(() => store.Save(2, failing));
        Assert.Contains("No space left", error.Message, StringComparison.Ordinal);
        Assert.Contains("Free space", error.Message, StringComparison.Ordinal);
        Assert.Equal(["step-000000000001"], Names());
        Assert.Equal(1, store.RestoreLatest(new Assorted()));
    }

    [Fact]
    public void Folder_that_cannot_be_made_is_said()
    {
        var file = Path.Combine(folder.Path, "file");
        File.WriteAllText(file, "");
        var blocked = new CheckpointStore(Path.Combine(file, "checkpoints"), Subject);
        var error = Assert.Throws<BellmanException>(() => blocked.Save(1, new Assorted()));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_writer_left_is_cleared_and_what_it_was_replacing_is_put_back()
    {
        store.SaveBest(1, new Assorted { Whole = 1 });
        var best = Path.Combine(store.Folder, "best");
        Directory.Move(best, best + ".replaced");
        Directory.CreateDirectory(best + ".writing-123");

        var loaded = new Assorted();
        Assert.True(store.HasBest);
        Assert.Equal(1, store.RestoreBest(loaded));
        Assert.Equal(1, loaded.Whole);

        Assert.Throws<BellmanException>(() => store.SaveBest(2, new Assorted { Failure = new IOException("full") }));
        Assert.Equal(["best"], Names());
        Assert.Equal(1, store.RestoreBest(loaded));
    }

    private string[] Names() => [.. Directory.GetFileSystemEntries(store.Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static void Damage(string path, string how)
    {
        if (how == "delete") { File.Delete(path); return; }
        var bytes = File.ReadAllBytes(path);
        if (how == "truncate") { bytes = bytes[..^10]; } else { bytes[^5] ^= 1; }
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>A stand-in for networks of different widths and depths.</summary>
    private sealed class Layers(int width, int layers) : IStateful
    {
        public int Count;
        private readonly float[] weights = new float[width];
        private readonly float[][] biases = [.. Enumerable.Range(0, layers).Select(_ => new float[1])];

        public void Exchange(StateExchange state)
        {
            state.Value("count", ref Count);
            state.Array<float>("weights", weights);
            for (var i = 0; i < biases.Length; i++) { state.Array<float>($"bias{i}", biases[i]); }
        }
    }

    private sealed class Pair(IStateful first, IStateful second) : IStateful
    {
        public void Exchange(StateExchange state)
        {
            state.Part("first", first);
            state.Part("second", second);
        }
    }
}
