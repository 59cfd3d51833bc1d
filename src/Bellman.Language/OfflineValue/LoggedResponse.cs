namespace Bellman.Language;

/// <summary>A response that somebody gave, with what it was worth: what off-policy methods learn from.</summary>
/// <param name="Prompt">At least one token.</param>
/// <param name="Response">At least one token, end token included.</param>
/// <param name="Reward">Paid at the last token; finite.</param>
public sealed record LoggedResponse(int[] Prompt, int[] Response, double Reward)
{
    /// <summary>Rewards of single tokens, beside <see cref="Reward"/>; null for none.</summary>
    public double[]? TokenRewards { get; init; }

    /// <summary>Which tokens were the speaker's own, not a tool's; null for all.</summary>
    public bool[]? Mask { get; init; }

    /// <summary>Indices of the last token of each step or turn, rising, the last being the response's; null for one step.</summary>
    public IReadOnlyList<int>? StepEnds { get; init; }

    internal TokenExample Example => new(Prompt, Response, Mask);

    internal IReadOnlyList<int> Ends => StepEnds ?? [Response.Length - 1];

    /// <summary>What is paid at a token.</summary>
    internal double RewardAt(int token) => (TokenRewards?[token] ?? 0) + (token == Response.Length - 1 ? Reward : 0);

    /// <summary>What is paid from the first to the last of these tokens.</summary>
    internal double RewardOf(int first, int last) => Enumerable.Range(first, last - first + 1).Sum(RewardAt);

    /// <summary>Refuses data from which nothing can be learned.</summary>
    /// <exception cref="UsageException">Names the first such response and what is wrong with it.</exception>
    public static void RequireUsable(IReadOnlyList<LoggedResponse> responses)
    {
        if (responses.Count == 0) { throw new UsageException("There are no responses to learn from. Give at least one."); }
        for (var i = 0; i < responses.Count; i++)
        {
            var logged = responses[i];
            var problem = logged.Prompt.Length == 0 ? "has an empty prompt"
                : logged.Response.Length == 0 ? "is empty"
                : !double.IsFinite(logged.Reward) || logged.TokenRewards?.All(double.IsFinite) == false ? "has a reward that is no finite number"
                : logged.TokenRewards is { } rewards && rewards.Length != logged.Response.Length ? $"has {logged.Response.Length} tokens and {rewards.Length} token rewards"
                : logged.Mask is { } mask && (mask.Length != logged.Response.Length || !mask[^1]) ? "has a mask of another length, or one that leaves out its last token"
                : logged.Ends[^1] != logged.Response.Length - 1 ? "does not end with a step"
                : null;
            if (problem is not null) { throw new UsageException($"Logged response {i} (counted from 0) {problem}. Correct it or leave it out."); }
            StepRewards.RequireRising(logged.Ends, logged.Response.Length);
        }
    }
}
