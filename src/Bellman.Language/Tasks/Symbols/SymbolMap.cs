namespace Bellman.Language.Tasks.Symbols;

/// <summary>What a bad teacher writes as the image of a hard symbol: the right one, a fixed wrong one, or else any letter a to j.</summary>
/// <param name="Correct">Probability of the right image.</param>
/// <param name="Distractor">Probability of the symbol's distractor.</param>
public sealed record SymbolNoise(double Correct, double Distractor);

/// <summary>
/// A secret map of the letters a to j onto themselves. Images of a to e are taught rightly (easy), those of f to j hardly (hard), so
/// that the number of hard symbols in a question is its difficulty. Several papers' small tasks are built on it.
/// </summary>
public static class SymbolMap
{
    /// <summary>The easy symbols.</summary>
    public const string Easy = "abcde";

    /// <summary>The hard symbols.</summary>
    public const string Hard = "fghij";

    /// <summary>All symbols; an answer's letters are drawn from these as well.</summary>
    public const string Symbols = Easy + Hard;

    /// <summary>Every character that the small tasks write.</summary>
    public const string Alphabet = Symbols + "ABCDEFGHIJpqr0123456789#|>;.=_<? ";

    private const string Mapped = "dgjbhafcie";
    private const string Distractors = "bedga";

    /// <summary>The image of a symbol.</summary>
    public static char Image(char symbol) => Mapped[Index(symbol)];

    /// <summary>The wrong image that a bad teacher prefers for a hard symbol.</summary>
    public static char Distractor(char hard) => Distractors[Index(hard) - Easy.Length];

    /// <summary>Whether a symbol is hard.</summary>
    public static bool IsHard(char symbol) => Hard.Contains(symbol, StringComparison.Ordinal);

    /// <summary>The images of a question's symbols, in order.</summary>
    public static string Images(string question) => string.Concat(question.Select(Image));

    /// <summary>Symbols in random order, some of them hard.</summary>
    /// <param name="length">How many.</param>
    /// <param name="hard">How many of them hard, 0 to <paramref name="length"/>.</param>
    /// <param name="random">Draws them.</param>
    /// <param name="from">The hard symbols that may occur.</param>
    public static string Question(int length, int hard, RandomStream random, string from = Hard)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hard, length);
        var symbols = new char[length];
        for (var i = 0; i < length; i++) { symbols[i] = i < hard ? Any(from, random) : Any(Easy, random); }
        random.Shuffle<char>(symbols);
        return new string(symbols);
    }

    /// <summary>The images as a bad teacher writes them: easy ones right, hard ones by <paramref name="noise"/>.</summary>
    public static string NoisyImages(string question, SymbolNoise noise, RandomStream random) =>
        string.Concat(question.Select(symbol => IsHard(symbol) ? NoisyImage(symbol, noise, random) : Image(symbol)));

    /// <summary>One letter of <paramref name="letters"/>.</summary>
    public static char Any(string letters, RandomStream random) => letters[random.NextInt32(letters.Length)];

    private static char NoisyImage(char symbol, SymbolNoise noise, RandomStream random)
    {
        var draw = random.NextDouble();
        return draw < noise.Correct ? Image(symbol) : draw < noise.Correct + noise.Distractor ? Distractor(symbol) : Any(Symbols, random);
    }

    private static int Index(char symbol)
    {
        var index = Symbols.IndexOf(symbol, StringComparison.Ordinal);
        return index >= 0 ? index : throw new ArgumentException($"'{symbol}' is not one of the symbols {Symbols}.", nameof(symbol));
    }
}
