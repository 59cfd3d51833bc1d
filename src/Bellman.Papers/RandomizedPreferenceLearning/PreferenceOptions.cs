using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.RandomizedPreferenceLearning;

/// <summary>Which policy the newest one is compared with.</summary>
public enum Comparator
{
    /// <summary>The one of the round before: the method.</summary>
    Previous,

    /// <summary>Itself: trajectories then differ by chance alone.</summary>
    Same,

    /// <summary>Uniform random actions: the comparison costs regret in every round.</summary>
    UniformRandom,

    /// <summary>The first one, for good.</summary>
    Fixed,
}

/// <summary>When a person is asked.</summary>
public enum QueryMode
{
    /// <summary>When what is known leaves the comparison open: disagreement above epsilon.</summary>
    Active,

    /// <summary>Whenever the trajectories differ.</summary>
    Always,

    /// <summary>With a fixed probability.</summary>
    Random,

    /// <summary>Never.</summary>
    Never,
}

/// <summary>Options that both algorithms share.</summary>
public record PreferenceOptions
{
    /// <summary>Rounds, T.</summary>
    [Description("Rounds, T; two trajectories are played in each.")]
    [Range(1, 100_000_000)]
    public int Rounds { get; init; } = 400;

    /// <summary>Steps of a trajectory, H.</summary>
    [Description("Steps of a trajectory, H.")]
    [Range(1, 100_000)]
    public int Horizon { get; init; } = 5;

    /// <summary>Query threshold, epsilon.</summary>
    [Description("Disagreement above which a preference is asked for, epsilon; larger asks less and learns less.")]
    [Range(0.0, 1e9)]
    public double Threshold { get; init; } = 0.1;

    /// <summary>When a preference is asked for.</summary>
    [Description("active: when what is known leaves the comparison open; always, random or never, for comparison.")]
    public QueryMode Query { get; init; }

    /// <summary>Probability of a query with query=random.</summary>
    [Description("Probability of a query with query=random.")]
    [Range(0.0, 1.0)]
    public double QueryProbability { get; init; } = 1;

    /// <summary>Which policy the newest one is compared with.</summary>
    [Description("previous: that of the round before, whose regret vanishes too; same, uniformRandom or fixed, for comparison.")]
    public Comparator Comparator { get; init; }
}

/// <summary>Options of <see cref="PrLsvi"/>.</summary>
public sealed record PrLsviOptions : PreferenceOptions, IValidatableObject
{
    /// <summary>Ridge, lambda.</summary>
    [Description("Ridge lambda of rewards and transitions; larger trusts data later.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double Ridge { get; init; } = 1;

    /// <summary>Scale of the reward's noise.</summary>
    [Description("Scale sigma_r of the noise on the reward; larger explores more. 0 is greedy.")]
    [Range(0.0, 1e9)]
    public double RewardNoise { get; init; } = 0.6;

    /// <summary>Scale of the transitions' noise.</summary>
    [Description("Scale of the noise on what follows, as a share of a quarter of the largest return to come: sigma_P = this x (H - h) x rMax / 4. 0 is greedy.")]
    [Range(0.0, 1e9)]
    public double TransitionNoise { get; init; } = 0.3;

    /// <summary>Uncertainty up to which the regression is believed.</summary>
    [Description("Uncertainty alpha_L up to which the regression of what follows is believed.")]
    [Range(0.0, 1e9)]
    public double LowerCutoff { get; init; } = 0.3;

    /// <summary>Uncertainty from which the trivial bound stands in.</summary>
    [Description("Uncertainty alpha_U from which the largest possible return stands in for what follows; between the two they are mixed.")]
    [Range(0.0, 1e9)]
    public double UpperCutoff { get; init; } = 0.7;

    /// <summary>Whether unknown directions are valued by the trivial bound.</summary>
    [Description("Value unknown directions by the largest possible return; without it the regression is used everywhere.")]
    public bool TruncateOmega { get; init; } = true;

    /// <summary>Largest reward of a step.</summary>
    [Description("Largest reward of a step, rMax, for the bound of unknown directions.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double MaximumReward { get; init; } = 4;

    /// <summary>Bound on the length of the fitted reward.</summary>
    [Description("Bound B on the length of the fitted reward; keeps it finite where preferences are separable.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double RewardBound { get; init; } = 20;

    /// <summary>Whether one reward holds for all steps.</summary>
    [Description("One reward for all steps; otherwise one for each, with H times as many weights to learn.")]
    public bool StationaryReward { get; init; } = true;

    /// <summary>Whether the second trajectory teaches transitions too.</summary>
    [Description("Learn transitions from the second trajectory too.")]
    public bool UseBothForModel { get; init; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (LowerCutoff >= UpperCutoff) { yield return new ValidationResult($"lowerCutoff is {LowerCutoff} and upperCutoff {UpperCutoff}; the lower one must be below the upper one."); }
    }
}

/// <summary>
/// The theorem's orders of magnitude, reconstructed and unverified: gamma = sqrt(kappa + B^2), regret epsilon T sqrt(d) + sqrt(T) d^3 H^2.5 gamma +
/// d^8.5 H^5.5 gamma^3 and queries d^4 gamma^4 / epsilon^2, all but logarithms. The noise they ask for drowns any small problem.
/// </summary>
public static class PreferenceTheory
{
    /// <summary>kappa = 1 / min of the logistic link's slope over return differences up to <paramref name="largestDifference"/>.</summary>
    public static double Kappa(double largestDifference) => 2 + Math.Exp(largestDifference) + Math.Exp(-largestDifference);

    /// <summary>gamma = sqrt(kappa + B^2).</summary>
    public static double Gamma(double kappa, double rewardBound) => Math.Sqrt(kappa + rewardBound * rewardBound);

    /// <summary>Order of the regret after <paramref name="rounds"/>.</summary>
    public static double RegretOrder(double threshold, int rounds, int dimension, int horizon, double gamma) =>
        threshold * rounds * Math.Sqrt(dimension) + Math.Sqrt(rounds) * Math.Pow(dimension, 3) * Math.Pow(horizon, 2.5) * gamma + Math.Pow(dimension, 8.5) * Math.Pow(horizon, 5.5) * Math.Pow(gamma, 3);

    /// <summary>Order of the number of queries.</summary>
    public static double QueryOrder(double threshold, int dimension, double gamma) => Math.Pow(dimension * gamma, 4) / (threshold * threshold);
}
