using Bellman.Language.Data;

namespace Bellman.Language.Tasks;

/// <summary>The worded style: a question, working in lines, and the answer after the marker of GSM8K.</summary>
internal static class WordedText
{
    /// <summary>Printable ASCII and the line feed.</summary>
    public static string Alphabet { get; } = "\n" + string.Concat(Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code));

    public static string Prompt(TextProblem problem) =>
        $"{problem.Question}\nThink step by step, then write the answer on a last line of its own: {AnswerExtraction.Marker} ANSWER\n";

    public static string Solution(TextProblem problem) =>
        string.Concat(problem.Steps.Select(step => step + "\n")) + $"{AnswerExtraction.Marker} {problem.Answer}";
}

/// <summary>
/// The answer is what follows the last marker, or the last box; a response with neither has no form, but a right number or
/// word at its end still counts as an answer.
/// </summary>
internal sealed record WordedChecker(IAnswerRule Rule) : IAnswerChecker
{
    public TaskScore Check(string response)
    {
        if (AnswerExtraction.AfterMarker(response) is { } marked) { return Score(marked, formed: true); }
        if (AnswerExtraction.Boxed(response) is { } boxed) { return Score(boxed, formed: true); }
        var line = response.TrimEnd().Split('\n')[^1];
        var word = line[(line.LastIndexOf(' ') + 1)..].Trim().TrimEnd('.', '!', ',');
        return word.Length == 0 ? new TaskScore(0, 0, null, "no answer") : Score(word, formed: false);
    }

    private TaskScore Score(string answer, bool formed)
    {
        var wellFormed = Rule.IsWellFormed(answer);
        var right = wellFormed && Rule.IsRight(answer);
        var reason = !wellFormed ? "not the form of an answer" : right ? formed ? "right" : "right, without the marker" : "wrong";
        return new TaskScore(formed && wellFormed ? 1 : 0, right ? 1 : 0, answer, reason);
    }
}
