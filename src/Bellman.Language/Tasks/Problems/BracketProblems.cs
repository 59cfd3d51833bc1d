namespace Bellman.Language.Tasks.Problems;

/// <summary>
/// Brackets to be closed: <c>([&lt;&gt;=</c> is answered by <c>])</c>. The level times two plus one is the number of brackets that are given.
/// </summary>
internal sealed class BracketProblems : IProblemGenerator
{
    private const string Open = "([<";
    private const string Closed = ")]>";

    public int MaximumLevel => 40;

    public string Alphabet => Open + Closed + "=";

    public TextProblem Create(int level, RandomStream random)
    {
        var (text, open, steps) = ("", new Stack<int>(), new List<string>());
        // An odd number of brackets always leaves one open.
        while (text.Length < (2 * level) + 1)
        {
            if (open.Count > 0 && random.NextBoolean())
            {
                text += Closed[open.Pop()];
                steps.Add($"{text[^1]} closes; open: {Shown(open)}");
                continue;
            }
            open.Push(random.NextInt32(Open.Length));
            text += Open[open.Peek()];
            steps.Add($"{text[^1]} opens; open: {Shown(open)}");
        }
        var answer = string.Concat(open.Select(kind => Closed[kind]));
        return new TextProblem(
            text + "=", $"Which brackets complete this text, so that all of them match? {text}",
            [], steps, answer, new ExactTextRule(answer, Closed));
    }

    private static string Shown(Stack<int> open) => open.Count == 0 ? "none" : string.Concat(open.Reverse().Select(kind => Open[kind]));
}
