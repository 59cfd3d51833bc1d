using Bellman.Algorithms.Linear;

namespace Bellman.Papers.HorizonFreeRewardFreeExploration;

/// <summary>
/// The high-order moment estimator (Zhang et al. 2023 after Zhou and Gu 2022): the variance that a sample of each moment order is
/// weighted by. Order m regresses W^(2^m); its variance is read from order m + 1, whose target is the square.
/// </summary>
public static class HighOrderMomentEstimator
{
    /// <summary>The variances sigma^2_m.</summary>
    /// <param name="features">phi_m = phi_{W^(2^m)}(s,a), [M][d].</param>
    /// <param name="estimates">theta_m as of the episode's start, [M][d].</param>
    /// <param name="running">Sigma_m^-1 of this step, [M][d x d]: the epistemic term's.</param>
    /// <param name="frozen">Sigma_m^-1 of the episode's start, [M][d x d]: the error terms'.</param>
    /// <param name="beta">Confidence radius.</param>
    /// <param name="alphaSquared">Floor.</param>
    /// <param name="gammaSquared">Coefficient of the epistemic term; 0 drops it.</param>
    public static double[] Variances(IReadOnlyList<double[]> features, IReadOnlyList<double[]> estimates, IReadOnlyList<double[]> running,
        IReadOnlyList<double[]> frozen, double beta, double alphaSquared, double gammaSquared)
    {
        var orders = features.Count;
        var variances = new double[orders];
        for (var m = 0; m < orders; m++)
        {
            // sigma^2_m = max{ gamma^2 ||phi_m||_{Sigma^-1}, var_m + E_m, alpha^2 }: the norm, not its square
            var epistemic = gammaSquared * WeightedRidge.Norm(running[m], features[m]);
            variances[m] = Math.Max(Math.Max(epistemic, m + 1 < orders ? Aleatoric(m) : 1), alphaSquared);
        }
        return variances;

        double Aleatoric(int m)
        {
            // var_m = [phi_{m+1} . theta_{m+1}] - [phi_m . theta_m]^2, brackets clip to [0, 1]
            var mean = Unit(WeightedRidge.Dot(features[m], estimates[m]));
            var variance = Unit(WeightedRidge.Dot(features[m + 1], estimates[m + 1])) - mean * mean;
            // E_m = [2 beta ||phi_m||] + [beta ||phi_{m+1}||]
            var error = Unit(2 * beta * WeightedRidge.Norm(frozen[m], features[m])) + Unit(beta * WeightedRidge.Norm(frozen[m + 1], features[m + 1]));
            return variance + error;
        }
    }

    private static double Unit(double value) => Math.Clamp(value, 0, 1);
}
