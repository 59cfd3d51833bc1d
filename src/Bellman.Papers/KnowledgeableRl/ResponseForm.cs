using System.Text.RegularExpressions;
using Bellman.Language.Tasks;

namespace Bellman.Papers.KnowledgeableRl;

/// <summary>A response taken apart.</summary>
/// <param name="WellFormed">Whether its form is exactly the one asked for.</param>
/// <param name="Thinking">What facts are looked for in: the first think block, or the whole response without one.</param>
/// <param name="Answer">The first answer block, which alone is judged; null when missing or blank.</param>
public sealed record ParsedResponse(bool WellFormed, string Thinking, string? Answer);

/// <summary>Takes responses apart: the same text always gives the same parts.</summary>
public interface IResponseForm
{
    /// <summary>The parts of a response to an item.</summary>
    /// <param name="item">The question.</param>
    /// <param name="response">Any text at all.</param>
    ParsedResponse Parse(TextItem item, string response);
}

/// <summary>
/// <c>&lt;think&gt;...&lt;/think&gt;&lt;answer&gt;...&lt;/answer&gt;</c>: one block each, none blank, no opening tag inside, nothing but white space between and
/// nothing after. A response to a template that wrote the first tag itself gets it back.
/// </summary>
public sealed partial class TaggedForm : IResponseForm
{
    /// <summary>What the system's turn asks for.</summary>
    public const string Instruction =
        "Reason step by step inside <think> and </think>, checking your reasoning against facts you know, then give the final answer alone inside <answer> and </answer>. If you do not know the answer, reply with \"I don't know\" inside the answer tags.";

    /// <inheritdoc/>
    public ParsedResponse Parse(TextItem item, string response) => Parse(response);

    /// <summary>The parts of a response.</summary>
    public static ParsedResponse Parse(string response)
    {
        var whole = response.StartsWith("<think>", StringComparison.Ordinal) ? response : "<think>" + response;
        var formed = Whole().Match(whole);
        var think = formed.Success ? formed.Groups[1].Value : First(whole, "think");
        var answer = First(whole, "answer");
        return new ParsedResponse(
            formed.Success && formed.Groups.Values.All(group => !string.IsNullOrWhiteSpace(group.Value)),
            think ?? response,
            string.IsNullOrWhiteSpace(answer) ? null : answer.Trim());
    }

    private static string? First(string text, string tag)
    {
        var start = text.IndexOf($"<{tag}>", StringComparison.Ordinal);
        if (start < 0) { return null; }
        start += tag.Length + 2;
        var end = text.IndexOf($"</{tag}>", start, StringComparison.Ordinal);
        return end < 0 ? null : text[start..end];
    }

    [GeneratedRegex(@"\A<think>((?:(?!</?think>|</?answer>).)+)</think>\s*<answer>((?:(?!</?think>|</?answer>).)+)</answer>\z", RegexOptions.Singleline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 2000)]
    private static partial Regex Whole();
}

/// <summary>The form of the task's own checker: what stands before the answer that it reads is thinking.</summary>
public sealed class TaskForm : IResponseForm
{
    /// <inheritdoc/>
    public ParsedResponse Parse(TextItem item, string response)
    {
        var score = item.Check(response);
        // A refusal is an answer that no checker knows.
        var answer = score.Parsed is { } parsed && !string.IsNullOrWhiteSpace(parsed) ? parsed.Trim() : RuleJudge.IsRefusal(response) ? response.Trim() : null;
        var end = answer is null ? -1 : response.LastIndexOf(answer, StringComparison.Ordinal);
        return new ParsedResponse(score.Format >= 1 || (answer is not null && score.Parsed is null), end < 0 ? response : response[..end], answer);
    }
}
