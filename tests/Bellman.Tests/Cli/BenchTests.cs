using System.Text.Json.Nodes;
using Bellman.Cli.Benchmarks;
using Xunit;

namespace Bellman.Tests.Cli;

/// <summary><c>bellman bench</c>: that it measures and says what it should; speed itself is not tested.</summary>
public class BenchTests
{
    [Fact]
    public void Every_kind_of_row_comes_with_the_limit_of_the_machine()
    {
        foreach (var filter in (string[])["CartPole-v1, 64", "simd, 64x64, batch 8", "64x64, batch 128, simd", "uniform, 10,000", "BC, 64x64"])
        {
            var (exit, output, error) = BellmanCommand.Run("bench", "--quick", "--json", "--filter", filter);
            Assert.Equal((0, ""), (exit, error));
            var json = JsonNode.Parse(output);
            var row = Assert.Single(json?["rows"]?.AsArray() ?? []);
            Assert.True(row?["value"]?.GetValue<double>() > 0);
            Assert.True(row?["limit"]?.GetValue<double>() > 0);
            Assert.NotEmpty(row?["limitedBy"]?.GetValue<string>() ?? "");
            Assert.NotEmpty(json?["machine"]?.GetValue<string>() ?? "");
        }
    }

    [Fact]
    public void The_page_shows_targets_with_what_bounds_those_that_are_missed_and_how_cost_grows()
    {
        BenchmarkRow[] rows =
        [
            new("updates", "a", 100, "us", 60, "products") { Target = 120, Bound = "Adam" },
            new("updates", "b", 130, "us", 60, "products") { Target = 120, Bound = "Adam" },
            new("environments", "one", 2e6, "steps/s", 8e6, "bytes") { Growth = ("copies", 1) },
            new("environments", "many", 50e6, "steps/s", 100e6, "bytes") { Growth = ("copies", 1024) },
        ];
        var page = PerformanceDocument.Write(rows, "2026-01-02", "a machine", "abc", "bellman bench");
        Assert.Contains("| updates: a | 100 us | ≤ 120 us | reached |  |", page, StringComparison.Ordinal);
        Assert.Contains("| updates: b | 130 us | ≤ 120 us | **missed** | products: 60.0 us; the rest is Adam |", page, StringComparison.Ordinal);
        Assert.Contains("| copies | 1 | 1,024 |", page, StringComparison.Ordinal);
        Assert.Contains("| ns a step | 500 | 20.0 |", page, StringComparison.Ordinal);
        Assert.Contains("2026-01-02", page, StringComparison.Ordinal);
        Assert.Equal(0.6, rows[0].Ratio);
        Assert.Equal(0.5, rows[3].Ratio);
    }

    [Fact]
    public void A_filter_that_finds_nothing_names_the_groups()
    {
        var (exit, _, error) = BellmanCommand.Run("bench", "--filter", "nonsense");
        Assert.Equal(2, exit);
        Assert.Contains("environments", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_is_not_written_from_rough_numbers()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var (exit, _, error) = BellmanCommand.Run("bench", "--quick", "--write", path);
        Assert.Equal(2, exit);
        Assert.Contains("--quick", error, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void What_would_be_measured_is_listed_once_each()
    {
        var works = BenchmarkCatalog.All.Select(benchmark => (benchmark.Group, benchmark.Work)).ToList();
        Assert.Equal(works.Count, works.Distinct().Count());
        Assert.Contains("CartPole-v1, 1,024 copies", BellmanCommand.Run("bench", "--list").Output, StringComparison.Ordinal);
    }
}
