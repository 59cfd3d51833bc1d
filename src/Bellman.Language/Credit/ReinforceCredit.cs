using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Language;

/// <summary>REINFORCE: the reward itself, or its distance from the mean of the batch, at every token.</summary>
public sealed record ReinforceCredit : ICreditAssigner
{
    /// <inheritdoc/>
    public string Name => "adv.reinforce";

    /// <summary>Whether the batch's mean is subtracted.</summary>
    [Description("Subtract the mean reward of the batch; without it (outcome-based RL as defined) the variance is large.")]
    public bool Baseline { get; init; } = true;

    /// <inheritdoc/>
    public Credit Assign(CreditBatch batch, IMetricSink metrics)
    {
        var totals = Enumerable.Range(0, batch.Rows).Select(batch.Total).ToArray();
        var mean = Baseline ? totals.Where(total => !double.IsNaN(total)).DefaultIfEmpty(0).Average() : 0;
        return new Credit(batch.Spread(Array.ConvertAll(totals, total => total - mean)));
    }
}

/// <summary>
/// REINFORCE++ (Hu 2025): token returns (the KL penalty is in the rewards), whitened over all tokens of the batch. With
/// <see cref="GroupBaseline"/> each response is first compared with its group's mean.
/// </summary>
public sealed record ReinforcePlusPlusCredit : ICreditAssigner
{
    /// <inheritdoc/>
    public string Name => GroupBaseline ? "adv.reinforcepp_baseline" : "adv.reinforcepp";

    /// <inheritdoc/>
    public int MinimumGroupSize => GroupBaseline ? 2 : 1;

    /// <summary>Whether the group's mean is subtracted first.</summary>
    [Description("Subtract the mean of the responses to the same prompt first.")]
    public bool GroupBaseline { get; init; }

    /// <summary>Discount between tokens.</summary>
    [Description("Discount between tokens; 1 for outcomes at the end.")]
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 1;

    /// <inheritdoc/>
    public Credit Assign(CreditBatch batch, IMetricSink metrics)
    {
        var returns = GroupBaseline ? new DrGrpoCredit().Assign(batch, metrics).Advantages : batch.TokenReturns(Gamma);
        return new Credit(Whitening.Apply(returns, batch));
    }
}

/// <summary>(A - mean) / sqrt(unbiased variance + 1e-8) over the masked tokens of the scorable rows of a whole batch.</summary>
public static class Whitening
{
    /// <summary>[rows x tokens], whitened; 0 outside the mask and in rows that could not be scored.</summary>
    public static double[] Apply(double[] values, CreditBatch batch)
    {
        var counted = Enumerable.Range(0, values.Length).Where(index => batch.Mask[index] && !double.IsNaN(batch.Rewards[index / batch.Tokens])).ToArray();
        var whitened = new double[values.Length];
        if (counted.Length < 2) { return whitened; }
        var mean = counted.Average(index => values[index]);
        var variance = counted.Sum(index => (values[index] - mean) * (values[index] - mean)) / (counted.Length - 1);
        // Equal values carry no signal; what is left of them is rounding.
        if (variance < 1e-16) { return whitened; }
        foreach (var index in counted) { whitened[index] = (values[index] - mean) / (Math.Sqrt(variance) + 1e-8); }
        return whitened;
    }
}
