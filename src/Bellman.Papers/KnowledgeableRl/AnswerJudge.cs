using System.Text.RegularExpressions;
using Bellman.Language;
using Bellman.Language.Chat;
using Bellman.Language.Data;

namespace Bellman.Papers.KnowledgeableRl;

/// <summary>What a judge says about an answer.</summary>
public enum Verdict
{
    /// <summary>It contains the essential information and nothing against it.</summary>
    Correct,

    /// <summary>An explicit refusal or evasion.</summary>
    NotAttempted,

    /// <summary>Anything else, a wrong guess in careful words included.</summary>
    Incorrect,

    /// <summary>The judge failed, or said something that is no verdict.</summary>
    Failed,
}

/// <summary>Compares an answer with the gold one. Only the answer block is ever shown to it, never the thinking.</summary>
public interface IAnswerJudge
{
    /// <summary>Name and version: verdicts are kept by it.</summary>
    string Name { get; }

    /// <summary>The verdict.</summary>
    Verdict Grade(string question, string gold, string answer, CancellationToken cancellation = default);
}

/// <summary>Rules for short answers: the gold answer itself or contained as whole words is correct, a known phrase a refusal, all else incorrect.</summary>
public sealed partial class RuleJudge : IAnswerJudge
{
    private static readonly string[] Refusals =
        ["i dont know", "i do not know", "dont know", "do not know", "unknown", "not sure", "im not sure", "i am not sure", "cannot answer", "i cannot answer", "cant answer", "no answer", "unable to answer", "i am unable to answer"];

    /// <inheritdoc/>
    public string Name => "rules/1";

    /// <inheritdoc/>
    public Verdict Grade(string question, string gold, string answer, CancellationToken cancellation = default)
    {
        var (wanted, given) = (Normalise(gold), Normalise(answer));
        if (given.Length == 0) { return Verdict.Incorrect; }
        if (given == wanted || AnswerComparison.Same(answer, gold) || (wanted.Length > 0 && $" {given} ".Contains($" {wanted} ", StringComparison.Ordinal))) { return Verdict.Correct; }
        return IsRefusal(answer) ? Verdict.NotAttempted : Verdict.Incorrect;
    }

    /// <summary>Whether an answer is one of the known refusals, alone or at its beginning.</summary>
    public static bool IsRefusal(string answer)
    {
        var text = Normalise(answer);
        return Refusals.Any(phrase => text == phrase || text.StartsWith(phrase + " ", StringComparison.Ordinal));
    }

    /// <summary>Lower case, without articles, punctuation and repeated spaces.</summary>
    public static string Normalise(string text) =>
        Spaces().Replace(Articles().Replace(Punctuation().Replace(Apostrophes().Replace(text.ToLowerInvariant(), ""), " "), " "), " ").Trim();

    [GeneratedRegex(@"['’]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Apostrophes();

    // A point or comma inside a number stays.
    [GeneratedRegex(@"(?<!\d)[.,]|[.,](?!\d)|[^\w\s.,]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Punctuation();

    [GeneratedRegex(@"\b(?:a|an|the)\b", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Articles();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces();
}

/// <summary>A language model as judge, at temperature 0.</summary>
/// <param name="generator">Local or remote; its own retries apply.</param>
/// <param name="name">Names the model, for what is kept.</param>
public sealed partial class ChatAnswerJudge(ITextGenerator generator, string name) : IAnswerJudge
{
    private static readonly SamplingOptions Options = new() { Temperature = 0, MaximumNewTokens = 256 };

    /// <inheritdoc/>
    public string Name => $"chat/1/{name}";

    /// <inheritdoc/>
    public Verdict Grade(string question, string gold, string answer, CancellationToken cancellation = default)
    {
        var prompt =
            "Grade a predicted answer against the gold answer.\n"
            + "CORRECT: it contains the essential information of the gold answer and nothing that contradicts it; wording, order and case do not matter; numbers agree to the gold answer's significant figures.\n"
            + "INCORRECT: anything in it contradicts the gold answer, even with words of doubt.\n"
            + "NOT_ATTEMPTED: it says that it does not know, or avoids the question, without contradicting the gold answer.\n\n"
            + $"Question: {question}\nGold answer: {gold}\nPredicted answer: {answer}\n\n"
            + "Reply with <answer>CORRECT</answer>, <answer>INCORRECT</answer> or <answer>NOT_ATTEMPTED</answer> and nothing else.";
        return Asked.Once(generator, prompt, Options, cancellation) is { } reply ? Parse(reply) : Verdict.Failed;
    }

    /// <summary>Reads a verdict: a word or its letter (A correct, B incorrect, C not attempted), in an answer tag where there is one; whole words only.</summary>
    public static Verdict Parse(string reply)
    {
        var text = Tag().Match(reply) is { Success: true } tag ? tag.Groups[1].Value : reply;
        var words = Words().Matches(text).Select(match => match.Value.ToUpperInvariant().Replace(' ', '_')).ToList();
        var verdicts = words.Select(word => word switch
        {
            "CORRECT" => Verdict.Correct,
            "INCORRECT" => Verdict.Incorrect,
            "NOT_ATTEMPTED" => Verdict.NotAttempted,
            _ => Verdict.Failed,
        }).Distinct().ToList();
        if (verdicts.Count == 1) { return verdicts[0]; }
        return verdicts.Count > 1 ? Verdict.Failed : text.Trim().TrimEnd('.', ')').TrimStart('(').ToUpperInvariant() switch
        {
            "A" => Verdict.Correct,
            "B" => Verdict.Incorrect,
            "C" => Verdict.NotAttempted,
            _ => Verdict.Failed,
        };
    }

    [GeneratedRegex(@"<answer>(.*?)</answer>", RegexOptions.Singleline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Tag();

    [GeneratedRegex(@"\b(?:CORRECT|INCORRECT|NOT[_ ]ATTEMPTED)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();
}

/// <summary>One question to a generator; null where it failed, so that a group is left out instead of being scored 0.</summary>
internal static class Asked
{
    private const int Attempts = 3;

    public static string? Once(ITextGenerator generator, string prompt, SamplingOptions options, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return generator.Generate([new TextRequest("knowrl", [new ChatMessage("user", prompt)], 1, RandomStream.Create(0, "knowrl"))], options, cancellation)[0][0].Text;
            }
            catch (BellmanException failure) when (failure is not UsageException && attempt < Attempts) { }
            catch (BellmanException failure) when (failure is not UsageException)
            {
                return null;
            }
        }
    }
}
