namespace Bellman.Papers.Mentor;

/// <summary>What follows from the share of dormant neurons β (DrM, Xu et al. 2024): a network that hardly answers explores more and is moved further.</summary>
public static class DormantSchedules
{
    /// <summary>c / (1 + exp(-T (β - target))): the deviation of exploration noise.</summary>
    public static double Noise(double dormant, MentorOptions options) =>
        options.NoiseScale / (1 + Math.Exp(-options.DormantTemperature * (dormant - options.DormantTarget)));

    /// <summary>λ / (1 + exp(T (β - target))): the weight of the value of the best seen actions in targets.</summary>
    public static double Exploitation(double dormant, MentorOptions options) =>
        options.ExploitTarget / (1 + Math.Exp(options.ExploitTemperature * (dormant - options.DormantTarget)));

    /// <summary>clip(1 - rate β, minimum, maximum): the share of the weights that a perturbation keeps, α.</summary>
    public static double Kept(double dormant, MentorOptions options) => Math.Clamp(1 - options.AlphaRate * dormant, options.AlphaMinimum, options.AlphaMaximum);

    /// <summary>The expectile loss of e = V - Q and its derivative: w e², w = τ where V is too low (e &lt;= 0), 1 - τ else.</summary>
    public static (double Loss, double Derivative) Expectile(double error, double expectile)
    {
        var weight = error <= 0 ? expectile : 1 - expectile;
        return (weight * error * error, 2 * weight * error);
    }
}
