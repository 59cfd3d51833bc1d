using System.CommandLine;
using System.Text.Json.Nodes;
using Bellman.Language;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman techniques</c>: what post-training is made of, and the survey's taxonomy of it.</summary>
internal static class TechniquesCommand
{
    public static Command Create(Terminal terminal)
    {
        var search = new Argument<string?>("search") { Description = "Only keys and descriptions that contain it.", Arity = ArgumentArity.ZeroOrOne };
        var taxonomy = new Option<string?>("--taxonomy") { Description = "Write the survey's taxonomy with components and tests to this Markdown file." };
        var json = new Option<bool>("--json") { Description = "Print the list as JSON." };
        var command = new Command("techniques", "List the parts of language-model post-training: objectives, credit, preferences, reward models, search, guards.") { search, taxonomy, json }
            .WithExamples("bellman techniques", "bellman techniques pref.", "bellman techniques --taxonomy docs/taxonomy-rl-for-llms.md");
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(taxonomy) is { } path)
            {
                File.WriteAllText(path, Taxonomy.ToMarkdown());
                terminal.Output.WriteLine($"{Taxonomy.Rows.Count} rows in {path}");
                return 0;
            }
            var wanted = parsed.GetValue(search) ?? "";
            var found = ComponentRegistry.All.Where(entry => entry.Key.Contains(wanted, StringComparison.OrdinalIgnoreCase) || entry.Summary.Contains(wanted, StringComparison.OrdinalIgnoreCase)).ToList();
            if (found.Count == 0) { throw NearNames.Unknown("technique", wanted, ComponentRegistry.All.Select(entry => entry.Key), "'bellman techniques' lists all of them."); }
            if (parsed.GetValue(json)) { terminal.Json(new JsonArray([.. found.Select(entry => new JsonObject { ["key"] = entry.Key, ["summary"] = entry.Summary })])); }
            else { terminal.Table(["key", "what it does", "options"], found.Select(entry => (IReadOnlyList<string>)[entry.Key, entry.Summary, entry.Options is { } options ? string.Join(", ", options.Options.Select(option => $"{option.Name}={option.Default}")) : ""])); }
            return 0;
        });
        return command;
    }
}
