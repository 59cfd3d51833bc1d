using System.CommandLine;
using System.Text.Json.Nodes;
using Bellman.Language;
using Bellman.Papers;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman techniques</c>: what post-training is made of, and the survey's taxonomy of it.</summary>
internal static class TechniquesCommand
{
    public static Command Create(Terminal terminal)
    {
        var search = new Argument<string?>("search") { Description = "Only keys and descriptions that contain it.", Arity = ArgumentArity.ZeroOrOne };
        var taxonomy = new Option<string?>("--taxonomy") { Description = "Write the survey's taxonomy with components and tests to this Markdown file." };
        var json = new Option<bool>("--json") { Description = "Print the list as JSON." };
        var command = new Command("techniques", "List the parts of language-model post-training (objectives, credit, preferences, values, reward models, search, guards) and the methods made of them.") { search, taxonomy, json }
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
            var all = Entries().ToList();
            var found = all.Where(entry => entry.Key.Contains(wanted, StringComparison.OrdinalIgnoreCase) || entry.Summary.Contains(wanted, StringComparison.OrdinalIgnoreCase)).ToList();
            if (found.Count == 0) { throw NearNames.Unknown("technique", wanted, all.Select(entry => entry.Key), "'bellman techniques' lists all of them."); }
            if (parsed.GetValue(json)) { terminal.Json(new JsonArray([.. found.Select(entry => new JsonObject { ["key"] = entry.Key, ["summary"] = entry.Summary, ["how"] = entry.How })])); }
            else { terminal.Table(["key", "what it does", "options; how it is asked for"], found.Select(entry => (IReadOnlyList<string>)[entry.Key, entry.Summary, entry.How])); }
            return 0;
        });
        return command;
    }

    /// <summary>Parts with their options, then the methods and additions that <c>posttrain</c> makes of them.</summary>
    private static IEnumerable<(string Key, string Summary, string How)> Entries()
    {
        static string Options(OptionSet? options) => options is null ? "" : string.Join(", ", options.Options.Select(option => $"{option.Name}={option.Default}"));
        foreach (var entry in ComponentRegistry.All) { yield return (entry.Key, entry.Summary, Options(entry.Options)); }
        foreach (var method in PostTrainingMethod.All) { yield return ($"method:{method.Key}", method.Summary, $"posttrain --method {method.Key}: {method.Credit}, {method.Objective}"); }
        foreach (var addition in PaperMethods.All) { yield return ($"method:+{addition.Key}", addition.Summary, $"posttrain --method grpo+{addition.Key}: {Options(addition.Options)}"); }
    }
}
