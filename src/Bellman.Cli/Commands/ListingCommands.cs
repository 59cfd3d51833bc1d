using System.CommandLine;
using System.Text.Json.Nodes;
using Bellman.Language.Tasks;
using Bellman.Papers;

namespace Bellman.Cli.Commands;

/// <summary>The listings: what there is, and what each takes.</summary>
internal static class ListingCommands
{
    public static Command Environments(Terminal terminal)
    {
        var registry = AllEnvironments.Registry();
        return Listing("envs", "environment", "The environments that can be trained on.", terminal,
            () =>
            [
                .. registry.All.Select(entry => new JsonObject
                {
                    ["id"] = entry.Id,
                    ["summary"] = entry.Summary,
                    ["timeLimit"] = entry.TimeLimit,
                    ["solvedReturn"] = entry.SolvedReturn,
                }),
            ],
            id =>
            {
                var entry = registry.Find(id);
                var environment = registry.Make(id);
                var options = entry.Options is { } own ? Options(OptionSet.Of(own, $"environment {entry.Id}")) : [];
                if (environment.Find<IRenderable>() is not null)
                {
                    options.Add(new JsonObject
                    {
                        ["name"] = EnvironmentRegistry.PixelsOption,
                        ["default"] = "",
                        ["valid"] = ShowPixels.OptionForm,
                        ["description"] = ShowPixels.OptionDescription,
                    });
                }
                return new JsonObject
                {
                    ["id"] = entry.Id,
                    ["summary"] = entry.Summary,
                    ["observations"] = environment.ObservationSpace.ToString(),
                    ["actions"] = environment.ActionSpace.ToString(),
                    ["timeLimit"] = entry.TimeLimit,
                    ["solvedReturn"] = entry.SolvedReturn,
                    ["usage"] = options.Count == 0 ? entry.Id : $"{entry.Id}?option=value&other=value",
                    ["options"] = options,
                };
            },
            "bellman envs", "bellman envs show FrozenLake-v1", "bellman envs list --json");
    }

    public static Command Algorithms(Terminal terminal) =>
        Listing("algorithms", "algorithm", "The algorithms, their options, defaults and valid values.", terminal,
            () => [.. Agents.Algorithms.Select(entry => new JsonObject { ["name"] = entry.Name, ["summary"] = entry.Summary })],
            name =>
            {
                var entry = Agents.Find(name);
                return new JsonObject
                {
                    ["name"] = entry.Name,
                    ["summary"] = entry.Summary,
                    ["options"] = Options(entry.Options),
                    ["usage"] = $"bellman train {entry.Name} --env ID --set option=value",
                };
            },
            "bellman algorithms", "bellman algorithms show ppo");

    public static Command Papers(Terminal terminal) =>
        Listing("papers", "paper", "The papers that can be reproduced.", terminal,
            () => [.. PaperCatalog.All.Select(Describe)],
            slug => Describe(PaperCatalog.Find(slug)),
            "bellman papers", "bellman papers show nanorobots");

    public static Command Tasks(Terminal terminal) =>
        Listing("tasks", "task", "The text tasks that language models are trained and measured on.", terminal,
            () => [.. TaskRegistry.All.Select(entry => new JsonObject { ["name"] = entry.Name, ["summary"] = entry.Summary, ["levels"] = TaskRegistry.Create(entry.Name).MaximumLevel })],
            id =>
            {
                var entry = TaskRegistry.Find(id.Split('?')[0]);
                var task = TaskRegistry.Create(id);
                var item = task.Item(TaskSplit.Train, 0, 0);
                return new JsonObject
                {
                    ["name"] = entry.Name,
                    ["summary"] = entry.Summary,
                    ["levels"] = task.MaximumLevel,
                    ["prompt"] = item.Prompt,
                    ["solution"] = item.Solution,
                    ["answer"] = item.Answer,
                    ["options"] = Options(OptionSet.Of(entry.Options, $"task {entry.Name}")),
                    ["usage"] = $"bellman score --model MODEL --task {entry.Name}?option=value",
                };
            },
            "bellman tasks", "bellman tasks show arithmetic?level=3", "bellman tasks show countdown?style=worded --json");

    private static JsonObject Describe(PaperEntry paper) => new()
    {
        ["slug"] = paper.Slug,
        ["title"] = paper.Title,
        ["summary"] = paper.Summary,
        ["folder"] = paper.Folder,
        ["usage"] = $"bellman reproduce {paper.Slug}",
    };

    private static JsonArray Options(OptionSet options) =>
    [
        .. options.Options.Select(option => new JsonObject
        {
            ["name"] = option.Name,
            ["default"] = option.Default,
            ["valid"] = option.Valid,
            ["description"] = option.Description,
        }),
    ];

    private static Command Listing(string name, string kind, string description, Terminal terminal,
        Func<IReadOnlyList<JsonObject>> list, Func<string, JsonObject> show, params string[] examples)
    {
        var json = new Option<bool>("--json") { Description = "Print JSON.", Recursive = true };
        var wanted = new Argument<string>("name") { Description = $"Which {kind}." };
        var all = new Command("list", "List all of them (the default).");
        var one = new Command("show", $"Show one {kind}.") { wanted };
        var command = new Command(name, description) { all, one, json }.WithExamples(examples);
        int PrintAll(ParseResult parsed)
        {
            var rows = list();
            if (parsed.GetValue(json)) { terminal.Json(new JsonArray([.. rows])); }
            else { PrintRows(terminal, rows); }
            return 0;
        }
        all.SetAction(PrintAll);
        command.SetAction(PrintAll);
        one.SetAction(parsed =>
        {
            var shown = show(parsed.GetRequiredValue(wanted));
            if (parsed.GetValue(json)) { terminal.Json(shown); return 0; }
            foreach (var (key, value) in shown)
            {
                if (value is JsonArray rows)
                {
                    if (rows.Count > 0) { PrintRows(terminal, [.. rows.OfType<JsonObject>()]); }
                }
                else if (value is not null) { terminal.Output.WriteLine($"{key + ":",-14} {value}"); }
            }
            return 0;
        });
        return command;
    }

    private static void PrintRows(Terminal terminal, IReadOnlyList<JsonObject> rows)
    {
        var columns = rows[0].Select(pair => pair.Key).ToList();
        terminal.Table(columns, rows.Select(row => (IReadOnlyList<string>)columns.Select(column => row[column]?.ToString() ?? "").ToList()));
    }
}
