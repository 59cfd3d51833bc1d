namespace Bellman.Language.Tasks.Problems;

/// <summary>
/// Letters to be rearranged: <c>R:abcd=</c> is answered by <c>dcba</c>. Operations: R reverse, L first letter to the end, S swap first
/// and last, D double each letter, P drop the last. The level sets the length (level + 2), and from level 3 on the number of operations.
/// </summary>
internal sealed class StringProblems : IProblemGenerator
{
    private const string Letters = "abcdefgh";
    private const int LevelsPerOperation = 3;

    private static readonly (char Code, string Words, Func<string, string> Apply)[] Operations =
    [
        ('R', "reverse it", text => string.Concat(text.Reverse())),
        ('L', "move its first letter to the end", text => text[1..] + text[0]),
        ('S', "swap its first and last letters", text => text[^1] + text[1..^1] + text[0]),
        ('D', "write every letter twice", text => string.Concat(text.Select(letter => new string(letter, 2)))),
        ('P', "drop its last letter", text => text[..^1]),
    ];

    public int MaximumLevel => 12;

    public string Alphabet => Letters + "RLSDP:=";

    public TextProblem Create(int level, RandomStream random)
    {
        var text = string.Concat(Enumerable.Range(0, level + 2).Select(_ => Letters[random.NextInt32(Letters.Length)]));
        var operations = new (char Code, string Words, Func<string, string> Apply)[1 + (level / LevelsPerOperation)];
        for (var i = 0; i < operations.Length; i++) { operations[i] = Operations[random.NextInt32(Operations.Length)]; }
        var (results, now) = (new List<string>(), text);
        foreach (var operation in operations)
        {
            now = operation.Apply(now);
            results.Add(now);
        }
        return new TextProblem(
            $"{string.Concat(operations.Select(operation => operation.Code))}:{text}=",
            $"Take the text {text} and {string.Join(", then ", operations.Select(operation => operation.Words))}. What is it then?",
            [.. results.SkipLast(1)],
            [.. operations.Zip(results, (operation, result) => $"To {operation.Words} gives {result}.")],
            now, new ExactTextRule(now, Letters));
    }
}
