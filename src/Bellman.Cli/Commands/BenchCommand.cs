using System.CommandLine;
using System.Globalization;
using Bellman.Cli.Benchmarks;
using Bellman.Experiments;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman bench</c>: how fast everything is here, beside what this machine allows.</summary>
internal static class BenchCommand
{
    public static Command Create(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var filter = new Option<string?>("--filter") { Description = "Only what has this text in its group or its work, e.g. environments or CartPole." };
        var quick = new Option<bool>("--quick") { Description = "Seconds instead of minutes: shows that everything runs, with rough numbers." };
        var list = new Option<bool>("--list") { Description = "List what would be measured." };
        var write = new Option<string?>("--write") { Description = "Also write the page of results, e.g. docs/performance.md." };
        var command = new Command("bench", "Measure environments, inference, updates, replay, training and memory beside the machine's own limits. Close everything else first.")
        {
            json, filter, quick, list, write,
        }.WithExamples("bellman bench", "bellman bench --filter environments", "bellman bench --quick --json", "bellman bench --write docs/performance.md");
        command.SetAction(parsed =>
        {
            var benchmarks = BenchmarkCatalog.Find(parsed.GetValue(filter));
            if (parsed.GetValue(list))
            {
                terminal.Table(["group", "work"], benchmarks.Select(benchmark => (IReadOnlyList<string>)[benchmark.Group, benchmark.Work]));
                return 0;
            }
            if (parsed.GetValue(write) is not null && parsed.GetValue(quick)) { throw new UsageException("--write takes the numbers of a full run; leave out --quick."); }
            var rows = Measure(terminal, benchmarks, new BenchmarkSession(parsed.GetValue(quick), terminal.Cancellation), quiet: parsed.GetValue(json));
            var (date, machine, commit) = (DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Provenance.Machine(), Provenance.Commit(Directory.GetCurrentDirectory()));
            if (parsed.GetValue(json)) { terminal.Json(BenchmarkTable.Json(rows, date, machine, commit)); }
            if (parsed.GetValue(write) is { } path)
            {
                WholeFile.Write(path, PerformanceDocument.Write(rows, date, machine, commit, $"bellman bench{(parsed.GetValue(filter) is { } text ? $" --filter {text}" : "")} --write {path}"));
                terminal.Error.WriteLine($"Wrote {path}.");
            }
            return 0;
        });
        return command;
    }

    private static List<BenchmarkRow> Measure(Terminal terminal, IReadOnlyList<IBenchmark> benchmarks, BenchmarkSession session, bool quiet)
    {
        var rows = new List<BenchmarkRow>();
        foreach (var group in benchmarks.GroupBy(benchmark => benchmark.Group))
        {
            foreach (var reason in group.Select(benchmark => benchmark.Missing).OfType<string>().Distinct()) { terminal.Error.WriteLine($"{group.Key}: not measured. {reason}"); }
            var measured = group.Where(benchmark => benchmark.Missing is null).SelectMany(benchmark => benchmark.Measure(session)).ToList();
            rows.AddRange(measured);
            if (quiet || measured.Count == 0) { continue; }
            terminal.Output.WriteLine($"{group.Key}:");
            terminal.Table(BenchmarkTable.Headings, measured.Select(BenchmarkTable.Cells));
        }
        return rows;
    }
}
