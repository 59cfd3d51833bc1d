namespace Bellman.Language;

/// <summary>Choosing among several sampled answers with a verifier, and what that is worth.</summary>
public static class BestOfN
{
    /// <summary>The index of the best score, the first among equals; scores that are NaN are passed over. -1 when none is known.</summary>
    public static int Choose(IReadOnlyList<double> scores)
    {
        var best = -1;
        for (var i = 0; i < scores.Count; i++) { if (!double.IsNaN(scores[i]) && (best < 0 || scores[i] > scores[best])) { best = i; } }
        return best;
    }

    /// <summary>The answer with the largest sum of weights (self-consistency with weight 1 each); null answers do not vote.</summary>
    public static string? WeightedVote(IReadOnlyList<string?> answers, IReadOnlyList<double> weights)
    {
        var votes = new Dictionary<string, double>(StringComparer.Ordinal);
        for (var i = 0; i < answers.Count; i++) { if (answers[i] is { } answer) { votes[answer] = votes.GetValueOrDefault(answer) + weights[i]; } }
        return votes.Count == 0 ? null : votes.MaxBy(vote => vote.Value).Key;
    }

    /// <summary>KL(best-of-N || reference) is at most log N - (N - 1) / N (Beirami et al. 2024).</summary>
    public static double DivergenceBound(int count) => Math.Log(count) - (count - 1.0) / count;

    /// <summary>The unbiased estimate of pass@k from c correct of n: 1 - C(n - c, k) / C(n, k) (Chen et al. 2021).</summary>
    public static double PassAtK(int samples, int correct, int k)
    {
        if (k < 1 || k > samples) { throw new UsageException($"pass@{k} needs k from 1 to the {samples} samples."); }
        if (samples - correct < k) { return 1; }
        var miss = 1.0;
        for (var i = samples - correct + 1; i <= samples; i++) { miss *= 1 - (double)k / i; }
        return 1 - miss;
    }

    /// <summary>The probability that rejection sampling keeps a response: exp((r - r_max) / beta) (RSO, Liu et al. 2023).</summary>
    public static double AcceptProbability(double reward, double best, double beta) => Math.Exp((reward - best) / beta);
}
