namespace Bellman.Language;

/// <summary>
/// What credit is assigned from: one reward a response, rewards of single tokens, groups of responses to the same prompt.
/// Tables are [rows x tokens], row-major.
/// </summary>
public sealed class CreditBatch
{
    /// <summary>Responses.</summary>
    public required int Rows { get; init; }

    /// <summary>Columns.</summary>
    public required int Tokens { get; init; }

    /// <summary>[rows x tokens]: true for response tokens up to and including the end token.</summary>
    public required bool[] Mask { get; init; }

    /// <summary>[rows]: the response's reward; NaN where it could not be scored: such rows get no credit and do not count in means.</summary>
    public required double[] Rewards { get; init; }

    /// <summary>[rows]: responses with the same number answer the same prompt.</summary>
    public required int[] Groups { get; init; }

    /// <summary>[rows x tokens]: rewards of single tokens (steps, the penalty -beta k1), beside <see cref="Rewards"/>; null for none.</summary>
    public double[]? TokenRewards { get; init; }

    /// <summary>[rows x tokens]: the critic's values; null without one.</summary>
    public double[]? Values { get; init; }

    /// <summary>[rows]: reward of the most likely response to the row's prompt (ReMax); null unless it was drawn.</summary>
    public double[]? GreedyRewards { get; init; }

    /// <summary>The rollouts behind the rows; empty where only numbers were given.</summary>
    public IReadOnlyList<Rollout> Rollouts { get; init; } = [];

    /// <summary>A batch without rewards of single tokens, from each row's length.</summary>
    public static CreditBatch Of(double[] rewards, int[] groups, int[] lengths, double[]? tokenRewards = null)
    {
        var tokens = lengths.Max();
        var mask = new bool[rewards.Length * tokens];
        for (var row = 0; row < rewards.Length; row++) { Array.Fill(mask, true, row * tokens, lengths[row]); }
        return new CreditBatch { Rows = rewards.Length, Tokens = tokens, Mask = mask, Rewards = rewards, Groups = groups, TokenRewards = tokenRewards };
    }

    /// <summary>n_i: masked tokens of a row.</summary>
    public int Length(int row) => Mask.AsSpan(row * Tokens, Tokens).Count(true);

    /// <summary>R_i with its token rewards summed in: what a method that sees whole responses compares. NaN where it could not be scored.</summary>
    public double Total(int row)
    {
        var total = Rewards[row];
        if (TokenRewards is not null)
        {
            for (var token = 0; token < Tokens; token++) { if (Mask[row * Tokens + token]) { total += TokenRewards[row * Tokens + token]; } }
        }
        return total;
    }

    /// <summary>The scorable rows of each group, in order.</summary>
    public IEnumerable<int[]> ScoredGroups() => Enumerable.Range(0, Rows)
        .Where(row => !double.IsNaN(Rewards[row]))
        .GroupBy(row => Groups[row])
        .Select(group => group.ToArray());

    /// <summary>[rows x tokens] with each row's value at its masked tokens; NaN becomes 0.</summary>
    public double[] Spread(ReadOnlySpan<double> perRow)
    {
        var table = new double[Rows * Tokens];
        for (var row = 0; row < Rows; row++)
        {
            if (double.IsNaN(perRow[row])) { continue; }
            for (var token = 0; token < Tokens; token++) { if (Mask[row * Tokens + token]) { table[row * Tokens + token] = perRow[row]; } }
        }
        return table;
    }

    /// <summary>
    /// G_t = sum of the rewards from token t on, the response's own at its last token, discounted: [rows x tokens]. Tokens
    /// outside the mask (a tool's words) are passed over. Rows that could not be scored are 0.
    /// </summary>
    public double[] TokenReturns(double discount = 1)
    {
        var returns = new double[Rows * Tokens];
        for (var row = 0; row < Rows; row++)
        {
            if (double.IsNaN(Rewards[row])) { continue; }
            var running = 0.0;
            var isLast = true;
            for (var token = Tokens - 1; token >= 0; token--)
            {
                var index = row * Tokens + token;
                if (!Mask[index]) { continue; }
                running = (TokenRewards?[index] ?? 0) + (isLast ? Rewards[row] : discount * running);
                isLast = false;
                returns[index] = running;
            }
        }
        return returns;
    }
}

/// <summary>One advantage a token, and what a critic should predict.</summary>
/// <param name="Advantages">[rows x tokens]; 0 outside the mask.</param>
/// <param name="Returns">[rows x tokens]; null unless the assigner trains a critic.</param>
public sealed record Credit(double[] Advantages, double[]? Returns = null);

/// <summary>Turns rewards into one advantage a token.</summary>
public interface ICreditAssigner
{
    /// <summary>The key in the registry, e.g. <c>adv.group.grpo</c>.</summary>
    string Name { get; }

    /// <summary>The fewest responses to a prompt that it can compare; a smaller group size is refused when the trainer is built.</summary>
    int MinimumGroupSize => 1;

    /// <summary>Whether the most likely response to each prompt must be drawn and scored as well.</summary>
    bool NeedsGreedy => false;

    /// <summary>Whether it needs a critic's values.</summary>
    bool NeedsCritic => false;

    /// <summary>Assigns credit.</summary>
    /// <param name="batch">The rewards.</param>
    /// <param name="metrics">Takes what is measured, e.g. <c>group/zero_std</c>.</param>
    Credit Assign(CreditBatch batch, IMetricSink metrics);
}
