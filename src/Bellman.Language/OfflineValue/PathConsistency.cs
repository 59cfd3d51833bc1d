using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Off-policy losses from the optimum's own equation, r = V* + tau h along any path: data of any policy serve.
/// </summary>
public static class PathConsistency
{
    /// <summary>DRO (Richemond et al. 2024): 1/2 (r - V(x) - tau h)^2, with a separate V: [rows].</summary>
    public static Tensor Dro(Tensor rewards, Tensor values, Tensor logRatios, double tau) => 0.5 * (rewards - values - tau * logRatios).square();

    /// <summary>OREO (Wang et al. 2024): (V(s_t) - R_t + beta sum_{i >= t} h_i)^2 at each token: [rows, tokens].</summary>
    public static Tensor Oreo(Tensor values, Tensor returns, Tensor tokenLogRatios, Tensor mask, double beta)
    {
        var ratios = Reductions.Select(tokenLogRatios, mask);
        var toGo = ratios.flip(1).cumsum(1).flip(1);
        return Reductions.Select((values - returns + beta * toGo).square(), mask);
    }

    /// <summary>A*-PO (Brantley et al. 2025), V*(x) = beta log mean exp(r / beta) over the reference's samples.</summary>
    public static double OptimalValue(IReadOnlyList<double> rewards, double beta)
    {
        var largest = rewards.Max();
        return largest + beta * Math.Log(rewards.Average(reward => Math.Exp((reward - largest) / beta)));
    }

    /// <summary>A*-PO: (beta h - (r - V*))^2: [rows].</summary>
    public static Tensor OptimalAdvantage(Tensor logRatios, Tensor rewards, Tensor optimalValues, double beta) =>
        (beta * logRatios - (rewards - optimalValues)).square();
}
