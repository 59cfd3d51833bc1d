using Bellman.Environments.Submodular;

namespace Bellman.Papers.SubmodularRl;

/// <summary>
/// The restricted class with a guarantee: in every step each element can be reached by its own action, and the policy pi^h(a)
/// depends on the step alone. J is then monotone DR-submodular in the probabilities, so that stationary points of gradient ascent
/// are 1/2-optimal (Prajapat et al. 2024). Tiny instances have an exact gradient and an exact optimum.
/// </summary>
/// <param name="function">F over the actions.</param>
/// <param name="horizon">Picks, H.</param>
public sealed class SubmodularBandit(ISubmodularFunction function, int horizon)
{
    private readonly int actions = function.ElementCount;

    /// <summary>The share of the optimum that the paper's theory promises a stationary point.</summary>
    public const double GuaranteedShare = 0.5;

    /// <summary>The optimum over all sequences.</summary>
    public double Optimum { get; } = SubmodularChecks.BruteForce(function, horizon).Value;

    /// <summary>
    /// The exact value J and its gradient with respect to the logits, by enumerating all sequences:
    /// dJ/dl_{h,a} = pi_h(a) (E[F | a_h = a] - J).
    /// </summary>
    /// <param name="logits">[horizon, actions].</param>
    /// <param name="gradient">[horizon, actions], written.</param>
    /// <returns>J.</returns>
    public double Gradient(ReadOnlySpan<double> logits, Span<double> gradient)
    {
        var policy = new double[horizon * actions];
        for (var h = 0; h < horizon; h++)
        {
            var row = logits.Slice(h * actions, actions);
            var largest = double.NegativeInfinity;
            foreach (var logit in row) { largest = Math.Max(largest, logit); }
            var total = 0.0;
            for (var a = 0; a < actions; a++) { total += policy[h * actions + a] = Math.Exp(row[a] - largest); }
            for (var a = 0; a < actions; a++) { policy[h * actions + a] /= total; }
        }
        // weighted[h, a] = sum over the sequences with a_h = a of probability x F
        var weighted = new double[horizon * actions];
        var chosen = new int[horizon];
        var value = Accumulate(function.CreateEvaluator(), 0, 1);
        for (var i = 0; i < weighted.Length; i++) { gradient[i] = weighted[i] - policy[i] * value; }
        return value;

        double Accumulate(ISetEvaluator evaluator, int depth, double probability)
        {
            if (depth == horizon)
            {
                var contribution = probability * evaluator.Value;
                for (var h = 0; h < horizon; h++) { weighted[h * actions + chosen[h]] += contribution; }
                return contribution;
            }
            var sum = 0.0;
            for (var a = 0; a < actions; a++)
            {
                var next = evaluator.Copy();
                next.Add(a);
                chosen[depth] = a;
                sum += Accumulate(next, depth + 1, probability * policy[depth * actions + a]);
            }
            return sum;
        }
    }

    /// <summary>Gradient ascent with Adam from a nearly uniform policy; returns J / optimum.</summary>
    /// <param name="random">Small logits are drawn from here: from exactly equal ones all steps would learn the same policy for ever.</param>
    /// <param name="steps">Steps.</param>
    /// <param name="learningRate">Adam's step size.</param>
    public double Train(RandomStream random, int steps = 300, double learningRate = 0.1)
    {
        var parameters = new Neural.ParameterBuffer([new Neural.ParameterInfo("logits", 0, [horizon, actions])]);
        var adam = new Neural.Adam(parameters, new Neural.AdamOptions { LearningRate = learningRate });
        foreach (ref var logit in parameters.Values.AsSpan()) { logit = (float)(0.01 * random.NextGaussian()); }
        var (logits, gradient) = (new double[horizon * actions], new double[horizon * actions]);
        for (var step = 0; step < steps; step++)
        {
            for (var i = 0; i < logits.Length; i++) { logits[i] = parameters.Values[i]; }
            Gradient(logits, gradient);
            for (var i = 0; i < logits.Length; i++) { parameters.Gradients[i] = (float)-gradient[i]; }
            adam.Step();
        }
        for (var i = 0; i < logits.Length; i++) { logits[i] = parameters.Values[i]; }
        return Gradient(logits, gradient) / Optimum;
    }

    /// <summary>A random instance: each of six actions covers three of ten elements.</summary>
    public static SubmodularBandit Draw(RandomStream random, int actions = 6, int elements = 10, int covered = 3, int horizon = 3)
    {
        var cells = Enumerable.Range(0, elements).ToArray();
        var footprints = new List<int[]>();
        for (var action = 0; action < actions; action++)
        {
            random.Shuffle(cells.AsSpan());
            footprints.Add(cells[..covered]);
        }
        return new SubmodularBandit(new WeightedCoverage([.. Enumerable.Repeat(1.0, elements)], footprints), horizon);
    }
}
