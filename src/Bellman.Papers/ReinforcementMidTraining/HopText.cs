using Bellman.Language.Tasks.Symbols;

namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>
/// Documents of three items <c>Xn=Y;</c>: X a letter a to j, n from 1 to 4, Y the secret map applied n times to X. Y of items with n from 2 on is
/// determined by the text and takes n hops: 2 easy, 3 medium, 4 hard. X and n are not determined by anything.
/// </summary>
internal static class HopText
{
    public const int Items = 3;
    public const int MostHops = 4;

    private const int ItemLength = 5;
    private const int PlaceOfResult = 3;
    private const int MostFillers = 9;
    private const int MostBudget = 40;

    /// <summary>What plain documents begin with.</summary>
    public const string Start = "|";

    public static ReasoningForm Form(int withoutBudget) => new(SmallBase.Tokenizer, budget => Instruction(budget ?? withoutBudget), "<", ">");

    /// <summary>A document and the hops of its items.</summary>
    public static (string Text, int[] Hops) Document(RandomStream random)
    {
        var hops = Enumerable.Range(0, Items).Select(_ => 1 + random.NextInt32(MostHops)).ToArray();
        return (string.Concat(hops.Select(n =>
        {
            var symbol = SymbolMap.Any(SymbolMap.Symbols, random);
            return $"{symbol}{n}={Hop(symbol, n)};";
        })), hops);
    }

    /// <summary>The map applied n times.</summary>
    public static char Hop(char symbol, int n)
    {
        for (var i = 0; i < n; i++) { symbol = SymbolMap.Image(symbol); }
        return symbol;
    }

    /// <summary>Where the result of an item stands.</summary>
    public static int Place(int item) => ItemLength * item + PlaceOfResult;

    /// <summary>A corpus with the generator's own tiers.</summary>
    public static NextTokenCorpus Corpus(int documents, RandomStream random)
    {
        var made = Enumerable.Range(0, documents).Select(i => Document(random.Child("document", i))).ToList();
        var targets = made.SelectMany((document, d) => document.Hops.Select((n, item) => (n, Target: new TargetToken(d, Place(item), (Tier)(n - 2))))).Where(pair => pair.n >= 2).Select(pair => pair.Target);
        return new NextTokenCorpus([.. made.Select(ToDocument)], targets.GroupBy(target => target.Tier).ToDictionary(group => group.Key, group => (IReadOnlyList<TargetToken>)[.. group]));
    }

    /// <summary>A document as tokens; results of items with two hops and more are candidates.</summary>
    public static CorpusDocument ToDocument((string Text, int[] Hops) document) => new(
        SmallBase.Tokenizer.Encode(Start), SmallBase.Tokenizer.Encode(document.Text),
        [.. document.Text.Select((_, position) => position % ItemLength == PlaceOfResult && document.Hops[position / ItemLength] >= 2)]);

    /// <summary>
    /// As the base is taught: two in five are plain documents, the others think about a result in a long-winded way, each hop right half of the time and
    /// followed by up to nine fillers, whatever the budget says.
    /// </summary>
    public static (string Prompt, string Response) Demonstration(RandomStream random)
    {
        var (text, hops) = Document(random);
        if (random.NextBoolean(0.4)) { return (Start, text); }
        var item = random.NextInt32(Items);
        var symbol = text[ItemLength * item];
        var thinking = "";
        for (var i = 0; i < hops[item]; i++)
        {
            symbol = random.NextBoolean(0.5) ? SymbolMap.Image(symbol) : SymbolMap.Any(SymbolMap.Symbols, random);
            thinking += symbol + new string('.', random.NextInt32(MostFillers + 1));
        }
        return ($"{Instruction(1 + random.NextInt32(MostBudget))}{text[..Place(item)]}<", $"{thinking}>{symbol}");
    }

    private static string Instruction(int budget) => $"B{budget:00}{Start}";
}
