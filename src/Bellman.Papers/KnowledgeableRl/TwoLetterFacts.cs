using System.Text.RegularExpressions;
using Bellman.Language;
using Bellman.Language.Tasks;
using Bellman.Language.Tokenizers;

namespace Bellman.Papers.KnowledgeableRl;

/// <summary>
/// A world of 60 facts: an entity is two letters a to j, its attribute a digit. The base was taught 30 of them; of 20 others it is asked in
/// training and of 10 only in the test. <c>Qxy</c> is answered by <c>T</c> thinking <c>tA</c> answer <c>a</c>, where thinking is facts
/// <c>xyd.</c> or <c>?</c>, and the answer a digit or the refusal <c>N</c>.
/// </summary>
internal sealed class TwoLetterFacts
{
    public const int MaximumTokens = 16;

    private const string Letters = "abcdefghij";
    private const int Known = 30;
    private const int UnknownTrained = 20;
    private const int HeldOut = 10;

    private readonly TextItem[] items;

    /// <summary>The world of a seed.</summary>
    public TwoLetterFacts(ulong seed)
    {
        var random = RandomStream.Create(seed, "two-letter-facts");
        var names = Enumerable.Range(0, Letters.Length * Letters.Length).Select(i => $"{Letters[i / Letters.Length]}{Letters[i % Letters.Length]}").ToArray();
        random.Shuffle<string>(names);
        items = [.. names.Take(Known + UnknownTrained + HeldOut).Select(name => Item(name, (char)('0' + random.NextInt32(10))))];
    }

    /// <summary>One token a character.</summary>
    public static CharacterTokenizer Tokenizer { get; } = new(Letters + "0123456789.?QTtAN");

    /// <summary>Taught to the base.</summary>
    public IReadOnlyList<TextItem> KnownItems => items[..Known];

    /// <summary>Asked in training, never taught.</summary>
    public IReadOnlyList<TextItem> UnknownItems => items[Known..(Known + UnknownTrained)];

    /// <summary>Asked in the test alone.</summary>
    public IReadOnlyList<TextItem> HeldOutItems => items[(Known + UnknownTrained)..];

    /// <summary>Who judges in this world: exact rules over all 60 facts.</summary>
    public KnowledgeableParts Parts => new() { Form = new LetterForm(), Judge = new LetterJudge(), Extractor = new LetterFacts(this), Retriever = new WholeBase(this), Verifier = new ExactVerifier() };

    /// <summary>An item as a prompt.</summary>
    public static PromptItem Prompt(TextItem item) => new(item.Id, Tokenizer.Encode(item.Prompt)) { Text = item.Prompt, Target = item };

    /// <summary>A right response: the fact, and the answer.</summary>
    public static string Gold(TextItem item) => Response($"{item.Id}{item.Answer}.", item.Answer);

    /// <summary>As the base is taught: it knows what it was told in nine of ten cases, guesses the rest, seldom refuses, and pads its thinking.</summary>
    public (string Prompt, string Response) Demonstration(RandomStream random)
    {
        var known = random.NextBoolean(0.6);
        var item = known ? items[random.NextInt32(Known)] : items[Known + random.NextInt32(items.Length - Known)];
        if (random.NextBoolean(0.08)) { return (item.Prompt, Response("?", "N")); }
        var value = known && random.NextBoolean(0.9) ? item.Answer : Digit(random);
        var thinking = $"{item.Id}{value}.";
        if (random.NextBoolean(0.6))
        {
            var other = items[random.NextInt32(Known)];
            thinking += $"{other.Id}{(random.NextBoolean(0.5) ? other.Answer : Digit(random))}.";
        }
        var response = Response(thinking, value);
        return (item.Prompt, random.NextBoolean(0.05) ? response[..^1] : response);
    }

    /// <summary>Whether a piece of thinking speaks of an entity of this world.</summary>
    public bool IsFact(string piece) => piece.Length == 3 && items.Any(item => piece.StartsWith(item.Id, StringComparison.Ordinal));

    /// <summary>All facts.</summary>
    public IReadOnlyList<string> Facts => [.. items.Select(item => item.Id + item.Answer)];

    private static string Response(string thinking, string answer) => $"T{thinking}tA{answer}a";

    private static string Digit(RandomStream random) => ((char)('0' + random.NextInt32(10))).ToString();

    private static TextItem Item(string name, char digit) => new()
    {
        Id = name,
        Level = 1,
        Prompt = "Q" + name,
        Answer = digit.ToString(),
        Solution = $"T{name}{digit}.tA{digit}a",
        Checker = new LetterChecker(digit.ToString()),
    };
}

/// <summary>The form T...tA...a, no T or A inside.</summary>
internal sealed partial class LetterForm : IResponseForm
{
    public ParsedResponse Parse(TextItem item, string response) => Parse(response);

    public static ParsedResponse Parse(string response)
    {
        var whole = Whole().Match(response);
        if (whole.Success) { return new ParsedResponse(true, whole.Groups[1].Value, whole.Groups[2].Value); }
        var (think, answer) = (Think().Match(response), Answer().Match(response));
        return new ParsedResponse(false, think.Success ? think.Groups[1].Value : response, answer.Success ? answer.Groups[1].Value : null);
    }

    [GeneratedRegex(@"\AT([^TA]+)tA([^TA]+)a\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Whole();

    [GeneratedRegex(@"T([^T]*?)t", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Think();

    [GeneratedRegex(@"A([^TA]+?)a", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Answer();
}

internal sealed record LetterChecker(string Gold) : IAnswerChecker
{
    public TaskScore Check(string response)
    {
        var parsed = LetterForm.Parse(response);
        return new TaskScore(parsed.WellFormed ? 1 : 0, parsed.Answer == Gold ? 1 : 0, parsed.Answer, parsed.Answer == Gold ? "right" : "wrong");
    }
}

internal sealed class LetterJudge : IAnswerJudge
{
    public string Name => "letters/1";

    public Verdict Grade(string question, string gold, string answer, CancellationToken cancellation = default) =>
        answer == gold ? Verdict.Correct : answer == "N" ? Verdict.NotAttempted : Verdict.Incorrect;
}

internal sealed class LetterFacts(TwoLetterFacts world) : IFactExtractor
{
    public string Name => "letters/1";

    public IReadOnlyList<string>? Extract(string text, CancellationToken cancellation = default) => [.. text.Split('.').Where(world.IsFact)];
}

internal sealed class WholeBase(TwoLetterFacts world) : IFactRetriever
{
    private readonly IReadOnlyList<string> facts = world.Facts;

    public string Name => "whole/1";

    public IReadOnlyList<string>? Top(string topic, string fact, int count) => facts;
}

internal sealed class ExactVerifier : IFactVerifier
{
    public string Name => "exact/1";

    public FactSupport? Verify(string fact, IReadOnlyList<string> passages, CancellationToken cancellation = default)
    {
        var place = passages.ToList().IndexOf(fact);
        return new FactSupport(place >= 0, place >= 0 ? 1 : 0, place);
    }
}
