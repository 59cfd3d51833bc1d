namespace Bellman.Language;

/// <summary>Responses to one prompt with their scores; NaN where one could not be scored.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Responses">The responses.</param>
/// <param name="Scores">One a response.</param>
public sealed record ScoredResponses(PromptItem Prompt, IReadOnlyList<Completion> Responses, IReadOnlyList<double> Scores);

/// <summary>
/// Several sampled and scored responses to each of many prompts: the first half of every filter and preference recipe
/// (sample, score). What is made of them is the second half (select, update).
/// </summary>
public sealed class ResponsePool
{
    private ResponsePool(IReadOnlyList<ScoredResponses> groups) => Groups = groups;

    /// <summary>One a prompt.</summary>
    public IReadOnlyList<ScoredResponses> Groups { get; }

    /// <summary>Tokens that were drawn.</summary>
    public long Tokens => Groups.Sum(group => group.Responses.Sum(response => (long)response.Tokens.Length));

    /// <summary>Draws and scores.</summary>
    /// <param name="sampler">The policy's.</param>
    /// <param name="prompts">Which prompts.</param>
    /// <param name="samples">Responses to each.</param>
    /// <param name="score">A finite number, or NaN where a response cannot be scored.</param>
    /// <param name="sampling">Limits and temperature.</param>
    /// <param name="random">Where responses are drawn.</param>
    /// <param name="cancellation">Stops it.</param>
    public static ResponsePool Draw(ISampler sampler, IReadOnlyList<PromptItem> prompts, int samples, Func<PromptItem, Completion, double> score, SamplingOptions sampling, RandomStream random, CancellationToken cancellation = default)
    {
        var drawn = sampler.Sample([.. prompts.Select((prompt, i) => new SamplingPrompt(prompt.Tokens, samples, random.Child("prompt", i)))], sampling, cancellation);
        return new ResponsePool([.. prompts.Select((prompt, i) => new ScoredResponses(prompt, drawn[i], [.. drawn[i].Select(response => score(prompt, response))]))]);
    }

    /// <summary>Rejection sampling: responses with at least this score, each text once a prompt where <paramref name="distinct"/>.</summary>
    public IReadOnlyList<TokenExample> Accepted(double threshold, bool distinct = true) =>
        [.. Groups.SelectMany(group => Choose(group, i => group.Scores[i] >= threshold, distinct))];

    /// <summary>Statistical rejection sampling (RSO): kept with probability exp((r - r_max) / beta).</summary>
    public IReadOnlyList<TokenExample> AcceptedByChance(double beta, RandomStream random) => [.. Groups.SelectMany((group, prompt) =>
    {
        var draws = random.Child("accept", prompt);
        var best = group.Scores.Where(score => !double.IsNaN(score)).DefaultIfEmpty(0).Max();
        return Choose(group, i => !double.IsNaN(group.Scores[i]) && draws.NextDouble() < BestOfN.AcceptProbability(group.Scores[i], best, beta), distinct: false).ToList();
    })];

    /// <summary>Pairs of a better and a worse response to the same prompt, drawn with replacement; prompts whose scores are all equal have none.</summary>
    /// <param name="count">Pairs a prompt.</param>
    /// <param name="random">Which.</param>
    /// <param name="flipped">The share of pairs whose label is turned round: label noise.</param>
    public IReadOnlyList<PreferenceExample> Pairs(int count, RandomStream random, double flipped = 0)
    {
        var pairs = new List<PreferenceExample>();
        foreach (var (group, prompt) in Groups.Select((group, prompt) => (group, prompt)))
        {
            var draws = random.Child("pairs", prompt);
            var known = Enumerable.Range(0, group.Scores.Count).Where(i => !double.IsNaN(group.Scores[i]) && group.Responses[i].Tokens.Length > 0).ToList();
            if (known.Count == 0) { continue; }
            var best = known.Max(i => group.Scores[i]);
            var (right, wrong) = (known.Where(i => group.Scores[i] == best).ToList(), known.Where(i => group.Scores[i] < best).ToList());
            for (var i = 0; i < count && wrong.Count > 0; i++)
            {
                var pair = Pair(group, right[draws.NextInt32(right.Count)], wrong[draws.NextInt32(wrong.Count)]);
                pairs.Add(draws.NextBoolean(flipped) ? pair with { Chosen = pair.Rejected, Rejected = pair.Chosen } : pair);
            }
        }
        return pairs;
    }

    /// <summary>The best against the worst response of each prompt (online DPO, self-rewarding).</summary>
    public IReadOnlyList<PreferenceExample> BestAndWorst() => [.. Groups
        .Select(group => OnlinePairs.BestAndWorst(group.Scores) is { } pair && group.Responses[pair.Chosen].Tokens.Length > 0 && group.Responses[pair.Rejected].Tokens.Length > 0 ? Pair(group, pair.Chosen, pair.Rejected) : null)
        .OfType<PreferenceExample>()];

    /// <summary>Any two different responses, with the probability of the Bradley-Terry model that the first is better: sigma(r_1 - r_2).</summary>
    public IReadOnlyList<PreferenceExample> RandomPairs(int count, RandomStream random)
    {
        var pairs = new List<PreferenceExample>();
        foreach (var (group, prompt) in Groups.Select((group, prompt) => (group, prompt)))
        {
            var draws = random.Child("pairs", prompt);
            for (var i = 0; i < count; i++)
            {
                var pair = Pair(group, draws.NextInt32(group.Responses.Count), draws.NextInt32(group.Responses.Count));
                if (pair.Chosen.Length == 0 || pair.Rejected.Length == 0 || pair.Chosen.AsSpan().SequenceEqual(pair.Rejected)) { continue; }
                pairs.Add(pair with { Strength = 1 / (1 + Math.Exp(pair.RejectedScore - pair.ChosenScore)) });
            }
        }
        return pairs;
    }

    /// <summary>All responses of each prompt as a ranking; prompts whose scores are all equal have none.</summary>
    public IReadOnlyList<RankedResponses> Rankings() => [.. Groups
        .Where(group => group.Scores.Any(score => score != group.Scores[0]) && group.Scores.All(double.IsFinite))
        .Select(group => new RankedResponses(group.Prompt.Tokens, [.. group.Responses.Select(response => response.Tokens)], group.Scores))];

    private static PreferenceExample Pair(ScoredResponses group, int chosen, int rejected) =>
        new(group.Prompt.Tokens, group.Responses[chosen].Tokens, group.Responses[rejected].Tokens) { ChosenScore = group.Scores[chosen], RejectedScore = group.Scores[rejected] };

    private static IEnumerable<TokenExample> Choose(ScoredResponses group, Func<int, bool> keep, bool distinct)
    {
        var chosen = Enumerable.Range(0, group.Responses.Count).Where(i => group.Responses[i].Tokens.Length > 0 && keep(i)).Select(i => group.Responses[i].Tokens);
        if (distinct) { chosen = chosen.DistinctBy(tokens => string.Join(',', tokens)); }
        return chosen.Select(tokens => new TokenExample(group.Prompt.Tokens, tokens));
    }
}
