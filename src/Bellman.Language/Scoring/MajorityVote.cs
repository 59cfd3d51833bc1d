using Bellman.Language.Data;
using Bellman.Language.Tasks;

namespace Bellman.Language.Scoring;

/// <summary>The answer that most samples give (Wang et al. 2023, self-consistency).</summary>
public static class MajorityVote
{
    /// <summary>
    /// The share of groups of k samples, taken in order and each sample once, whose most frequent answer is right. Answers that mean the
    /// same count together, samples without an answer do not vote, and of equally frequent answers the one given first wins.
    /// </summary>
    /// <param name="scores">At least k.</param>
    /// <param name="k">Voters, at least 1.</param>
    public static double Estimate(IReadOnlyList<TaskScore> scores, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(scores.Count, k);
        var groups = scores.Count / k;
        return Enumerable.Range(0, groups).Average(group => IsRight(scores.Skip(group * k).Take(k)) ? 1.0 : 0.0);
    }

    private static bool IsRight(IEnumerable<TaskScore> voters) => voters
        .Where(score => score.Parsed is not null)
        .GroupBy(score => AnswerComparison.Normalise(score.Parsed ?? ""), StringComparer.Ordinal)
        .MaxBy(votes => votes.Count())?.First().Answer >= 1;
}
