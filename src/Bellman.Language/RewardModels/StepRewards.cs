using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>How the steps' scores become a solution's.</summary>
public enum StepAggregate
{
    /// <summary>A solution is as good as its worst step.</summary>
    Minimum,

    /// <summary>The probability that all steps are right, as if they were independent.</summary>
    Product,

    /// <summary>The last step's score.</summary>
    Last,
}

/// <summary>Outcome and process reward models: classifiers of whole answers and of single steps.</summary>
public static class StepRewards
{
    /// <summary>Binary cross-entropy from logits, one an element.</summary>
    public static Tensor CrossEntropy(Tensor logits, Tensor labels) =>
        -(labels * nn.functional.logsigmoid(logits) + (1 - labels) * nn.functional.logsigmoid(-logits));

    /// <summary>A solution's score from its steps' probabilities.</summary>
    public static double Aggregate(IReadOnlyList<double> probabilities, StepAggregate rule)
    {
        if (probabilities.Count == 0) { throw new ArgumentException("A solution has at least one step.", nameof(probabilities)); }
        return rule switch
        {
            StepAggregate.Minimum => probabilities.Min(),
            StepAggregate.Product => probabilities.Aggregate(1.0, (product, probability) => product * probability),
            _ => probabilities[^1],
        };
    }

    /// <summary>The label of a step from k completions begun after it: the share that succeeds, or whether any does.</summary>
    public static double MonteCarloLabel(IReadOnlyList<bool> successes, bool hard)
    {
        if (successes.Count == 0) { throw new ArgumentException("A step is judged by at least one completion.", nameof(successes)); }
        return hard ? successes.Any(success => success) ? 1 : 0 : successes.Count(success => success) / (double)successes.Count;
    }

    /// <summary>Refuses positions of step ends that do not rise or do not lie within the response.</summary>
    /// <exception cref="UsageException">They do not.</exception>
    public static void RequireRising(IReadOnlyList<int> ends, int length)
    {
        for (var i = 0; i < ends.Count; i++)
        {
            if (ends[i] < 0 || ends[i] >= length || (i > 0 && ends[i] <= ends[i - 1]))
            {
                throw new UsageException($"Step ends must rise and lie within the response of {length} tokens; they are {string.Join(", ", ends)}. Check the separators of the data.");
            }
        }
    }
}

/// <summary>
/// Implicit process rewards (Yuan et al. 2024, PRIME): a model trained on outcomes alone, whose token reward is
/// beta (l_phi - l_ref).
/// </summary>
public static class ImplicitProcessReward
{
    /// <summary>beta (l - l_ref): [rows, tokens], 0 outside the mask.</summary>
    public static Tensor TokenRewards(Tensor logProbabilities, Tensor reference, Tensor mask, double beta = 0.05) =>
        beta * Reductions.Select(logProbabilities - reference.detach(), mask);

    /// <summary>-o log sigma(sum) - (1 - o) log sigma(-sum), sum over the token rewards: [rows].</summary>
    public static Tensor Losses(Tensor tokenRewards, Tensor outcomes) => StepRewards.CrossEntropy(tokenRewards.sum(1), outcomes);
}

/// <summary>Rewards read from a judge's own words and probabilities.</summary>
public static class GenerativeReward
{
    /// <summary>sum_s s p(s) over the score tokens.</summary>
    /// <param name="logits">One a score token.</param>
    /// <param name="scores">What each token says, e.g. 1 to 5.</param>
    public static double ExpectedScore(IReadOnlyList<double> logits, IReadOnlyList<double> scores)
    {
        var largest = logits.Max();
        var weights = logits.Select(logit => Math.Exp(logit - largest)).ToList();
        return weights.Select((weight, i) => weight * scores[i]).Sum() / weights.Sum();
    }

    /// <summary>A score from <paramref name="low"/> to <paramref name="high"/> moved linearly to [-1, 1].</summary>
    public static double Rescale(double score, double low, double high) => 2 * (score - low) / (high - low) - 1;

    /// <summary>
    /// The probability that A is better, averaged over both orders of presentation, because judges favour a position:
    /// p = (p("first" | A, B) + p("second" | B, A)) / 2.
    /// </summary>
    /// <param name="firstOrder">Logits of "first" and "second" when A is shown first.</param>
    /// <param name="secondOrder">Logits of "first" and "second" when B is shown first.</param>
    public static double PreferenceProbability((double First, double Second) firstOrder, (double First, double Second) secondOrder) =>
        0.5 * (Sigmoid(firstOrder.First - firstOrder.Second) + Sigmoid(secondOrder.Second - secondOrder.First));

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
