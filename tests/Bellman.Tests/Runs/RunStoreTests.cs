using Bellman.Runs;
using Bellman.Tests.Cli;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Bellman.Tests.Runs;

public sealed class RunStoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly RunStore store;

    public RunStoreTests() => store = new RunStore(Path.Combine(folder.Path, "runs"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Run_is_a_folder_named_by_time_algorithm_environment_and_seed()
    {
        var configuration = Corridors.Configuration(3) with { Environment = "Maze/Deep-v1?size=4", Options = new Dictionary<string, string> { ["gamma"] = "0.9" } };
        using var run = store.Create(configuration, "bellman train fake");
        Assert.Matches(@"^\d{8}-\d{6}-fake-Maze_Deep-v1_size_4-s3$", run.Id);
        using var read = store.Open(run.Id);
        Assert.Equal(configuration.Environment, read.Configuration.Environment);
        Assert.Equal("0.9", read.Configuration.Options["gamma"]);
        Assert.Equal("bellman train fake", read.Record.Command);
        Assert.NotEmpty(read.Record.Machine);
        Assert.Contains(".NET", read.Record.Version, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_that_begin_at_once_get_folders_of_their_own()
    {
        var ids = new string[12];
        Parallel.For(0, ids.Length, i =>
        {
            using var run = new RunStore(store.Root).Create(Corridors.Configuration(), "");
            ids[i] = run.Id;
        });
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.Equal(ids.Order(StringComparer.Ordinal), store.List().Select(record => record.Id).Order(StringComparer.Ordinal));
        Assert.Empty(Directory.GetDirectories(store.Root, ".new-*"));
    }

    [Fact]
    public void Run_is_found_by_id_beginning_path_and_as_the_latest()
    {
        string first, last;
        using (var run = store.Create(Corridors.Configuration(1), "")) { first = run.Id; }
        using (var run = store.Create(Corridors.Configuration(2), "")) { last = run.Id; }
        Assert.Equal(first, store.Open(first).Id);
        // Ids differ in the seed at their end, or in the second they began.
        Assert.Equal(last, store.Open(last[..^1] + last[^1]).Id);
        Assert.Equal(first, store.Open(Path.Combine(store.Root, first)).Id);
        Assert.Equal(first, store.Open(Path.Combine(store.Root, first) + "/").Id);
        Assert.Equal(last, store.Open("latest").Id);
    }

    [Fact]
    public void Unknown_and_ambiguous_names_are_refused_with_near_ones()
    {
        using var one = store.Create(Corridors.Configuration(1), "");
        using var two = store.Create(Corridors.Configuration(2), "");
        var ambiguous = Assert.Throws<UsageException>(() => store.Open(one.Id[..4]));
        Assert.Contains(one.Id, ambiguous.Message, StringComparison.Ordinal);
        var unknown = Assert.Throws<UsageException>(() => store.Open(one.Id.Replace("Corridors", "Coridors", StringComparison.Ordinal)));
        Assert.Contains("Did you mean " + one.Id, unknown.Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => store.Open(""));
        Assert.Throws<UsageException>(() => new RunStore(Path.Combine(folder.Path, "none")).Open("latest"));
    }

    [Fact]
    public void List_is_searched_by_any_text_of_the_record()
    {
        using var one = store.Create(Corridors.Configuration(1), "bellman train --set gamma=0.5");
        using var two = store.Create(Corridors.Configuration(2), "");
        Assert.Equal([one.Id], store.List("GAMMA=0.5").Select(record => record.Id));
        Assert.Equal(2, store.List("corridors").Count);
        Assert.Empty(store.List("nothing"));
    }

    [Theory]
    [InlineData("gone")]
    [InlineData("not a database")]
    [InlineData("of another version")]
    public void Index_is_made_anew_from_the_folders(string damage)
    {
        string id;
        using (var run = store.Create(Corridors.Configuration(), "")) { id = run.Id; }
        var index = Path.Combine(store.Root, "index.sqlite");
        foreach (var part in Directory.GetFiles(store.Root, "index.sqlite*")) { File.Delete(part); }
        if (damage == "not a database") { File.WriteAllText(index, new string('x', 5000)); }
        if (damage == "of another version")
        {
            using var connection = new SqliteConnection($"Data Source={index};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TABLE runs (id TEXT PRIMARY KEY)";
            command.ExecuteNonQuery();
        }
        Assert.Equal([id], store.List().Select(record => record.Id));
    }

    [Fact]
    public void List_follows_folders_that_come_go_and_change()
    {
        string id;
        using (var run = store.Create(Corridors.Configuration(), ""))
        {
            id = run.Id;
            // Past the index, as another process does that is killed before it notes the change.
            run.Update(record => record with { Status = RunStatus.Finished, StepsTaken = 77 });
        }
        Assert.Equal(77, Assert.Single(store.List()).StepsTaken);
        Directory.Move(Path.Combine(store.Root, id), Path.Combine(store.Root, "renamed"));
        Assert.Equal("renamed", Assert.Single(store.List()).Id);
        Directory.Delete(Path.Combine(store.Root, "renamed"), recursive: true);
        Assert.Empty(store.List());
    }

    [Fact]
    public void Damaged_record_hides_no_other_run_and_is_named_when_asked_for()
    {
        using var good = store.Create(Corridors.Configuration(1), "");
        using var bad = store.Create(Corridors.Configuration(2), "");
        File.WriteAllText(Path.Combine(bad.Folder, "run.json"), "{ \"id\":");
        Assert.Contains(good.Id, store.List().Select(record => record.Id));
        var error = Assert.Throws<BellmanException>(() => store.Open(bad.Folder));
        Assert.Contains("run.json is damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_is_trained_by_one_process_at_a_time_and_shows_as_interrupted_when_none_does()
    {
        var run = store.Create(Corridors.Configuration(), "");
        Assert.Equal(RunStatus.Running, store.List()[0].Status);
        using var second = store.Open(run.Id);
        Assert.Equal(RunStatus.Running, second.Record.Status);
        var error = Assert.Throws<BellmanException>(() => second.Metrics);
        Assert.Contains("another process", error.Message, StringComparison.Ordinal);

        // What remains of a killed process: the record says running, the lock is free.
        run.Dispose();
        Assert.Equal(RunStatus.Interrupted, store.List()[0].Status);
        Assert.Equal(RunStatus.Interrupted, store.Open(run.Id).Record.Status);
        Assert.NotNull(second.Metrics);
    }

    [Fact]
    public void Folder_that_cannot_be_written_is_said_and_nothing_is_left()
    {
        var file = Path.Combine(folder.Path, "file");
        File.WriteAllText(file, "");
        var error = Assert.Throws<BellmanException>(() => new RunStore(file).Create(Corridors.Configuration(), ""));
        Assert.Contains("--runs", error.Message, StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Metrics_are_read_without_the_line_that_a_killed_process_left_unfinished()
    {
        using var run = store.Create(Corridors.Configuration(), "");
        File.WriteAllText(Path.Combine(run.Folder, "metrics.jsonl"), "{\"step\":5,\"a\":1}\n{\"step\":10,\"a\":");
        Assert.Equal(5, Assert.Single(run.ReadMetrics())["step"]);
    }
}
