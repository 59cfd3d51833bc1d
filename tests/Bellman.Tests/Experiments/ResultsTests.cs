using System.Text.Json;
using Bellman.Experiments;
using Xunit;

namespace Bellman.Tests.Experiments;

public sealed class ResultsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Results_have_the_published_shape()
    {
        using var json = JsonDocument.Parse(Results(Run()).ToJson());
        Assert.Equal(["slug", "commit", "date", "machine", "command", "seconds", "arms", "claims"], json.RootElement.EnumerateObject().Select(property => property.Name));
        var arm = json.RootElement.GetProperty("arms")[0];
        Assert.Equal("ours", arm.GetProperty("name").GetString());
        Assert.Equal("score", arm.GetProperty("metric").GetString());
        Assert.Equal(3, arm.GetProperty("values").GetArrayLength());
        Assert.Equal(2, arm.GetProperty("interval").GetArrayLength());
        Assert.InRange(arm.GetProperty("interquartileMean").GetDouble(), 4, 5);
        var claims = json.RootElement.GetProperty("claims");
        Assert.True(claims[0].GetProperty("gate").GetBoolean());
        Assert.True(claims[0].GetProperty("holds").GetBoolean());
        Assert.Equal(1, claims[0].GetProperty("threshold").GetDouble());
        Assert.Equal(3, claims[0].GetProperty("value").GetDouble(), 12);
        Assert.Equal(3, claims[0].GetProperty("interval")[0].GetDouble(), 12);
        Assert.False(claims[1].GetProperty("gate").GetBoolean());
        Assert.Equal(JsonValueKind.Null, claims[1].GetProperty("holds").ValueKind);
        Assert.False(claims[2].GetProperty("holds").GetBoolean());
    }

    [Fact]
    public void Values_that_are_not_numbers_are_null()
    {
        var outcome = Run(change: (_, result) => result with { Metrics = new Dictionary<string, double> { ["score"] = 1, ["length"] = double.NaN } });
        using var json = JsonDocument.Parse(Results(outcome).ToJson());
        var length = json.RootElement.GetProperty("arms").EnumerateArray().First(arm => arm.GetProperty("metric").GetString() == "length");
        Assert.Equal(JsonValueKind.Null, length.GetProperty("values")[0].ValueKind);
        Assert.Equal(JsonValueKind.Null, length.GetProperty("interquartileMean").ValueKind);
    }

    [Fact]
    public void One_seed_shows_no_interval_in_the_table() =>
        Assert.Matches("\\| ours \\(method\\) \\| 1 \\| [0-9.]+ \\| [0-9.]+ \\|\n", ResultsTables.Arms(Results(Run(seeds: 1))));

    [Fact]
    public void A_results_file_reads_back_as_written()
    {
        var results = Results(Run());
        File.WriteAllText(folder.File("r.json"), results.ToJson());
        Assert.Equal(results.ToJson(), ResultsDocument.Read(folder.File("r.json")).ToJson());
        File.WriteAllText(folder.File("r.json"), results.ToJson()[..100]);
        Assert.Contains("is not a results file", Assert.Throws<BellmanException>(() => ResultsDocument.Read(folder.File("r.json"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_readme_table_is_replaced_and_replacing_again_changes_nothing()
    {
        var results = Results(Run());
        const string readme = "# Paper\n\n<!-- results:begin -->\nearlier numbers\n<!-- results:end -->\n\nafter\n";
        var once = ResultsTables.ReplaceIn(readme, results, "README.md");
        Assert.Equal(once, ResultsTables.ReplaceIn(once, results, "README.md"));
        Assert.StartsWith("# Paper\n\n<!-- results:begin -->\n| claim |", once, StringComparison.Ordinal);
        Assert.EndsWith("<!-- results:end -->\n\nafter\n", once, StringComparison.Ordinal);
        Assert.DoesNotContain("earlier numbers", once, StringComparison.Ordinal);
        Assert.Contains("| too high | ≥ 100 | ", once, StringComparison.Ordinal);
        Assert.Contains("| **fails** |", once, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no markers")]
    [InlineData("<!-- results:begin --> only")]
    [InlineData("<!-- results:end --> <!-- results:begin -->")]
    public void A_readme_without_its_markers_is_refused(string readme)
    {
        var error = Assert.Throws<BellmanException>(() => ResultsTables.ReplaceIn(readme, Results(Run()), "Fake/README.md"));
        Assert.Contains("Fake/README.md has no place", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_complete_default_run_with_its_own_seeds_is_published()
    {
        var whole = Run();
        Assert.NotEmpty(Publish(whole));
        Assert.True(File.Exists(folder.File("docs/results/fake.json")));
        Assert.Empty(Publish(Run(size: ReproductionSize.Smoke)));
        Assert.Empty(Publish(Run(seeds: 2)));
        Assert.Empty(Publish(Run(change: (cell, result) => cell.Seed == 1 ? throw new InvalidOperationException("no") : result)));
    }

    [Fact]
    public void Scaling_orders_arms_by_their_place_and_leaves_out_those_without_cells()
    {
        var outcome = Run(change: (cell, result) => cell.Arm.Name == "random" && cell.Seed == 1 ? throw new InvalidOperationException("no") : result);
        var line = outcome.Scaling("score", "score", [(16, "ours"), (8, "random")], Statistic.Mean);
        Assert.Equal([8, 16], line.X);
        Assert.Equal(Statistics.Mean([.. outcome.Summary("random", "score").Values]), line.Y[0]);
        Assert.True(line.Band[1].Low <= line.Y[1] && line.Y[1] <= line.Band[1].High);
        var none = Run(change: (cell, result) => cell.Arm.Name == "random" ? throw new InvalidOperationException("no") : result);
        Assert.Equal([16], none.Scaling("score", "score", [(16, "ours"), (8, "random")]).X);
    }

    [Fact]
    public void The_source_tree_is_found_from_below()
    {
        Assert.Null(ResultsPublication.FindSourceTree(folder.Path));
        File.WriteAllText(folder.File("Bellman.slnx"), "");
        var below = Directory.CreateDirectory(folder.File("a/b")).FullName;
        Assert.Equal(folder.Path, ResultsPublication.FindSourceTree(below));
    }

    [Fact]
    public void The_report_shows_verdicts_measurements_and_plots()
    {
        var outcome = Run();
        var files = ReproductionReport.Write(outcome, Results(outcome));
        var report = File.ReadAllText(files.Report);
        Assert.Contains("1 of 2 gated claims fail.", report, StringComparison.Ordinal);
        Assert.Contains("A remark of the paper's own.", report, StringComparison.Ordinal);
        Assert.Contains("| ours | random | 1 [1, 1] |", report, StringComparison.Ordinal);
        Assert.Contains("![return](plots/curve-return.png)", report, StringComparison.Ordinal);
        Assert.Contains("![Score against size](plots/score-by-size.png)", report, StringComparison.Ordinal);
        Assert.Equal(8, files.Plots.Count);
        Assert.All(files.Plots, plot => Assert.True(new FileInfo(plot).Length > 1000));
    }

    [Fact]
    public void The_report_of_an_incomplete_run_says_so_and_how_to_continue()
    {
        var outcome = Run(change: (cell, result) => cell.Name == "ours--1" ? throw new InvalidOperationException("no luck") : result);
        var report = File.ReadAllText(ReproductionReport.Write(outcome, Results(outcome)).Report);
        Assert.Contains("Incomplete", report, StringComparison.Ordinal);
        Assert.Contains("Arm ours, seed 1 failed: no luck", report, StringComparison.Ordinal);
        Assert.Contains("Run `./bellman reproduce fake` again", report, StringComparison.Ordinal);
    }

    private static ResultsDocument Results(ReproductionOutcome outcome) => ResultsDocument.From(outcome, "./bellman reproduce fake");

    private IReadOnlyList<string> Publish(ReproductionOutcome outcome) => ResultsPublication.Publish(outcome, Results(outcome), folder.Path);

    private ReproductionOutcome Run(ReproductionSize size = ReproductionSize.Default, int? seeds = null, Func<Cell, CellResult, CellResult>? change = null)
    {
        var fake = new FakeReproduction
        {
            Change = change ?? ((_, result) => result),
            OwnClaims =
            [
                Claim.Difference("ours beats random", "ours", "random", "score", 1),
                Claim.Ratio("shorter | by how much", "random", "ours", "length", 2).ReportOnly(),
                Claim.AtLeast("too high", "ours", "score", 100),
            ],
        };
        return ReproductionHarness.Run(fake, new ReproductionSettings { Size = size, SeedCount = seeds, Fresh = true, Folder = folder.File("run") }, cancellation: TestContext.Current.CancellationToken);
    }
}
