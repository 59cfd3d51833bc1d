using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bellman.Runs;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman runs</c>: what was trained, and how runs compare.</summary>
internal static class RunsCommand
{
    public static Command Create(Terminal terminal)
    {
        var runs = new Option<string>("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs", Recursive = true };
        var json = new Option<bool>("--json") { Description = "Print JSON.", Recursive = true };
        var search = new Option<string?>("--search") { Description = "Only runs whose record contains this, e.g. an algorithm, an environment or an option." };
        var list = new Command("list", "List the runs, newest first (the default).") { search };
        var name = new Argument<string>("run") { Description = "The run: id, beginning of an id, folder, or latest." };
        var show = new Command("show", "Show one run.") { name };
        var names = new Argument<string[]>("runs") { Description = "Two or more runs.", Arity = new ArgumentArity(2, 16) };
        var output = new Option<string>("--output") { Description = "Where the plot goes, without an ending.", DefaultValueFactory = _ => "comparison" };
        var compare = new Command("compare", "Compare runs: a table and a plot of their returns.") { names, output };
        var command = new Command("runs", "The runs so far.") { list, show, compare, runs, json, search }
            .WithExamples("bellman runs", "bellman runs --search dqn", "bellman runs show latest", "bellman runs compare 20260101-1200 20260101-1300");

        int List(ParseResult parsed)
        {
            var records = new RunStore(parsed.GetRequiredValue(runs)).List(parsed.GetValue(search));
            if (parsed.GetValue(json)) { terminal.Json(new JsonArray([.. records.Select(Json)])); }
            else if (records.Count == 0 && parsed.GetValue(search) is { } wanted) { terminal.Output.WriteLine($"No run in {parsed.GetRequiredValue(runs)} contains '{wanted}'. 'bellman runs' lists all of them."); }
            else if (records.Count == 0) { terminal.Output.WriteLine($"No runs in {parsed.GetRequiredValue(runs)} yet. Begin with: bellman train ppo --env CartPole-v1"); }
            else { Table(terminal, records); }
            return 0;
        }
        command.SetAction(List);
        list.SetAction(List);
        show.SetAction(parsed =>
        {
            using var run = new RunStore(parsed.GetRequiredValue(runs)).Open(parsed.GetRequiredValue(name));
            if (parsed.GetValue(json)) { terminal.Json(Json(run.Record)); return 0; }
            Table(terminal, [run.Record]);
            terminal.Output.WriteLine($"folder:  {run.Folder}");
            terminal.Output.WriteLine($"command: {run.Record.Command}");
            terminal.Output.WriteLine($"machine: {run.Record.Machine}");
            if (run.ReadMetrics() is [.., var newest])
            {
                terminal.Table(["metric", "last value"], newest.Select(pair => (IReadOnlyList<string>)[pair.Key, pair.Value.ToString("0.#####")]));
            }
            return 0;
        });
        compare.SetAction(parsed =>
        {
            var store = new RunStore(parsed.GetRequiredValue(runs));
            var opened = parsed.GetRequiredValue(names).Select(store.Open).ToList();
            if (parsed.GetValue(json)) { terminal.Json(new JsonArray([.. opened.Select(run => Json(run.Record))])); }
            else { Table(terminal, [.. opened.Select(run => run.Record)]); }
            if (TrainingReport.Curves(opened, "Runs compared") is { } figure)
            {
                figure.Save(parsed.GetRequiredValue(output));
                terminal.Error.WriteLine($"Plot: {parsed.GetRequiredValue(output)}.png and .svg");
            }
            return 0;
        });
        return command;
    }

    private static JsonNode Json(RunRecord record) => JsonSerializer.SerializeToNode(record, JsonOptions) ?? new JsonObject();

    private static JsonSerializerOptions JsonOptions { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static void Table(Terminal terminal, IReadOnlyList<RunRecord> records) =>
        terminal.Table(["run", "status", "steps", "best evaluation", "seconds", "options"], records.Select(record => (IReadOnlyList<string>)
        [
            record.Id,
            record.Status.ToString().ToLowerInvariant(),
            $"{record.StepsTaken}/{record.Configuration.Steps}",
            record.BestEvaluation?.ToString("0.##") ?? "-",
            record.Seconds.ToString("0.0"),
            string.Join(" ", record.Configuration.Options.Select(pair => $"{pair.Key}={pair.Value}")),
        ]));
}
