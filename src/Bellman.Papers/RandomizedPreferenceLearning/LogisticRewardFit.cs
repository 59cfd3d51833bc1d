using MathNet.Numerics.LinearAlgebra;

namespace Bellman.Papers.RandomizedPreferenceLearning;

/// <summary>
/// The most likely reward given preferences, with a ridge: theta = argmax over ||theta|| &lt;= B of
/// sum_i [ o_i log sigma(D_i . theta) + (1 - o_i) log sigma(-D_i . theta) ] - lambda/2 ||theta||^2, by Newton's method.
/// </summary>
public sealed class LogisticRewardFit
{
    private const int MostSteps = 50;
    private const double SmallestStep = 1e-6;

    private readonly double ridge;
    private readonly double bound;
    private readonly List<Vector<double>> differences = [];
    private readonly List<int> preferences = [];
    private Vector<double> estimate;

    /// <summary>A fit without data: zero.</summary>
    /// <param name="dimension">Length of the features, at least 1.</param>
    /// <param name="ridge">lambda, above 0.</param>
    /// <param name="bound">B, above 0.</param>
    /// <exception cref="UsageException">One of them is out of range.</exception>
    public LogisticRewardFit(int dimension, double ridge, double bound)
    {
        if (dimension < 1 || !(ridge > 0) || !(bound > 0)) { throw new UsageException($"A logistic fit needs one feature or more, a ridge above 0 and a bound above 0; got {dimension}, {ridge} and {bound}."); }
        (this.ridge, this.bound) = (ridge, bound);
        estimate = Vector<double>.Build.Dense(dimension);
    }

    /// <summary>theta of the last <see cref="Fit"/>.</summary>
    public IReadOnlyList<double> Estimate => estimate.ToArray();

    /// <summary>Preferences taken.</summary>
    public int Count => preferences.Count;

    /// <summary>Takes a preference.</summary>
    /// <param name="difference">D, features of the first trajectory minus those of the second, [d].</param>
    /// <param name="preference">1 when the first is preferred, 0 when the second is.</param>
    /// <exception cref="UsageException">The label is neither, or the features have another length.</exception>
    public void Add(ReadOnlySpan<double> difference, int preference)
    {
        if (preference is not (0 or 1)) { throw new UsageException($"The preference is {preference}; it must be 1 (the first) or 0 (the second). Drop ties, or enter them once each way."); }
        if (difference.Length != estimate.Count) { throw new UsageException($"The difference has {difference.Length} features; the fit has {estimate.Count}. Trajectories must be of equal length."); }
        differences.Add(Vector<double>.Build.Dense(difference.ToArray()));
        preferences.Add(preference);
    }

    /// <summary>Fits, beginning with the last estimate.</summary>
    public void Fit()
    {
        if (preferences.Count == 0) { return; }
        for (var iteration = 0; iteration < MostSteps; iteration++)
        {
            // g = sum D (o - p) - lambda theta,  H = sum p (1 - p) D D' + lambda I,  theta += H^-1 g
            var gradient = -ridge * estimate;
            for (var i = 0; i < preferences.Count; i++) { gradient += differences[i] * (preferences[i] - LogisticLink.Probability(differences[i] * estimate)); }
            var step = Hessian().Cholesky().Solve(gradient);
            var before = Objective(estimate);
            while (Objective(estimate + step) < before && step.AbsoluteMaximum() > SmallestStep * 1e-3) { step /= 2; }
            estimate += step;
            if (step.AbsoluteMaximum() < SmallestStep) { break; }
        }
        var length = estimate.L2Norm();
        if (length > bound) { estimate *= bound / length; }
    }

    /// <summary>sum p (1 - p) D D' + lambda I at the estimate: the inverse of Laplace's covariance.</summary>
    public Matrix<double> Hessian()
    {
        var hessian = Matrix<double>.Build.DenseDiagonal(estimate.Count, estimate.Count, ridge);
        foreach (var difference in differences)
        {
            var p = LogisticLink.Probability(difference * estimate);
            hessian += p * (1 - p) * difference.OuterProduct(difference);
        }
        return hessian;
    }

    private double Objective(Vector<double> theta)
    {
        var sum = -ridge / 2 * (theta * theta);
        for (var i = 0; i < preferences.Count; i++) { sum += LogisticLink.Log((preferences[i] == 1 ? 1 : -1) * (differences[i] * theta)); }
        return sum;
    }
}
