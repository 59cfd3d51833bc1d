using System.Text.Json.Nodes;
using Bellman.Experiments;
using Xunit;

namespace Bellman.Tests.Experiments;

public sealed class ReproductionHarnessTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_arm_runs_with_every_seed_and_the_claim_is_decided()
    {
        var fake = new FakeReproduction();
        var outcome = Run(fake);
        Assert.Equal(["ours--0", "ours--1", "ours--2", "random--0", "random--1", "random--2"], fake.Computed.Order());
        Assert.True(outcome.IsComplete);
        Assert.Equal(0, outcome.ExitCode);
        // Arms share the seed's stream, so the difference is exactly the arms' own.
        Assert.Equal(3, outcome.Verdicts[0].Value, 12);
        Assert.Equal(3, outcome.Verdicts[0].Interval.Low, 12);
    }

    [Fact]
    public void A_failing_gate_ends_with_1()
    {
        var outcome = Run(new FakeReproduction { OwnClaims = [Claim.AtLeast("too much", "ours", "score", 100)] });
        Assert.Equal((VerdictStatus.Fails, 1), (outcome.Verdicts[0].Status, outcome.ExitCode));
    }

    [Fact]
    public void A_cancelled_run_continues_with_the_missing_cells()
    {
        using var cancel = new CancellationTokenSource();
        var stopped = new FakeReproduction
        {
            Before = (cell, context) =>
            {
                if (cell.Name == "ours--1") { cancel.Cancel(); }
                context.Cancellation.ThrowIfCancellationRequested();
            },
        };
        Assert.Throws<OperationCanceledException>(() => ReproductionHarness.Run(stopped, Settings(jobs: 1), cancellation: cancel.Token));
        Assert.Equal(["ours--0", "random--0"], stopped.Computed);

        var continued = new FakeReproduction();
        var outcome = Run(continued);
        Assert.Equal(["ours--1", "ours--2", "random--1", "random--2"], continued.Computed.Order());
        using var other = new TemporaryFolder();
        var uninterrupted = RunWith(new FakeReproduction(), new ReproductionSettings { Folder = other.Path });
        Assert.Equal(Scores(uninterrupted), Scores(outcome));
    }

    [Fact]
    public void A_half_written_file_of_a_killed_run_is_not_taken_for_a_cell()
    {
        Directory.CreateDirectory(folder.File("cells"));
        File.WriteAllText(folder.File("cells/ours--0.json.writing"), "{ \"key\": ");
        var fake = new FakeReproduction();
        Assert.True(Run(fake).IsComplete);
        Assert.Equal(6, fake.Computed.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{ \"key\": ")]
    [InlineData("{ \"key\": null }")]
    public void A_damaged_cell_is_computed_again_with_a_warning(string content)
    {
        var first = Run(new FakeReproduction());
        File.WriteAllText(folder.File("cells/random--2.json"), content);
        var fake = new FakeReproduction();
        var progress = new Recorder();
        var outcome = RunWith(fake, Settings(), progress);
        Assert.Equal(["random--2"], fake.Computed);
        Assert.Contains(progress.Warnings, warning => warning.Contains("random--2.json", StringComparison.Ordinal) && warning.Contains("damaged", StringComparison.Ordinal));
        Assert.Equal(Scores(first), Scores(outcome));
    }

    /// <summary>Fails when results are said to be of a commit that measured only some of them.</summary>
    [Fact]
    public void Cells_stored_at_another_commit_count_and_are_told()
    {
        Run(new FakeReproduction());
        var file = folder.File("cells/ours--1.json");
        var stored = JsonNode.Parse(File.ReadAllText(file))!;
        var here = stored["commit"]!.GetValue<string>();
        stored["commit"] = new string('a', 40) + "-dirty";
        File.WriteAllText(file, stored.ToJsonString());
        var fake = new FakeReproduction();
        var progress = new Recorder();
        var outcome = RunWith(fake, Settings(), progress);
        Assert.Empty(fake.Computed);
        Assert.Contains(progress.Warnings, warning => warning.Contains("1 of 6", StringComparison.Ordinal) && warning.Contains("aaaaaaaaaa-dirty", StringComparison.Ordinal) && warning.Contains("--fresh", StringComparison.Ordinal));
        var results = ResultsDocument.From(outcome, "bellman reproduce fake");
        Assert.Equal(new[] { stored["commit"]!.GetValue<string>(), here }.Order(StringComparer.Ordinal), results.Commit.Split(", "));
        Assert.Contains("aaaaaaaaaa-dirty", ResultsTables.Source(results), StringComparison.Ordinal);

        var quiet = new Recorder();
        RunWith(new FakeReproduction(), Settings() with { Fresh = true }, quiet);
        Assert.Empty(quiet.Warnings);
    }

    [Fact]
    public void Cells_of_another_version_are_computed_again()
    {
        Run(new FakeReproduction());
        var fake = new FakeReproduction { OwnVersion = "2" };
        Run(fake);
        Assert.Equal(6, fake.Computed.Count);
    }

    [Fact]
    public void Fresh_discards_stored_cells()
    {
        Run(new FakeReproduction());
        var fake = new FakeReproduction();
        RunWith(fake, Settings() with { Fresh = true });
        Assert.Equal(6, fake.Computed.Count);
    }

    [Fact]
    public void Values_that_are_not_numbers_survive_storing()
    {
        Func<Cell, CellResult, CellResult> never = (_, result) => result with
        {
            Metrics = new Dictionary<string, double> { ["score"] = 1, ["length"] = double.NaN },
        };
        Run(new FakeReproduction { Change = never });
        var fake = new FakeReproduction();
        Assert.Equal(double.NaN, Run(fake).Records[0].Result.Metrics["length"]);
        Assert.Empty(fake.Computed);
    }

    [Fact]
    public void A_failing_cell_is_named_and_the_others_go_on()
    {
        var fake = new FakeReproduction
        {
            Before = (cell, _) => { if (cell.Name == "random--1") { throw new InvalidOperationException("the wheel came off"); } },
        };
        var outcome = Run(fake);
        Assert.Equal(5, outcome.Records.Count);
        Assert.Equal("Arm random, seed 1 failed: the wheel came off", Assert.Single(outcome.Failures).Message);
        Assert.Equal(VerdictStatus.Incomplete, outcome.Verdicts[0].Status);
        Assert.Equal(1, outcome.ExitCode);

        var repaired = new FakeReproduction();
        Assert.Equal(0, Run(repaired).ExitCode);
        Assert.Equal(["random--1"], repaired.Computed);
    }

    [Fact]
    public void A_result_without_a_metric_or_with_an_unknown_one_fails_its_cell()
    {
        var fake = new FakeReproduction { Change = (_, result) => result with { Metrics = new Dictionary<string, double> { ["scoer"] = 1, ["length"] = 1 } } };
        var failure = Run(fake).Failures[0];
        Assert.Contains("lacks the metrics score and has metrics that are not defined: scoer", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_and_two_jobs_give_the_same_numbers()
    {
        using var other = new TemporaryFolder();
        var one = RunWith(new FakeReproduction(), Settings(jobs: 1));
        var two = RunWith(new FakeReproduction(), new ReproductionSettings { Jobs = 2, Folder = other.Path });
        Assert.Equal(Scores(one), Scores(two));
        Assert.Equal(one.Verdicts[0].Interval, two.Verdicts[0].Interval);
        Assert.Equal(one.Records.Select(record => record.Cell.Name), two.Records.Select(record => record.Cell.Name));
    }

    [Fact]
    public void More_seeds_than_the_own_ones_continue_upwards()
    {
        Assert.Equal(5, Run(new FakeReproduction(), seeds: 5).Summary("ours", "score").Seeds.Count);
        Assert.Equal([0ul], Run(new FakeReproduction(), seeds: 1).Summary("ours", "score").Seeds);
    }

    [Fact]
    public void Progress_counts_every_cell_and_ends_with_nothing_left()
    {
        var progress = new Recorder();
        RunWith(new FakeReproduction(), Settings(), progress);
        Assert.Equal([1, 2, 3, 4, 5, 6], progress.Snapshots.Where(snapshot => snapshot.Finished is not null).Select(snapshot => snapshot.Done));
        Assert.Equal(TimeSpan.Zero, progress.Snapshots[^1].Remaining);
        Assert.Empty(progress.Snapshots[^1].Running);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_stops_with_a_message()
    {
        File.WriteAllText(folder.File("cells"), "a file where a folder should be");
        var error = Assert.Throws<BellmanException>(() => Run(new FakeReproduction()));
        Assert.Contains("Cannot write", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Contains("jobs is 0", Assert.Throws<UsageException>(() => RunWith(new FakeReproduction(), Settings(jobs: 0))).Message, StringComparison.Ordinal);
        Assert.Contains("seeds is 0", Assert.Throws<UsageException>(() => Run(new FakeReproduction(), seeds: 0)).Message, StringComparison.Ordinal);
        var full = Assert.Throws<UsageException>(() => RunWith(
            new FakeReproduction { Missing = "It needs a model folder." }, Settings() with { Size = ReproductionSize.Full }));
        Assert.Contains("It needs a model folder.", full.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_claim_about_arms_of_different_length_is_decided_by_the_seeds_they_share()
    {
        var fake = new FakeReproduction { OwnArms = [new("ours", "") { Seeds = [0, 1, 2, 3, 4] }, new("random", "")] };
        var outcome = RunWith(fake, Settings());
        var (ours, random) = (outcome.Summary("ours", "score").Values, outcome.Summary("random", "score").Values);
        Assert.Equal((5, 3), (ours.Count, random.Count));
        Assert.Equal(Statistics.Mean([.. ours.Take(3)]) - Statistics.Mean([.. random]), outcome.Verdicts[0].Value, 12);
    }

    [Fact]
    public void An_inconsistent_reproduction_is_refused_by_name()
    {
        Refused("names the arm 'theirs' in claim 'c'", new FakeReproduction { OwnClaims = [Claim.AtLeast("c", "theirs", "score", 0)] });
        Refused("names the metric 'speed' in claim 'c'", new FakeReproduction { OwnClaims = [Claim.AtLeast("c", "ours", "speed", 0)] });
        Refused("has the arm 'ours' twice", new FakeReproduction { OwnArms = [new("ours", ""), new("ours", "")] });
        Refused("has the arm 'Our Arm'; use lower-case", new FakeReproduction { OwnArms = [new("Our Arm", "")] });
        Refused("without a common seed in claim 'ours beats random'", new FakeReproduction { OwnArms = [new("ours", "") { Seeds = [7] }, new("random", "")] });
    }

    private static void Refused(string message, FakeReproduction fake) =>
        Assert.Contains(message, Assert.Throws<BellmanException>(() => new ReproductionPlan(fake, ReproductionSize.Default)).Message, StringComparison.Ordinal);

    private static IEnumerable<double> Scores(ReproductionOutcome outcome) => outcome.Records.Select(record => record.Result.Metrics["score"]);

    private ReproductionSettings Settings(int jobs = 2) => new() { Folder = folder.Path, Jobs = jobs };

    private ReproductionOutcome Run(FakeReproduction fake, int? seeds = null) =>
        RunWith(fake, Settings() with { SeedCount = seeds });

    private static ReproductionOutcome RunWith(FakeReproduction fake, ReproductionSettings settings, IProgress<ReproductionProgress>? progress = null) =>
        ReproductionHarness.Run(fake, settings, progress, TestContext.Current.CancellationToken);

    private sealed class Recorder : IProgress<ReproductionProgress>
    {
        public List<ReproductionProgress> Snapshots { get; } = [];

        public IEnumerable<string> Warnings => Snapshots.Select(snapshot => snapshot.Warning).OfType<string>();

        public void Report(ReproductionProgress value) => Snapshots.Add(value);
    }
}
