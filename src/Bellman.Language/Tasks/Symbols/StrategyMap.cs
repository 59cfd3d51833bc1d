namespace Bellman.Language.Tasks.Symbols;

/// <summary>
/// Questions with three right ways to answer: <c>&gt;XXXXX=</c> is answered by a strategy's letter p, q or r and five images. The
/// images of a to e are the same in all three; those of f to j are each strategy's own.
/// </summary>
public static class StrategyMap
{
    /// <summary>The strategies.</summary>
    public const string Strategies = "pqr";

    /// <summary>Symbols of a question.</summary>
    public const int Length = 5;

    /// <summary>Most tokens of a response: strategy, images, end.</summary>
    public const int MaximumTokens = Length + 2;

    private static readonly string[] HardImages = ["afcie", "fciea", "cieaf"];

    /// <summary>How often the taught demonstrations use each strategy.</summary>
    private static readonly double[] Shares = [0.6, 0.25, 0.15];

    /// <summary>How often they get a hard image wrong, by strategy.</summary>
    private static readonly double[] Noise = [0.1, 0.25, 0.25];

    /// <summary>The prompt of a question.</summary>
    public static string Prompt(string question) => $">{question}=";

    /// <summary>The right response by a strategy.</summary>
    public static string Response(string question, char strategy) => strategy + string.Concat(question.Select(symbol => Image(symbol, strategy)));

    /// <summary>The strategy that a response names, if it is right by that strategy; null otherwise.</summary>
    public static char? Used(string question, string response) =>
        response.Length > 0 && Strategies.Contains(response[0], StringComparison.Ordinal) && response == Response(question, response[0]) ? response[0] : null;

    /// <summary>A question and a noisy demonstration of it, as the base model is taught.</summary>
    public static (string Prompt, string Response) Demonstration(RandomStream random)
    {
        var question = SymbolMap.Question(Length, random.NextInt32(Length + 1), random);
        var strategy = random.NextCategorical(Shares);
        var images = question.Select(symbol => SymbolMap.IsHard(symbol) && random.NextBoolean(Noise[strategy])
            ? SymbolMap.Any(SymbolMap.Symbols, random) : Image(symbol, Strategies[strategy]));
        return (Prompt(question), Strategies[strategy] + string.Concat(images));
    }

    private static char Image(char symbol, char strategy) => SymbolMap.IsHard(symbol)
        ? HardImages[Strategies.IndexOf(strategy, StringComparison.Ordinal)][SymbolMap.Hard.IndexOf(symbol, StringComparison.Ordinal)] : SymbolMap.Image(symbol);
}
