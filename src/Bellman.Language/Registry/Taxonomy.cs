using System.Text;

namespace Bellman.Language;

/// <summary>A row of the survey's taxonomy and what stands for it here.</summary>
/// <param name="Number">Its number in the table.</param>
/// <param name="Family">The techniques.</param>
/// <param name="Reward">Where the reward comes from.</param>
/// <param name="Feedback">Who gives the feedback.</param>
/// <param name="Optimiser">How the policy is changed.</param>
/// <param name="Components">Keys of <see cref="ComponentRegistry"/>, or of <see cref="PostTrainingMethod"/> after <c>method:</c>.</param>
/// <param name="Tests">The tests that pin it, as <c>Class.Method</c>.</param>
public sealed record TaxonomyRow(int Number, string Family, string Reward, string Feedback, string Optimiser, IReadOnlyList<string> Components, IReadOnlyList<string> Tests);

/// <summary>The taxonomy as data; <c>docs/taxonomy-rl-for-llms.md</c> is written from it.</summary>
public static partial class Taxonomy
{
    /// <summary>The document, Markdown.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder("""
            # Reinforcement learning for language models: technique by technique

            The rows follow the three axes of "A Technical Survey of Reinforcement Learning Techniques for Large Language Models"
            (Srivastava and Aggarwal, 2025): where the reward comes from, who gives the feedback, how the policy is changed. Every
            row names the components that do it and the tests that pin it. Written by `bellman techniques --taxonomy`; a test holds it
            against the code.

            | # | techniques | reward | feedback | optimiser | components | tests |
            |---|---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (var row in Rows)
        {
            text.Append($"| {row.Number} | {row.Family} | {row.Reward} | {row.Feedback} | {row.Optimiser} | {Code(row.Components)} | {Code(row.Tests)} |\n");
        }
        text.Append("\n## Components\n\n| key | what it does | options |\n|---|---|---|\n");
        foreach (var entry in ComponentRegistry.All)
        {
            var options = entry.Options is { Options.Count: > 0 } set ? string.Join(", ", set.Options.Select(option => $"`{option.Name}` {option.Default}")) : "";
            text.Append($"| `{entry.Key}` | {entry.Summary} | {options} |\n");
        }
        text.Append("\n## Methods of `bellman posttrain`\n\n| method | what it does | credit | surrogate |\n|---|---|---|---|\n");
        foreach (var method in PostTrainingMethod.All) { text.Append($"| `{method.Key}` | {method.Summary} | `{method.Credit}` | `{method.Objective}` |\n"); }
        return text.ToString();
    }

    private static string Code(IEnumerable<string> names) => string.Join("<br>", names.Select(name => $"`{name}`"));
}
