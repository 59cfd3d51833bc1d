using System.Text.Json.Nodes;
using Bellman.Language.Chat;

namespace Bellman.Language.Data;

/// <summary>An answer that was judged on its own.</summary>
/// <param name="Prompt">The conversation so far; its last message is the user's.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Reward">1 for a good answer and 0 for a bad one, or what it was scored.</param>
public sealed record JudgedAnswer(IReadOnlyList<ChatMessage> Prompt, string Answer, double Reward);

/// <summary>
/// Judged answers from a data file: <c>prompt</c>, <c>completion</c> and <c>label</c> (true or false, as for KTO) or <c>reward</c> (a number). A file of
/// preference pairs serves too: each gives a good answer and a bad one, or two scored ones.
/// </summary>
public static class LoggedFile
{
    private static readonly string[] Answers = ["completion", "response", "answer"];
    private static readonly string[] Rewards = ["label", "reward", "score"];

    /// <summary>Whether a file holds pairs (a column <c>chosen</c>).</summary>
    /// <exception cref="UsageException">It cannot be read or is empty.</exception>
    public static bool IsPairs(string path) => DataFile.Read(path).First().Find("chosen") is not null;

    /// <summary>Reads the answers of a file.</summary>
    /// <exception cref="UsageException">The file cannot be read or is empty, a column is missing, or an answer is empty or has no usable reward.</exception>
    public static IEnumerable<JudgedAnswer> Read(string path)
    {
        if (!IsPairs(path)) { return DataFile.Read(path).Select(Answer); }
        return PreferenceFile.Read(path).SelectMany(pair =>
        {
            var scored = pair is { ChosenScore: not null, RejectedScore: not null };
            return new[] { new JudgedAnswer(pair.Prompt, pair.Chosen, scored ? pair.ChosenScore ?? 1 : 1), new JudgedAnswer(pair.Prompt, pair.Rejected, scored ? pair.RejectedScore ?? 0 : 0) };
        });
    }

    private static JudgedAnswer Answer(DataRow row)
    {
        var prompt = Messages(row, "prompt", "user");
        var answer = Messages(row, DataColumns.Usual.Require("completion", row, Answers), "assistant")[^1].Content;
        if (answer.Length == 0) { throw new UsageException($"{row.Place} has an empty answer. Remove the row."); }
        var column = DataColumns.Usual.Require("reward", row, Rewards);
        return new JudgedAnswer(prompt, answer, row.Find(column) switch
        {
            JsonValue value when value.TryGetValue<bool>(out var good) => good ? 1 : 0,
            JsonValue value when value.TryGetValue<double>(out var number) && double.IsFinite(number) => number,
            _ => throw new UsageException($"{row.Place}: '{column}' is neither true or false nor a number. Correct it, or remove the row."),
        });
    }

    private static IReadOnlyList<ChatMessage> Messages(DataRow row, string column, string role)
    {
        if (row.Require(column) is not JsonArray list) { return [new ChatMessage(role, row.Text(column))]; }
        var messages = Conversation.Read(list, row, column);
        return messages.Count > 0 ? messages : throw new UsageException($"{row.Place}: the conversation in '{column}' is empty.");
    }
}
