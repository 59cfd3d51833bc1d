using Bellman.Algorithms.Linear;
using Bellman.Environments.Linear;

namespace Bellman.Papers.HorizonFreeRewardFreeExploration;

/// <summary>An ellipsoid of parameters: those whose distance from the centre is at most the radius in the norm of sigma.</summary>
internal sealed record Ellipsoid(double[] Centre, double[] Sigma, double Radius)
{
    public bool Contains(double[] parameter)
    {
        Span<double> difference = stackalloc double[parameter.Length];
        for (var i = 0; i < difference.Length; i++) { difference[i] = parameter[i] - Centre[i]; }
        return WeightedRidge.Norm(Sigma, difference) <= Radius;
    }
}

/// <summary>
/// One family of weighted value-targeted regressions, a regression for each moment order: Sigma_m += phi_m phi_m' / sigma^2_m,
/// b_m += phi_m W(s')^(2^m) / sigma^2_m. What the episode began with stays beside it, frozen.
/// </summary>
internal sealed class MomentRegressions
{
    private readonly LinearMixtureModel model;
    private readonly HorizonFreeOptions options;
    private readonly double alphaSquared;
    private readonly double gammaSquared;
    private readonly WeightedRidge[] orders;
    private readonly double[][] features;
    private readonly double[][] powers;

    public MomentRegressions(LinearMixtureModel model, int horizon, HorizonFreeOptions options)
    {
        (this.model, this.options) = (model, options);
        alphaSquared = Math.Pow(TheoryConstants.Floor(horizon), 2);
        gammaSquared = options.Epistemic ? TheoryConstants.EpistemicSquared(model.Dimension) : 0;
        orders = [.. Enumerable.Range(0, options.MomentOrders).Select(_ => new WeightedRidge(model.Dimension, TheoryConstants.Ridge(model.Dimension, options.Bound)))];
        features = [.. orders.Select(_ => new double[model.Dimension])];
        powers = [.. orders.Select(_ => new double[model.StateCount])];
        (FrozenInverses, Estimates) = ([], []);
        Freeze();
    }

    /// <summary>Sigma_m^-1 of the episode's start.</summary>
    public double[][] FrozenInverses { get; private set; }

    /// <summary>theta_m of the episode's start.</summary>
    public double[][] Estimates { get; private set; }

    /// <summary>Learns from one step.</summary>
    /// <param name="state">s.</param>
    /// <param name="action">a.</param>
    /// <param name="next">s'.</param>
    /// <param name="values">W, [S].</param>
    /// <param name="beta">The episode's confidence radius.</param>
    public void Learn(int state, int action, int next, double[] values, double beta)
    {
        for (var m = 0; m < orders.Length; m++)
        {
            for (var s = 0; s < values.Length; s++) { powers[m][s] = m == 0 ? values[s] : powers[m - 1][s] * powers[m - 1][s]; }
            model.Features(state, action, powers[m], features[m]);
        }
        var variances = options.Weighted
            ? HighOrderMomentEstimator.Variances(features, Estimates, [.. orders.Select(order => order.Inverse.ToArray())], FrozenInverses, beta, alphaSquared, gammaSquared)
            : [.. Enumerable.Repeat(1.0, orders.Length)];
        for (var m = 0; m < orders.Length; m++) { orders[m].Add(features[m], powers[m][next], 1 / variances[m]); }
    }

    /// <summary>Ends an episode: what was running is now frozen.</summary>
    public void Freeze()
    {
        foreach (var order in orders) { order.Refresh(); }
        FrozenInverses = [.. orders.Select(order => order.Inverse.ToArray())];
        Estimates = [.. orders.Select(order => order.Estimate())];
    }

    public IEnumerable<Ellipsoid> Ellipsoids(double radius) => orders.Select((order, m) => new Ellipsoid(Estimates[m], order.CopySigma(), radius));
}
