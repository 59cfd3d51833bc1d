using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Bellman.Papers.HorizonFreeRewardFreeExploration;

/// <summary>Where the confidence radius comes from.</summary>
public enum RadiusMode
{
    /// <summary>The theorem's, in the hundreds or thousands: every uncertainty is then cut off at 1 for any realistic number of episodes.</summary>
    Theory,

    /// <summary>A number of one's own, for which the guarantee does not apply.</summary>
    Fixed,
}

/// <summary>Who chooses the actions of the exploration phase.</summary>
public enum Explorer
{
    /// <summary>The policy of the largest truncated uncertainty.</summary>
    Oracle,

    /// <summary>Uniform random actions.</summary>
    Uniform,
}

/// <summary>Options of <see cref="RewardFreeAgent"/>.</summary>
public sealed record HorizonFreeOptions
{
    /// <summary>Exploration episodes, K.</summary>
    [Description("Exploration episodes, K; the error falls with its root.")]
    [Range(1, 10_000_000)]
    public int Episodes { get; init; } = 200;

    /// <summary>Bound on the parameter's length, B.</summary>
    [Description("Bound B on the length of the true parameter; the ridge is d / B^2.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double Bound { get; init; } = 1;

    /// <summary>Failure probability.</summary>
    [Description("Failure probability delta of the guarantee; smaller widens the theory's radius.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double FailureProbability { get; init; } = 0.05;

    /// <summary>Where the confidence radius comes from.</summary>
    [Description("theory: the theorem's radius, far too large for practice; fixed: the option radius.")]
    public RadiusMode RadiusMode { get; init; } = RadiusMode.Fixed;

    /// <summary>Confidence radius, beta.</summary>
    [Description("Confidence radius beta with radiusMode=fixed; larger explores longer in directions that are known already.")]
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double Radius { get; init; } = 0.3;

    /// <summary>Moment orders, M.</summary>
    [Description("Moment orders M; 1 has no variance estimate, 2 one (Bernstein), 3 and more estimate the variance of the variance.")]
    [Range(1, 64)]
    public int MomentOrders { get; init; } = 3;

    /// <summary>Whether samples are weighted by their estimated variance.</summary>
    [Description("Weight samples by the inverse of their estimated variance; without it all weigh the same.")]
    public bool Weighted { get; init; } = true;

    /// <summary>Whether the epistemic term is part of the weights.</summary>
    [Description("Let a sample's variance be at least gamma^2 times its uncertainty, so that the first samples of a direction do not weigh too much.")]
    public bool Epistemic { get; init; } = true;

    /// <summary>Whether uncertainties are cut off at 1.</summary>
    [Description("Cut uncertainties off at 1, the largest return; without it their sum grows with the horizon.")]
    public bool Truncate { get; init; } = true;

    /// <summary>Whether the uncertainty value has regressions of its own.</summary>
    [Description("Keep regressions of their own for the uncertainty value; without them it shares those of the pseudo-value.")]
    public bool TwoFamilies { get; init; } = true;

    /// <summary>Whether ties are broken at random.</summary>
    [Description("Break ties between actions at random. Without it the agent repeats its first action where everything is cut off at 1, and does not explore.")]
    public bool RandomTies { get; init; } = true;

    /// <summary>Who explores.</summary>
    [Description("oracle: the most uncertain policy; uniform: random actions.")]
    public Explorer Explorer { get; init; }

    /// <summary>Candidates of the oracle's library.</summary>
    [Description("Pairs of reward and parameter that the oracle tries in an episode; more find more uncertain policies and cost proportionally.")]
    [Range(1, 100_000)]
    public int Library { get; init; } = 16;

    /// <summary>Past episodes whose confidence ellipsoids a candidate must lie in.</summary>
    [Description("Latest episodes whose confidence ellipsoids a candidate parameter must lie in.")]
    [Range(1, 1_000_000)]
    public int RememberedEllipsoids { get; init; } = 5;

    /// <summary>Whether planning takes the parameter that the oracle chose last.</summary>
    [Description("Plan with the parameter that the oracle chose last, as the paper states it, instead of the regression's centre.")]
    public bool PlanWithOracleParameter { get; init; }
}

/// <summary>The constants of the theorem.</summary>
public static class TheoryConstants
{
    /// <summary>M = ceil(log2(7 K H)).</summary>
    public static int MomentOrders(int episodes, int horizon) => (int)Math.Ceiling(Math.Log2(7.0 * episodes * horizon));

    /// <summary>alpha = H^(-1/2), the floor of a weight's root.</summary>
    public static double Floor(int horizon) => 1 / Math.Sqrt(horizon);

    /// <summary>gamma^2 = d^(-1/2), the epistemic coefficient.</summary>
    public static double EpistemicSquared(int dimension) => 1 / Math.Sqrt(dimension);

    /// <summary>lambda = d / B^2.</summary>
    public static double Ridge(int dimension, double bound) => dimension / (bound * bound);

    /// <summary>
    /// beta_k = 12 sqrt(d eta tau) + 30 tau / gamma^2 + sqrt(lambda) B with eta = log(1 + k H / (alpha^2 d lambda)) and
    /// tau = log(32 (log(gamma^2 / alpha) + 1) k^2 H^2 / delta); the inner logarithm counts as 0 where it is negative.
    /// </summary>
    /// <param name="episode">k, from 1.</param>
    /// <param name="dimension">d.</param>
    /// <param name="horizon">H.</param>
    /// <param name="bound">B.</param>
    /// <param name="failureProbability">delta.</param>
    public static double Radius(int episode, int dimension, int horizon, double bound, double failureProbability)
    {
        var (alpha, gammaSquared, ridge) = (Floor(horizon), EpistemicSquared(dimension), Ridge(dimension, bound));
        var eta = Math.Log(1 + (double)episode * horizon / (alpha * alpha * dimension * ridge));
        var tau = Math.Log(32 * (Math.Max(Math.Log(gammaSquared / alpha), 0) + 1) * Math.Pow((double)episode * horizon, 2) / failureProbability);
        return 12 * Math.Sqrt(dimension * eta * tau) + 30 * tau / gammaSquared + Math.Sqrt(ridge) * bound;
    }
}
