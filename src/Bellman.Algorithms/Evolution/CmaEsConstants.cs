namespace Bellman.Algorithms;

/// <summary>The constants of CMA-ES for a dimension n and a population lambda (Hansen 2016, "The CMA evolution strategy: a tutorial", table 1).</summary>
public sealed class CmaEsConstants
{
    private readonly double[] weights;

    /// <summary>The constants of dimension <paramref name="n"/>, at least 1, for <paramref name="population"/> candidates, at least 2; 0 takes <see cref="DefaultPopulation"/>.</summary>
    public CmaEsConstants(int n, int population = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        Population = population == 0 ? DefaultPopulation(n) : population;
        ArgumentOutOfRangeException.ThrowIfLessThan(Population, 2, nameof(population));
        // w_i ~ ln((lambda + 1)/2) - ln i, i = 1..mu, mu = floor(lambda/2);  mu_eff = 1/sum w_i^2
        weights = new double[Population / 2];
        for (var i = 0; i < weights.Length; i++) { weights[i] = Math.Log((Population + 1) / 2.0) - Math.Log(i + 1); }
        var sum = weights.Sum();
        for (var i = 0; i < weights.Length; i++) { weights[i] /= sum; }
        Effective = 1 / weights.Sum(weight => weight * weight);
        var (size, effective) = ((double)n, Effective);
        // c_sigma = (mu_eff + 2)/(n + mu_eff + 5);  d_sigma = 1 + 2 max(0, sqrt((mu_eff - 1)/(n + 1)) - 1) + c_sigma
        StepDecay = (effective + 2) / (size + effective + 5);
        StepDamping = 1 + 2 * Math.Max(0, Math.Sqrt((effective - 1) / (size + 1)) - 1) + StepDecay;
        // c_c = (4 + mu_eff/n)/(n + 4 + 2 mu_eff/n);  c_1 = 2/((n + 1.3)^2 + mu_eff)
        PathDecay = (4 + effective / size) / (size + 4 + 2 * effective / size);
        RankOne = 2 / ((size + 1.3) * (size + 1.3) + effective);
        // c_mu = min(1 - c_1, 2 (mu_eff - 2 + 1/mu_eff)/((n + 2)^2 + mu_eff))
        RankMu = Math.Min(1 - RankOne, 2 * (effective - 2 + 1 / effective) / ((size + 2) * (size + 2) + effective));
        // chi = sqrt(n) (1 - 1/(4n) + 1/(21 n^2)), about E|N(0, I)|
        ExpectedNorm = Math.Sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size * size));
    }

    /// <summary>lambda.</summary>
    public int Population { get; }

    /// <summary>[mu]: the weights of the best candidates, which sum to 1.</summary>
    public ReadOnlySpan<double> Weights => weights;

    /// <summary>mu_eff: how many equally weighted candidates carry as much information.</summary>
    public double Effective { get; }

    /// <summary>c_sigma: decay of the step-size path.</summary>
    public double StepDecay { get; }

    /// <summary>d_sigma: damping of the step size.</summary>
    public double StepDamping { get; }

    /// <summary>c_c: decay of the covariance path.</summary>
    public double PathDecay { get; }

    /// <summary>c_1: learning rate of the rank-one update.</summary>
    public double RankOne { get; }

    /// <summary>c_mu: learning rate of the rank-mu update.</summary>
    public double RankMu { get; }

    /// <summary>chi: the expected norm of a standard normal vector.</summary>
    public double ExpectedNorm { get; }

    /// <summary>lambda = 4 + floor(3 ln n).</summary>
    public static int DefaultPopulation(int n) => 4 + (int)Math.Floor(3 * Math.Log(n));
}
