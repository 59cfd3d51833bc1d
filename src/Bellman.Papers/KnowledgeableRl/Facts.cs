using System.Text.RegularExpressions;
using Bellman.Language;

namespace Bellman.Papers.KnowledgeableRl;

/// <summary>Takes a text apart into atomic facts.</summary>
public interface IFactExtractor
{
    /// <summary>Name and version: facts are kept by it.</summary>
    string Name { get; }

    /// <summary>One piece of information each; empty when the text states none; null when the extractor failed.</summary>
    IReadOnlyList<string>? Extract(string text, CancellationToken cancellation = default);
}

/// <summary>Every sentence or line that states something is a fact; questions, headings and instructions to oneself are none.</summary>
public sealed partial class SentenceFacts : IFactExtractor
{
    private static readonly string[] Instructions = ["let me", "lets", "let us", "i need", "i should", "i will", "we need", "first i", "wait", "hmm", "okay", "so i"];

    /// <inheritdoc/>
    public string Name => "sentences/1";

    /// <inheritdoc/>
    public IReadOnlyList<string>? Extract(string text, CancellationToken cancellation = default) =>
        [.. Sentences().Split(text).Select(sentence => sentence.Trim()).Where(IsFact).Distinct()];

    private static bool IsFact(string sentence)
    {
        var plain = RuleJudge.Normalise(sentence);
        return plain.Length > 0 && !sentence.EndsWith('?') && !sentence.EndsWith(':') && !Instructions.Any(start => plain.StartsWith(start, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"(?<=[.!?;])\s+|[;\n]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sentences();
}

/// <summary>A language model as extractor: a fact a line, or the marker of a text without any.</summary>
/// <param name="generator">Local or remote.</param>
/// <param name="name">Names the model.</param>
public sealed class ChatFacts(ITextGenerator generator, string name) : IFactExtractor
{
    /// <summary>What the extractor answers for a text without facts.</summary>
    public const string NonFactual = "NON_FACTUAL";

    private static readonly SamplingOptions Options = new() { Temperature = 0, MaximumNewTokens = 1024 };

    /// <inheritdoc/>
    public string Name => $"chat/1/{name}";

    /// <inheritdoc/>
    public IReadOnlyList<string>? Extract(string text, CancellationToken cancellation = default)
    {
        var prompt =
            "Break the text into atomic facts, one a line: each a full sentence with one piece of information that the text states explicitly. Where the text corrects itself, keep the final version. "
            + $"Questions, plans and instructions are no facts. If there is none, reply {NonFactual}.\n\nText:\n{text}";
        return Asked.Once(generator, prompt, Options, cancellation) is { } reply ? Parse(reply) : null;
    }

    /// <summary>The facts of a reply, without list marks.</summary>
    public static IReadOnlyList<string> Parse(string reply) => reply.Contains(NonFactual, StringComparison.Ordinal) ? []
        : [.. reply.Split('\n').Select(line => line.Trim().TrimStart('-', '*', '•', ' ')).Select(line => Regex.Replace(line, @"^\d+[.)]\s*", "", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)).Trim()).Where(line => line.Length > 0)];
}

/// <summary>Decides whether passages support a fact.</summary>
public interface IFactVerifier
{
    /// <summary>Name and version: decisions are kept by it.</summary>
    string Name { get; }

    /// <summary>The decision; null when the verifier failed.</summary>
    FactSupport? Verify(string fact, IReadOnlyList<string> passages, CancellationToken cancellation = default);
}

/// <summary>A decision about a fact.</summary>
/// <param name="Supported">Whether a passage supports it.</param>
/// <param name="Score">The best score seen.</param>
/// <param name="Passage">Index of the passage with it; -1 without passages.</param>
public sealed record FactSupport(bool Supported, double Score, int Passage);

/// <summary>Premise: a passage; hypothesis: the fact. Supported as soon as a passage's probability of entailment reaches the threshold.</summary>
/// <param name="name">Names the entailment model.</param>
/// <param name="entailment">P(entailment | premise, hypothesis), from 0 to 1.</param>
/// <param name="threshold">Between 0 and 1, both excluded; 0.3 in the released program.</param>
public sealed class EntailmentVerifier(string name, Func<string, string, double> entailment, double threshold = 0.3) : IFactVerifier
{
    private readonly double threshold = threshold is > 0 and < 1 ? threshold : throw new UsageException($"The threshold of entailment cannot be {threshold}: it is a probability between 0 and 1.");

    /// <inheritdoc/>
    public string Name => $"entailment/1/{name}/{threshold}";

    /// <inheritdoc/>
    public FactSupport? Verify(string fact, IReadOnlyList<string> passages, CancellationToken cancellation = default)
    {
        var best = new FactSupport(false, 0, -1);
        for (var i = 0; i < passages.Count; i++)
        {
            var probability = entailment(passages[i], fact);
            if (i == 0 || probability > best.Score) { best = new FactSupport(probability >= threshold, probability, i); }
            if (best.Supported) { break; }
        }
        return best;
    }

    /// <summary>Without an entailment model: the share of the fact's words, short ones apart, that the passage has, but 0 when a number of the fact is not in the passage.</summary>
    public static double SharedWords(string passage, string fact)
    {
        var known = RuleJudge.Normalise(passage).Split(' ').ToHashSet();
        var words = RuleJudge.Normalise(fact).Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => word.Length > 2 || word.Any(char.IsDigit)).ToList();
        if (words.Count == 0 || words.Any(word => word.Any(char.IsDigit) && !known.Contains(word))) { return 0; }
        return (double)words.Count(known.Contains) / words.Count;
    }
}

/// <summary>A language model says true or false of a fact, given all passages (the paper's verifier).</summary>
/// <param name="generator">Local or remote.</param>
/// <param name="name">Names the model.</param>
public sealed class ChatVerifier(ITextGenerator generator, string name) : IFactVerifier
{
    private static readonly SamplingOptions Options = new() { Temperature = 0, MaximumNewTokens = 16 };

    /// <inheritdoc/>
    public string Name => $"chat/1/{name}";

    /// <inheritdoc/>
    public FactSupport? Verify(string fact, IReadOnlyList<string> passages, CancellationToken cancellation = default)
    {
        var reply = Asked.Once(generator, $"{string.Join("\n\n", passages)}\n\nGiven these passages, is this statement true? Reply True or False.\nStatement: {fact}", Options, cancellation);
        if (reply is null) { return null; }
        var (isTrue, isFalse) = (reply.Contains("true", StringComparison.OrdinalIgnoreCase), reply.Contains("false", StringComparison.OrdinalIgnoreCase));
        return isTrue == isFalse ? null : new FactSupport(isTrue, isTrue ? 1 : 0, 0);
    }
}
