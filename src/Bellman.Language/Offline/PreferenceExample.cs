namespace Bellman.Language;

/// <summary>The chosen and the rejected response to one prompt, as token ids.</summary>
/// <param name="Prompt">At least one token.</param>
/// <param name="Chosen">The better response, end token included.</param>
/// <param name="Rejected">The worse response, end token included.</param>
public sealed record PreferenceExample(int[] Prompt, int[] Chosen, int[] Rejected)
{
    /// <summary>The chosen response's reward; NaN where it is not known.</summary>
    public double ChosenScore { get; init; } = double.NaN;

    /// <summary>The rejected response's reward; NaN where it is not known.</summary>
    public double RejectedScore { get; init; } = double.NaN;

    /// <summary>The probability that the chosen response is the better one; NaN for certainty.</summary>
    public double Strength { get; init; } = double.NaN;

    /// <summary>The weighted margin of the other rewards; NaN where it is not known.</summary>
    public double OtherMargin { get; init; } = double.NaN;

    /// <summary>Which tokens of the chosen response count; null for all. Step-DPO keeps the first differing step.</summary>
    public bool[]? ChosenMask { get; init; }

    /// <summary>Which tokens of the rejected response count; null for all.</summary>
    public bool[]? RejectedMask { get; init; }

    internal TokenExample ChosenExample => new(Prompt, Chosen, ChosenMask);

    internal TokenExample RejectedExample => new(Prompt, Rejected, RejectedMask);

    /// <summary>Refuses pairs from which nothing can be learned.</summary>
    /// <exception cref="UsageException">Names the first such pair and what is wrong with it.</exception>
    public static void RequireUsable(IReadOnlyList<PreferenceExample> pairs)
    {
        if (pairs.Count == 0) { throw new UsageException("There are no preference pairs. Give at least one."); }
        for (var i = 0; i < pairs.Count; i++)
        {
            var pair = pairs[i];
            var problem = pair.Prompt.Length == 0 ? "has an empty prompt"
                : pair.Chosen.Length == 0 ? "has an empty chosen response"
                : pair.Rejected.Length == 0 ? "has an empty rejected response"
                : pair.Chosen.AsSpan().SequenceEqual(pair.Rejected) ? "prefers a response to itself: chosen and rejected are equal"
                : double.IsInfinity(pair.ChosenScore) || double.IsInfinity(pair.RejectedScore) ? "has an infinite score"
                : null;
            if (problem is not null) { throw new UsageException($"Preference pair {i} (counted from 0) {problem}. Correct it or leave it out."); }
        }
    }
}

/// <summary>Several responses to one prompt with their rewards.</summary>
/// <param name="Prompt">At least one token.</param>
/// <param name="Responses">At least two.</param>
/// <param name="Rewards">One a response.</param>
public sealed record RankedResponses(int[] Prompt, IReadOnlyList<int[]> Responses, IReadOnlyList<double> Rewards);
