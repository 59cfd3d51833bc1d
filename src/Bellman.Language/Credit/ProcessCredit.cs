using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>
/// Chain-of-thought reward optimisation: each token is paid its own step's reward, A_t = gamma^{t-1} r_t, or, with
/// <see cref="RewardToGo"/> (the usable default), the later steps' rewards and the outcome, minus the mean over the batch.
/// </summary>
public sealed record ChainOfThoughtCredit : ICreditAssigner
{
    /// <inheritdoc/>
    public string Name => "adv.cotro";

    /// <summary>gamma.</summary>
    [Description("Discount of later steps.")]
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 1;

    /// <summary>Whether later rewards count.</summary>
    [Description("Pay each token what comes after it, minus the batch's mean, instead of its own step's reward.")]
    public bool RewardToGo { get; init; } = true;

    /// <inheritdoc/>
    public Credit Assign(CreditBatch batch, IMetricSink metrics)
    {
        if (RewardToGo) { return new Credit(Centred(batch.TokenReturns(Gamma), batch)); }
        var advantages = new double[batch.Rows * batch.Tokens];
        for (var row = 0; row < batch.Rows; row++)
        {
            if (double.IsNaN(batch.Rewards[row])) { continue; }
            var discount = 1.0;
            for (var index = row * batch.Tokens; index < (row + 1) * batch.Tokens; index++)
            {
                if (!batch.Mask[index]) { continue; }
                // -sum_t gamma^{t-1} r_t l_t
                advantages[index] = discount * (batch.TokenRewards?[index] ?? 0);
                discount *= Gamma;
            }
        }
        return new Credit(advantages);
    }

    private static double[] Centred(double[] returns, CreditBatch batch)
    {
        var counted = Enumerable.Range(0, returns.Length).Where(index => batch.Mask[index] && !double.IsNaN(batch.Rewards[index / batch.Tokens])).ToArray();
        if (counted.Length == 0) { return returns; }
        var mean = counted.Average(index => returns[index]);
        foreach (var index in counted) { returns[index] -= mean; }
        return returns;
    }
}

/// <summary>
/// Process supervision with a group (DeepSeekMath, section 4.1.3): a token is paid the rewards of its step and of later ones
/// and the outcome, compared with what the group's responses are paid at the same token, divided by the group's deviation.
/// </summary>
public sealed record ProcessCredit : ICreditAssigner
{
    /// <inheritdoc/>
    public string Name => "adv.prm";

    /// <inheritdoc/>
    public int MinimumGroupSize => 2;

    /// <inheritdoc/>
    public Credit Assign(CreditBatch batch, IMetricSink metrics)
    {
        var returns = batch.TokenReturns();
        var advantages = new double[returns.Length];
        foreach (var rows in batch.ScoredGroups())
        {
            if (rows.Length < MinimumGroupSize) { continue; }
            var totals = Array.ConvertAll(rows, batch.Total);
            if (totals.All(total => total == totals[0])) { continue; }
            var mean = totals.Average();
            var deviation = Math.Sqrt(totals.Sum(total => (total - mean) * (total - mean)) / (totals.Length - 1));
            for (var token = 0; token < batch.Tokens; token++)
            {
                var present = rows.Where(row => batch.Mask[row * batch.Tokens + token]).Select(row => row * batch.Tokens + token).ToArray();
                if (present.Length == 0) { continue; }
                // A response alone at this position is compared with 0: nothing else is left to be paid there.
                var baseline = present.Length > 1 ? present.Average(index => returns[index]) : 0;
                foreach (var index in present) { advantages[index] = (returns[index] - baseline) / (deviation + 1e-6); }
            }
        }
        return new Credit(advantages);
    }
}

/// <summary>
/// PRIME (Cui et al. 2025): leave-one-out on the means of the implicit process rewards plus leave-one-out on the outcomes,
/// as sums over later tokens, whitened. Token rewards are first divided by the largest |reverse cumulative sum| of the batch.
/// </summary>
public sealed record PrimeCredit : ICreditAssigner
{
    /// <inheritdoc/>
    public string Name => "adv.prime";

    /// <inheritdoc/>
    public int MinimumGroupSize => 2;

    /// <summary>Discount of later tokens.</summary>
    [Description("Discount of later tokens' process rewards.")]
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 1;

    /// <inheritdoc/>
    public Credit Assign(CreditBatch batch, IMetricSink metrics)
    {
        var process = Normalized(batch);
        var combined = new double[process.Length];
        var outcomes = new double[batch.Rows];
        foreach (var rows in batch.ScoredGroups().Where(rows => rows.Length >= MinimumGroupSize))
        {
            var outcome = RlooCredit.LeaveOneOut(Array.ConvertAll(rows, row => batch.Rewards[row]));
            var means = Array.ConvertAll(rows, row => Mean(process, batch, row));
            for (var i = 0; i < rows.Length; i++)
            {
                // The mean of the others, from each token: what remains is this response's own share.
                var baseline = (means.Sum() - means[i]) / (rows.Length - 1);
                outcomes[rows[i]] = outcome[i];
                for (var index = rows[i] * batch.Tokens; index < (rows[i] + 1) * batch.Tokens; index++)
                {
                    if (batch.Mask[index]) { combined[index] = process[index] - baseline; }
                }
            }
        }
        var sums = new CreditBatch { Rows = batch.Rows, Tokens = batch.Tokens, Mask = batch.Mask, Groups = batch.Groups, TokenRewards = combined, Rewards = Zeroed(batch.Rewards) }.TokenReturns(Gamma);
        var spread = batch.Spread(outcomes);
        for (var index = 0; index < sums.Length; index++) { sums[index] += spread[index]; }
        return new Credit(Whitening.Apply(sums, batch));
    }

    private static double[] Normalized(CreditBatch batch)
    {
        var rewards = batch.TokenRewards ?? new double[batch.Rows * batch.Tokens];
        var cumulative = new CreditBatch { Rows = batch.Rows, Tokens = batch.Tokens, Mask = batch.Mask, Groups = batch.Groups, TokenRewards = rewards, Rewards = Zeroed(batch.Rewards) }.TokenReturns();
        var largest = cumulative.Max(Math.Abs);
        return largest > 0 ? Array.ConvertAll(rewards, reward => reward / largest) : rewards;
    }

    private static double[] Zeroed(double[] rewards) => Array.ConvertAll(rewards, reward => double.IsNaN(reward) ? double.NaN : 0);

    private static double Mean(double[] values, CreditBatch batch, int row)
    {
        var (sum, count) = (0.0, 0);
        for (var index = row * batch.Tokens; index < (row + 1) * batch.Tokens; index++) { if (batch.Mask[index]) { sum += values[index]; count++; } }
        return count == 0 ? 0 : sum / count;
    }
}
