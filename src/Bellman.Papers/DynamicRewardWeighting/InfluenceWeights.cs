namespace Bellman.Papers.DynamicRewardWeighting;

/// <summary>The paper's second method on numbers: influence of each objective on the common progress, and the mirror step of the weights.</summary>
public static class InfluenceWeights
{
    /// <summary>I_i = &lt;g_i, sum_j g_j&gt;: the row sums of the Gram matrix.</summary>
    /// <param name="gram">Inner products of the objectives' gradients, [m, m].</param>
    /// <param name="selfTerm">False leaves |g_i|^2 out.</param>
    /// <param name="normalise">Divide by the mean norm and cut to 0 to 5.</param>
    public static double[] Influence(double[,] gram, bool selfTerm = true, bool normalise = false)
    {
        var m = gram.GetLength(0);
        var influence = Enumerable.Range(0, m).Select(i => Enumerable.Range(0, m).Where(j => selfTerm || j != i).Sum(j => gram[i, j])).ToArray();
        if (!normalise) { return influence; }
        var norm = Enumerable.Range(0, m).Average(i => Math.Sqrt(gram[i, i]));
        return Array.ConvertAll(influence, value => norm > 0 ? Math.Clamp(value / norm, 0, 5) : 0);
    }

    /// <summary>w_i &lt;- w_i exp(ratio I_i) / sum_k w_k exp(ratio I_k), in logarithms, with a floor below which no weight falls.</summary>
    /// <exception cref="UsageException">The weights are not on the simplex, or the ratio is not above 0.</exception>
    public static double[] Step(double[] weights, double[] influence, double ratio, double floor = 1e-6)
    {
        RequireSimplex(weights);
        if (!(ratio > 0)) { throw new UsageException($"The ratio eta / mu is {ratio}; it is above 0, e.g. 0.1."); }
        var logarithms = weights.Zip(influence, (weight, value) => Math.Log(Math.Max(weight, floor)) + ratio * value).ToArray();
        var top = logarithms.Max();
        var raised = Array.ConvertAll(logarithms, value => Math.Exp(value - top));
        var sum = raised.Sum();
        return Floored(Array.ConvertAll(raised, value => value / sum), floor);
    }

    /// <summary>Weights on the simplex of at least a floor each: what the small ones gain is taken from the others in proportion.</summary>
    public static double[] Floored(double[] weights, double floor)
    {
        if (floor * weights.Length >= 1) { throw new UsageException($"A floor of {floor} for each of {weights.Length} weights leaves nothing to decide. Give one below {1.0 / weights.Length}."); }
        var low = weights.Select(weight => weight < floor).ToArray();
        while (true)
        {
            var free = weights.Where((_, i) => !low[i]).Sum();
            var left = 1 - floor * low.Count(flag => flag);
            var result = weights.Select((weight, i) => low[i] ? floor : weight * left / free).ToArray();
            var again = Array.FindIndex(result, weight => weight < floor);
            if (again < 0) { return result; }
            low[again] = true;
        }
    }

    /// <summary>Checks that weights are 0 or more and sum to 1 within 1e-6.</summary>
    /// <exception cref="UsageException">They do not.</exception>
    public static void RequireSimplex(IReadOnlyList<double> weights)
    {
        if (weights.Count < 2) { throw new UsageException($"There are {weights.Count} objectives; weights are for two or more."); }
        if (weights.Any(weight => !(weight >= 0)) || Math.Abs(weights.Sum() - 1) > 1e-6) { throw new UsageException($"The weights {string.Join(", ", weights)} are not on the simplex. Weights are 0 or more and sum to 1."); }
    }
}
