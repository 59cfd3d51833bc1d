using System.Text.Json.Nodes;
using Bellman.Language.Chat;

namespace Bellman.Language.Data;

/// <summary>Two answers to one prompt, of which one is preferred.</summary>
/// <param name="Prompt">The conversation so far; its last message is the user's.</param>
/// <param name="Chosen">The preferred answer.</param>
/// <param name="Rejected">The other answer.</param>
/// <param name="ChosenScore">What a judge gave the preferred answer, where the file says so.</param>
/// <param name="RejectedScore">What a judge gave the other answer.</param>
public sealed record PreferencePair(IReadOnlyList<ChatMessage> Prompt, string Chosen, string Rejected, double? ChosenScore = null, double? RejectedScore = null);

/// <summary>
/// Preference pairs from a data file: <c>prompt</c>, <c>chosen</c>, <c>rejected</c> as texts; <c>chosen</c> and <c>rejected</c> as lists of messages
/// (UltraFeedback); or as transcripts without a prompt of their own (hh-rlhf).
/// </summary>
public static class PreferenceFile
{
    /// <summary>What <c>--columns</c> can name.</summary>
    public static IReadOnlyList<string> Roles { get; } = ["prompt", "chosen", "rejected"];

    private static readonly string[] Prompts = ["prompt", "question", "instruction"];

    /// <summary>Reads the pairs of a file.</summary>
    /// <param name="path">The file; see <see cref="DataFile"/>.</param>
    /// <param name="columns">Which columns; null takes those with the usual names.</param>
    /// <exception cref="UsageException">
    /// The file cannot be read or is empty, a column is missing, an answer is empty, both answers are the same, or they answer different prompts.
    /// </exception>
    public static IEnumerable<PreferencePair> Read(string path, DataColumns? columns = null) => DataFile.Read(path).Select(row => Pair(row, columns ?? DataColumns.Usual));

    private static PreferencePair Pair(DataRow row, DataColumns columns)
    {
        var (prompt, chosen) = Side(row, columns, "chosen");
        var (otherPrompt, rejected) = Side(row, columns, "rejected");
        if (!prompt.SequenceEqual(otherPrompt)) { throw new UsageException($"{row.Place}: the chosen and the rejected answer follow different prompts, so they cannot be compared. Remove the row."); }
        if (prompt.Count == 0) { throw new UsageException($"{row.Place} has no prompt: its answers are bare texts, and none of {string.Join(", ", Prompts)} is there. Name a column with --columns prompt=COLUMN."); }
        if (chosen.Length == 0 || rejected.Length == 0) { throw new UsageException($"{row.Place} has an empty answer. Remove the row."); }
        if (chosen == rejected) { throw new UsageException($"{row.Place}: the chosen and the rejected answer are the same, so nothing is preferred. Remove the row."); }
        return new PreferencePair(prompt, chosen, rejected, Score(row, "score_chosen"), Score(row, "score_rejected"));
    }

    /// <summary>The conversation before an answer, and the answer.</summary>
    private static (IReadOnlyList<ChatMessage> Prompt, string Answer) Side(DataRow row, DataColumns columns, string role)
    {
        var column = columns.Require(role, row, role);
        var prompt = Prompt(row, columns);
        IReadOnlyList<ChatMessage> messages;
        if (row.Require(column) is JsonArray list) { messages = Conversation.Read(list, row, column); }
        else
        {
            var text = row.Text(column);
            if (!Conversation.IsTranscript(text)) { return (prompt, text); }
            messages = Conversation.ReadTranscript(text);
        }
        if (messages.Count == 0 || messages[^1].Role != "assistant") { throw new UsageException($"{row.Place}: the conversation in '{column}' does not end with an assistant's message."); }
        // A list may hold the whole conversation, or the answer alone.
        return (messages.Count > 1 ? [.. messages.SkipLast(1)] : prompt, messages[^1].Content);
    }

    private static IReadOnlyList<ChatMessage> Prompt(DataRow row, DataColumns columns)
    {
        if (columns.Find("prompt", row, Prompts) is not { } column) { return []; }
        if (row.Require(column) is JsonArray list) { return Conversation.Read(list, row, column); }
        var text = row.Text(column);
        return Conversation.IsTranscript(text) ? Conversation.ReadTranscript(text) : [new ChatMessage("user", text)];
    }

    private static double? Score(DataRow row, string column) => row.Find(column) is JsonValue value && value.TryGetValue<double>(out var score) ? score : null;
}
