namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>How many thinking tokens are asked for at a step.</summary>
public interface IBudgetSchedule
{
    /// <summary>B_t, at least 1.</summary>
    int At(long step);
}

/// <summary>B_t = max(B_min, floor(B_0 gamma^(t/T))).</summary>
/// <param name="initial">B_0.</param>
/// <param name="minimum">B_min, at least 1.</param>
/// <param name="gamma">Between 0 and 1, both excluded.</param>
/// <param name="steps">T.</param>
public sealed class ShrinkingBudget(int initial, int minimum, double gamma, long steps) : IBudgetSchedule
{
    // 800 * 0.2 is 159.999... in binary somewhere.
    private const double Slack = 1e-9;

    private readonly int minimum = minimum >= 1 ? minimum : throw new UsageException($"The least budget cannot be {minimum}: it is at least one token.");
    private readonly double gamma = gamma is > 0 and < 1 ? gamma : throw new UsageException($"gamma cannot be {gamma}: it is between 0 and 1.");

    /// <inheritdoc/>
    public int At(long step) => Math.Max(minimum, (int)Math.Floor(initial * Math.Pow(gamma, (double)step / steps) + Slack));
}

/// <summary>The same budget all the time.</summary>
/// <param name="budget">At least 1.</param>
public sealed class FixedBudget(int budget) : IBudgetSchedule
{
    private readonly int budget = budget >= 1 ? budget : throw new UsageException($"A budget cannot be {budget}: it is at least one token.");

    /// <inheritdoc/>
    public int At(long step) => budget;

    /// <summary>Fixed at the mean of another.</summary>
    public static FixedBudget MeanOf(IBudgetSchedule other, long steps)
    {
        var sum = 0.0;
        for (var step = 0L; step < steps; step++) { sum += other.At(step); }
        return new FixedBudget(Math.Max(1, (int)Math.Round(sum / steps)));
    }
}

/// <summary>Rewards of a thinking's length, delimiters not counted.</summary>
public static class LengthRewards
{
    /// <summary>l / B up to B, (2B - l) / B up to 2B, then 0: neither shorter nor longer than the budget pays.</summary>
    public static double Triangular(int length, int budget) =>
        length <= budget ? (double)length / budget : length <= 2 * budget ? (2.0 * budget - length) / budget : 0;

    /// <summary>1 - l / 2B, at least 0: the shorter the better.</summary>
    public static double Linear(int length, int budget) => Math.Max(0, 1 - length / (2.0 * budget));
}
