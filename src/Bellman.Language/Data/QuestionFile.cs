using Bellman.Language.Tasks;

namespace Bellman.Language.Data;

/// <summary>
/// Questions with reference answers from a data file: GSM8K (<c>question</c>, <c>answer</c> ending in <c>#### N</c>), MATH (<c>problem</c>,
/// <c>solution</c> with a box, or <c>answer</c>), DAPO-Math (<c>reward_model.ground_truth</c>), or any columns that are named.
/// </summary>
public static class QuestionFile
{
    /// <summary>What <c>--columns</c> can name.</summary>
    public static IReadOnlyList<string> Roles { get; } = ["prompt", "answer", "solution", "level", "topic"];

    /// <summary>Where the question goes in a prompt.</summary>
    public const string Slot = "{question}";

    /// <summary>The prompt unless another is given.</summary>
    public const string UsualPrompt = Slot + "\nThink step by step, then write the answer on a last line of its own: " + AnswerExtraction.Marker + " ANSWER\n";

    private static readonly string[] Prompts = ["question", "problem", "prompt", "instruction", "input"];
    private static readonly string[] Answers = ["answer", "answers", "final_answer", "ground_truth", "reward_model.ground_truth", "target", "solution", "output", "completion"];
    private static readonly string[] Solutions = ["solution", "answer", "output", "completion"];

    /// <summary>Reads the questions of a file.</summary>
    /// <param name="path">The file; see <see cref="DataFile"/>.</param>
    /// <param name="columns">Which columns; null takes those with the usual names.</param>
    /// <param name="prompt">How a question becomes a prompt, with <see cref="Slot"/> where it goes.</param>
    /// <param name="limit">Questions to read, the first of the file; null reads all.</param>
    /// <exception cref="UsageException">The file cannot be read or is empty, a column is missing, or a row has no answer.</exception>
    public static IReadOnlyList<TextItem> Read(string path, DataColumns? columns = null, string prompt = UsualPrompt, int? limit = null)
    {
        if (!prompt.Contains(Slot, StringComparison.Ordinal)) { throw new UsageException($"The prompt '{prompt}' has no place for the question. Write {Slot} where it goes."); }
        var items = new List<TextItem>();
        foreach (var row in DataFile.Read(path))
        {
            if (items.Count == limit) { break; }
            items.Add(Item(row, columns ?? DataColumns.Usual, prompt));
        }
        return items;
    }

    private static TextItem Item(DataRow row, DataColumns columns, string prompt)
    {
        var question = Question(row, columns.Require("prompt", row, Prompts));
        var written = row.Text(columns.Require("answer", row, Answers));
        // A worked solution ends with the answer, after a marker or in a box; anything else is the answer itself.
        var answer = AnswerExtraction.AfterMarker(written) ?? AnswerExtraction.Boxed(written) ?? written.Trim();
        if (answer.Length == 0) { throw new UsageException($"{row.Place} has an empty answer. Remove the row, or name another column with --columns answer=COLUMN."); }
        var solution = columns.Find("solution", row, Solutions) is { } column ? row.Text(column) : written;
        var level = columns.Find("level", row, "level") is { } name && int.TryParse(row.Text(name).Split(' ')[^1], out var number) && number > 0 ? number : 1;
        return new TextItem
        {
            Id = row.Place,
            Level = level,
            Prompt = prompt.Replace(Slot, question, StringComparison.Ordinal),
            Question = question,
            Topic = columns.Find("topic", row, "topic", "title") is { } topic ? row.Text(topic) : "",
            Solution = AnswerExtraction.AfterMarker(solution) is null && AnswerExtraction.Boxed(solution) is null ? $"{solution}\n{AnswerExtraction.Marker} {answer}" : solution,
            Answer = answer,
            Checker = new ReferenceChecker(answer),
        };
    }

    /// <summary>A question is a text, or a conversation whose last user message is it.</summary>
    private static string Question(DataRow row, string column) =>
        row.Require(column) is System.Text.Json.Nodes.JsonArray conversation
            ? Conversation.Read(conversation, row, column).LastOrDefault(message => message.Role == "user")?.Content
                ?? throw new UsageException($"{row.Place}: the conversation in '{column}' has no user message.")
            : row.Text(column);
}

/// <summary>Judges a response by a reference answer: as exact numbers where both are, as normalised text otherwise.</summary>
internal sealed record ReferenceChecker(string Reference) : IAnswerChecker
{
    public TaskScore Check(string response)
    {
        var marked = AnswerExtraction.AfterMarker(response) ?? AnswerExtraction.Boxed(response);
        var answer = marked ?? AnswerExtraction.LastNumber(response);
        if (answer is null) { return new TaskScore(0, 0, null, "no answer"); }
        var right = AnswerComparison.Same(answer, Reference);
        return new TaskScore(marked is null ? 0 : 1, right ? 1 : 0, answer, !right ? "wrong" : marked is null ? "right, without the marker" : "right");
    }
}
