namespace Bellman.Language.Tasks;

/// <summary>The compact style: intermediate results and the answer, separated by semicolons.</summary>
internal static class CompactText
{
    public const char Separator = ';';

    public static string Solution(TextProblem problem) => string.Concat(problem.ShortSteps.Select(step => step + Separator)) + problem.Answer;
}

/// <summary>The answer is what follows the last semicolon, or the whole response without one.</summary>
internal sealed record CompactChecker(IAnswerRule Rule) : IAnswerChecker
{
    public TaskScore Check(string response)
    {
        var answer = response[(response.LastIndexOf(CompactText.Separator) + 1)..].Trim();
        if (answer.Length == 0) { return new TaskScore(0, 0, null, "no answer"); }
        if (!Rule.IsWellFormed(answer)) { return new TaskScore(0, 0, answer, "not the form of an answer"); }
        return Rule.IsRight(answer) ? new TaskScore(1, 1, answer, "right") : new TaskScore(1, 0, answer, "wrong");
    }
}
