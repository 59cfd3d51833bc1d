namespace Bellman.Papers.BehaviorAlignment;

/// <summary>
/// The policy-gradient objective of a linear softmax policy over trajectories padded to one length, with its first and second derivatives by
/// hand:
/// <code>
/// J = 1/(B H) Σ_b Σ_t w_bt log π(a|s)  +  c Σ_bt H(π(.|s)) / Σ_bt 1
/// </code>
/// Padded places have no log-probability, weight or entropy, yet count in B H. The weights w are constants here.
/// </summary>
/// <param name="actions">Actions.</param>
/// <param name="width">Features of a state.</param>
/// <param name="paddedLength">H.</param>
/// <param name="entropyWeight">c.</param>
/// <param name="importanceRatios">Puts π(a|s) / μ(a|s) in place of log π(a|s), μ the policy that took the action.</param>
internal sealed class AlignmentObjective(int actions, int width, int paddedLength, double entropyWeight, bool importanceRatios = false)
{
    private readonly List<AlignmentTrajectory> trajectories = [];
    private double[] probabilities = [];
    private double[] logProbabilities = [];
    private double[] entropies = [];
    private double[] ratios = [];
    private double[] weights = [];

    /// <summary>Steps over all trajectories.</summary>
    public int Steps { get; private set; }

    /// <summary>The trajectories it is over.</summary>
    public IReadOnlyList<AlignmentTrajectory> Trajectories => trajectories;

    /// <summary>[steps]: w, to be written before derivatives are asked for.</summary>
    public Span<double> Weights => weights.AsSpan(0, Steps);

    /// <summary>1/(B H).</summary>
    public double Scale => 1.0 / (trajectories.Count * paddedLength);

    /// <summary>Looks at trajectories with the policy θ, [actions, width].</summary>
    public void Load(IReadOnlyList<AlignmentTrajectory> over, ReadOnlySpan<double> theta)
    {
        trajectories.Clear();
        trajectories.AddRange(over);
        Steps = trajectories.Sum(one => one.Length);
        if (weights.Length < Steps)
        {
            var room = 2 * Steps;
            (probabilities, logProbabilities) = (new double[room * actions], new double[room * actions]);
            (entropies, ratios, weights) = (new double[room], new double[room], new double[room]);
        }
        var step = 0;
        foreach (var trajectory in trajectories)
        {
            for (var time = 0; time < trajectory.Length; time++, step++)
            {
                var log = logProbabilities.AsSpan(step * actions, actions);
                SoftmaxPolicy.LogProbabilities(theta, trajectory.At(time), log);
                var entropy = 0.0;
                for (var k = 0; k < actions; k++)
                {
                    var p = probabilities[step * actions + k] = Math.Exp(log[k]);
                    entropy -= p * log[k];
                }
                entropies[step] = entropy;
                ratios[step] = importanceRatios ? Math.Exp(log[trajectory.Actions[time]] - trajectory.Likelihoods[time]) : 1;
            }
        }
    }

    /// <summary>J.</summary>
    public double Value()
    {
        var (sum, entropy, step) = (0.0, 0.0, 0);
        foreach (var trajectory in trajectories)
        {
            for (var time = 0; time < trajectory.Length; time++, step++)
            {
                sum += weights[step] * (importanceRatios ? ratios[step] : logProbabilities[step * actions + trajectory.Actions[time]]);
                entropy += entropies[step];
            }
        }
        return Scale * sum + (Steps > 0 ? entropyWeight * entropy / Steps : 0);
    }

    /// <summary>∇θ J.</summary>
    public void Gradient(Span<double> gradient)
    {
        gradient.Clear();
        Span<double> logits = stackalloc double[actions];
        var step = 0;
        foreach (var trajectory in trajectories)
        {
            for (var time = 0; time < trajectory.Length; time++, step++)
            {
                var p = probabilities.AsSpan(step * actions, actions);
                var log = logProbabilities.AsSpan(step * actions, actions);
                var weight = Scale * ratios[step] * weights[step];
                for (var k = 0; k < actions; k++)
                {
                    // ∂ log π_a / ∂z = e_a - π;  ∂H/∂z_k = -π_k (log π_k + H)
                    logits[k] = -weight * p[k] - entropyWeight / Steps * p[k] * (log[k] + entropies[step]);
                }
                logits[trajectory.Actions[time]] += weight;
                AddOuter(logits, trajectory.At(time), gradient);
            }
        }
    }

    /// <summary>∇²θ J · p.</summary>
    public void HessianVector(ReadOnlySpan<double> p, Span<double> product)
    {
        product.Clear();
        Span<double> turned = stackalloc double[actions];
        Span<double> logits = stackalloc double[actions];
        var step = 0;
        foreach (var trajectory in trajectories)
        {
            for (var time = 0; time < trajectory.Length; time++, step++)
            {
                var pi = probabilities.AsSpan(step * actions, actions);
                var log = logProbabilities.AsSpan(step * actions, actions);
                var action = trajectory.Actions[time];
                var mean = Turned(p, trajectory.At(time), pi, turned);
                // dπ_k = π_k (u_k - ū), d log π_k = u_k - ū, dH = -Σ π_k (log π_k + H) u_k, along u = p x
                var entropyChange = 0.0;
                for (var k = 0; k < actions; k++) { entropyChange -= pi[k] * (log[k] + entropies[step]) * turned[k]; }
                var weight = Scale * ratios[step] * weights[step];
                for (var k = 0; k < actions; k++)
                {
                    var change = pi[k] * (turned[k] - mean);
                    logits[k] = -weight * change
                        - entropyWeight / Steps * (change * (log[k] + entropies[step]) + pi[k] * (turned[k] - mean + entropyChange));
                    // ∇²ρ = ρ (∇² log π + ∇ log π ∇ log π')
                    if (importanceRatios) { logits[k] += weight * (turned[action] - mean) * ((k == action ? 1 : 0) - pi[k]); }
                }
                AddOuter(logits, trajectory.At(time), product);
            }
        }
    }

    /// <summary>[steps]: ∂&lt;∇θ J, q&gt;/∂w, which is 1/(B H) ρ &lt;∇ log π, q&gt;.</summary>
    public void Along(ReadOnlySpan<double> q, Span<double> influence)
    {
        Span<double> turned = stackalloc double[actions];
        var step = 0;
        foreach (var trajectory in trajectories)
        {
            for (var time = 0; time < trajectory.Length; time++, step++)
            {
                var mean = Turned(q, trajectory.At(time), probabilities.AsSpan(step * actions, actions), turned);
                influence[step] = Scale * ratios[step] * (turned[trajectory.Actions[time]] - mean);
            }
        }
    }

    /// <summary>u = p x, and its mean under π.</summary>
    private double Turned(ReadOnlySpan<double> p, ReadOnlySpan<double> features, ReadOnlySpan<double> pi, Span<double> turned)
    {
        var mean = 0.0;
        for (var k = 0; k < actions; k++)
        {
            var row = p.Slice(k * width, width);
            var sum = 0.0;
            for (var i = 0; i < width; i++) { sum += row[i] * features[i]; }
            turned[k] = sum;
            mean += pi[k] * sum;
        }
        return mean;
    }

    private void AddOuter(ReadOnlySpan<double> logits, ReadOnlySpan<double> features, Span<double> matrix)
    {
        for (var k = 0; k < actions; k++)
        {
            var row = matrix.Slice(k * width, width);
            for (var i = 0; i < width; i++) { row[i] += logits[k] * features[i]; }
        }
    }
}

/// <summary>π(.|s) = softmax(θ x), θ [actions, width].</summary>
internal static class SoftmaxPolicy
{
    /// <summary>Writes log π of every action.</summary>
    public static void LogProbabilities(ReadOnlySpan<double> theta, ReadOnlySpan<double> features, Span<double> log)
    {
        var highest = double.NegativeInfinity;
        for (var k = 0; k < log.Length; k++)
        {
            var row = theta.Slice(k * features.Length, features.Length);
            var logit = 0.0;
            for (var i = 0; i < features.Length; i++) { logit += row[i] * features[i]; }
            log[k] = logit;
            highest = Math.Max(highest, logit);
        }
        var sum = 0.0;
        foreach (var logit in log) { sum += Math.Exp(logit - highest); }
        var normaliser = highest + Math.Log(sum);
        foreach (ref var logit in log) { logit -= normaliser; }
    }
}
