using System.Collections.Concurrent;
using Bellman.Language;
using Bellman.Language.Tasks;

namespace Bellman.Papers.KnowledgeableRl;

/// <summary>Who judges answers and facts; what is null is done by rules.</summary>
public sealed record KnowledgeableParts
{
    /// <summary>Takes responses apart; null as <see cref="KnowledgeableRlOptions.Layout"/> says.</summary>
    public IResponseForm? Form { get; init; }

    /// <summary>Judges answers.</summary>
    public IAnswerJudge Judge { get; init; } = new RuleJudge();

    /// <summary>Finds the facts of the thinking.</summary>
    public IFactExtractor Extractor { get; init; } = new SentenceFacts();

    /// <summary>Finds passages; null takes the option's knowledge base, or without one the questions' own solutions.</summary>
    public IFactRetriever? Retriever { get; init; }

    /// <summary>Decides whether passages support a fact; null counts shared words.</summary>
    public IFactVerifier? Verifier { get; init; }
}

/// <summary>What is known about one response.</summary>
/// <param name="WellFormed">Its form.</param>
/// <param name="Verdict">Its answer's.</param>
/// <param name="Facts">M.</param>
/// <param name="Supported">How many of them are supported.</param>
public readonly record struct Assessment(bool WellFormed, Verdict Verdict, int Facts, int Supported);

/// <summary>
/// KnowRL's reward (arXiv 2506.19807): form, correctness with a positive reward for an honest refusal, and the share of the
/// thinking's atomic facts that a knowledge base supports. A group in which judge, extractor or retriever failed is left out of
/// the update instead of being scored 0.
/// </summary>
public sealed class KnowledgeableReward : IReward, IDisposable
{
    // Of fewer topics a share says little.
    private const int TopicsBeforeJudging = 20;
    private const double LargestMissingShare = 0.05;
    private const int LargestCache = 200_000;

    private readonly KnowledgeableRlOptions options;
    private readonly IResponseForm form;
    private readonly KnowledgeableParts parts;
    private readonly IFactVerifier verifier;
    private readonly IFactRetriever? retriever;
    private readonly KnowledgeBase? opened;
    private readonly ConcurrentDictionary<string, Verdict> verdicts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> facts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> supports = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> topics = new(StringComparer.Ordinal);

    /// <summary>A reward with these options and parts.</summary>
    /// <exception cref="UsageException">An option is out of range, two do not fit together, or the knowledge base cannot be read.</exception>
    public KnowledgeableReward(KnowledgeableRlOptions options, IResponseForm form, KnowledgeableParts? parts = null)
    {
        (this.options, this.form, this.parts) = (OptionSet.Validated(options, "knowrl"), form, parts ?? new KnowledgeableParts());
        verifier = this.parts.Verifier ?? new EntailmentVerifier("shared words", EntailmentVerifier.SharedWords, options.EntailThreshold);
        if (this.parts.Retriever is null && options.Knowledge is { } path) { opened = KnowledgeBase.Open(path); }
        retriever = this.parts.Retriever ?? (opened is null ? null : new Bm25Retriever(opened));
    }

    /// <inheritdoc/>
    public string Name => "knowrl";

    /// <summary>Who judges.</summary>
    public KnowledgeableParts Parts => parts;

    /// <inheritdoc/>
    public RewardScores Score(IReadOnlyList<Rollout> rollouts, RewardContext context)
    {
        var assessed = new Assessment?[rollouts.Count];
        Parallel.For(0, rollouts.Count, new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = context.Cancellation }, i => assessed[i] = Assess(Item(rollouts[i]), rollouts[i], context.Cancellation));
        RequireTopics();
        // A failure says nothing about the response, but a score of 0 would.
        var failed = rollouts.Where((_, i) => assessed[i] is null).Select(rollout => rollout.Group).ToHashSet();
        for (var i = 0; i < rollouts.Count; i++) { if (assessed[i] is { } one) { Note(rollouts[i], one); } }
        Write(rollouts, assessed, failed.Count, context.Metrics);
        return new([.. rollouts.Select((rollout, i) => assessed[i] is { } one && !failed.Contains(rollout.Group) ? Total(one) : (double?)null)]);
    }

    /// <summary>R of an assessed response, by the option's combination.</summary>
    public double Total(Assessment one)
    {
        var (format, correct, fact) = (Format(one), Correct(one), Fact(one));
        // Additive: R = r_format + r_correct + r_fact
        if (options.Combination == RewardCombination.Additive) { return format + options.CorrectWeight * correct + options.FactWeight * fact; }
        // OnlyWhenWrong: R = r_format + (r_correct = -1 and not refusal ? -1 + r_fact : r_correct)
        return format + options.CorrectWeight * correct + (one.Verdict == Verdict.Incorrect ? options.FactWeight * fact : 0);
    }

    /// <summary>What supported facts are worth, by the option's score.</summary>
    public double Fact(Assessment one) => one.Facts == 0 ? 0 : options.FactScore switch
    {
        FactScore.Ratio => (double)one.Supported / one.Facts,
        // v exp(1 - 10 / M) for M <= 10
        FactScore.RatioWithLengthPenalty => (double)one.Supported / one.Facts * (one.Facts <= 10 ? Math.Exp(1 - 10.0 / one.Facts) : 1),
        _ => Math.Min(one.Supported / 15.0, 1),
    };

    /// <summary>Everything about one response; null where a part failed.</summary>
    public Assessment? Assess(TextItem item, string response, CancellationToken cancellation = default)
    {
        var parsed = form.Parse(item, response);
        if (Judged(item, parsed.Answer, cancellation) is not { } verdict) { return null; }
        if (Facts(parsed.Thinking, cancellation) is not { } found) { return null; }
        var counted = options.RequireTopicMatch ? [.. found.Where(fact => ConcernsTopic(item, fact))] : found;
        var supported = 0;
        foreach (var fact in counted)
        {
            if (Supported(item, fact, cancellation) is not { } isSupported) { return null; }
            if (isSupported) { supported++; }
        }
        return new Assessment(parsed.WellFormed, verdict, counted.Count, supported);
    }

    /// <inheritdoc/>
    public void Dispose() => opened?.Dispose();

    private double Format(Assessment one) => one.WellFormed ? options.RewardFormat : -options.RewardFormat;

    private double Correct(Assessment one) => one.Verdict switch
    {
        Verdict.Correct => options.RewardCorrect,
        Verdict.NotAttempted => options.RewardRefusal,
        _ => options.RewardWrong,
    };

    private static TextItem Item(Rollout rollout) => rollout.Prompt.Target as TextItem
        ?? throw new UsageException($"knowrl needs questions with gold answers, and the target of prompt '{rollout.Prompt.Id}' is {rollout.Prompt.Target?.GetType().Name ?? "nothing"}. Give prompts of a task or a data file.");

    private Assessment? Assess(TextItem item, Rollout rollout, CancellationToken cancellation) =>
        // What was cut is not an answer, however it reads so far.
        Assess(item, rollout.Text, cancellation) is { } one ? rollout.Ended ? one : one with { WellFormed = false } : null;

    private Verdict? Judged(TextItem item, string? answer, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(item.Answer)) { throw new UsageException($"{item.Id} has no gold answer, and correctness cannot be judged without one. Remove it from the data."); }
        if (answer is null) { return Verdict.Incorrect; }
        var verdict = Kept(verdicts, $"{parts.Judge.Name}\n{item.Prompt}\n{item.Answer}\n{answer}", () => parts.Judge.Grade(item.Question, item.Answer, answer, cancellation) is var said and not Verdict.Failed ? said : null);
        return verdict;
    }

    private IReadOnlyList<string>? Facts(string text, CancellationToken cancellation)
    {
        if (facts.TryGetValue(text, out var known)) { return known; }
        if (parts.Extractor.Extract(text, cancellation) is not { } found) { return null; }
        if (facts.Count >= LargestCache) { facts.Clear(); }
        return facts[text] = found;
    }

    private bool? Supported(TextItem item, string fact, CancellationToken cancellation)
    {
        var topic = item.Topic.Length > 0 ? item.Topic : item.Id;
        return Kept(supports, $"{verifier.Name}\n{retriever?.Name}\n{topic}\n{fact}", () =>
        {
            var passages = retriever is null ? Solution(item, fact) : retriever.Top(topic, fact, options.Passages);
            if (retriever is not null) { topics[topic] = passages is not null; }
            return passages is null ? null : verifier.Verify(fact, passages, cancellation)?.Supported;
        });
    }

    private IReadOnlyList<string> Solution(TextItem item, string fact)
    {
        var passages = item.Solution.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        using var own = new KnowledgeBase([KeyValuePair.Create(item.Id, (IReadOnlyList<string>)passages)]);
        return new Bm25Retriever(own).Top(item.Id, fact, options.Passages) ?? [];
    }

    private static bool ConcernsTopic(TextItem item, string fact)
    {
        static IEnumerable<string> Words(string text) => RuleJudge.Normalise(text).Split(' ').Where(word => word.Length > 2);
        return Words($"{item.Question} {item.Topic}").Intersect(Words(fact)).Any();
    }

    private void RequireTopics()
    {
        var missing = topics.Where(pair => !pair.Value).Select(pair => pair.Key).ToList();
        if (topics.Count >= TopicsBeforeJudging && missing.Count > LargestMissingShare * topics.Count)
        {
            throw new UsageException($"The knowledge base lacks {missing.Count} of the {topics.Count} articles asked for so far, e.g. '{missing.Order(StringComparer.Ordinal).First()}'. Most must be there; its rows' key is a question's joined titles.");
        }
    }

    private void Note(Rollout rollout, Assessment one)
    {
        rollout.Components["knowrl_format"] = Format(one);
        rollout.Components["knowrl_correct"] = Correct(one);
        rollout.Components["knowrl_fact"] = Fact(one);
    }

    private static void Write(IReadOnlyList<Rollout> rollouts, Assessment?[] assessed, int dropped, IMetricSink metrics)
    {
        var known = assessed.OfType<Assessment>().ToList();
        metrics.Add("knowrl/groups_dropped", dropped);
        metrics.Add("knowrl/failures", assessed.Length - known.Count);
        if (known.Count == 0) { return; }
        metrics.Add("knowrl/correct", known.Average(one => one.Verdict == Verdict.Correct ? 1.0 : 0));
        metrics.Add("knowrl/refused", known.Average(one => one.Verdict == Verdict.NotAttempted ? 1.0 : 0));
        metrics.Add("knowrl/incorrect", known.Average(one => one.Verdict == Verdict.Incorrect ? 1.0 : 0));
        metrics.Add("knowrl/malformed", known.Average(one => one.WellFormed ? 0.0 : 1));
        metrics.Add("knowrl/facts", known.Average(one => (double)one.Facts));
        var (facts, supported) = (known.Sum(one => one.Facts), known.Sum(one => one.Supported));
        if (facts > 0) { metrics.Add("knowrl/false_facts", 1 - (double)supported / facts); }
        metrics.Add("knowrl/length", rollouts.Average(rollout => rollout.Text.Length));
    }

    private static T? Kept<T>(ConcurrentDictionary<string, T> cache, string key, Func<T?> compute) where T : struct
    {
        if (cache.TryGetValue(key, out var known)) { return known; }
        if (compute() is not { } value) { return null; }
        if (cache.Count >= LargestCache) { cache.Clear(); }
        cache[key] = value;
        return value;
    }
}
