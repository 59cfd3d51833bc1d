using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Twin critics that value every discrete action of an observation at once, and their slowly following targets. Their state is exchanged in the scope
/// of their owner.
/// </summary>
internal sealed class DiscreteCritics : IStateful, IDisposable
{
    private const string First = "q1", Second = "q2";

    private readonly OffPolicyOptions options;
    private readonly int actions;
    private readonly NetworkGroup critics;
    private readonly NetworkGroup targetCritics;
    private readonly Adam criticOptimizer;
    private readonly float[] first;
    private readonly float[] second;
    private readonly float[] gradients;
    private readonly float[] logDensities;
    private readonly float[] shares;
    private readonly float[] errors;

    public DiscreteCritics(int observationSize, int actions, OffPolicyOptions options, RandomStream initialization)
    {
        (this.options, this.actions) = (options, actions);
        var mlp = new MlpSpecification(observationSize, options.Hidden, actions) { Activation = options.Activation, Initialization = Initialization.FanIn };
        critics = NetworkGroup.Create(initialization, options.NetworkOptions, new MlpPart(First, mlp), new MlpPart(Second, mlp));
        targetCritics = critics.Copy();
        criticOptimizer = new Adam(critics.Parameters, new AdamOptions { LearningRate = options.CriticStepSize });
        first = new float[options.BatchSize * actions];
        second = new float[first.Length];
        gradients = new float[first.Length];
        logDensities = new float[actions];
        shares = new float[actions];
        errors = new float[options.BatchSize];
    }

    /// <summary>Parameters and gradients of both.</summary>
    public ParameterBuffer Parameters => critics.Parameters;

    /// <summary>The first of the two.</summary>
    public INetwork One => critics[First];

    /// <summary>[batch]: |Q - y| in the last fit, the mean over both.</summary>
    public ReadOnlySpan<float> Errors => errors;

    /// <summary>[batch, actions]: min Q of every action; the caller's until the next call.</summary>
    public float[] Minimum(ReadOnlySpan<float> observations) => ReadMinimum(critics, observations);

    /// <summary>[batch, actions]: min Q⁻ of every action; the caller's until the next call.</summary>
    public float[] TargetMinimum(ReadOnlySpan<float> observations) => ReadMinimum(targetCritics, observations);

    /// <summary>One step of both on half their mean squared error at the recorded actions to y [batch]; conservative where a weight is given.</summary>
    public void Fit(ReplayBatch batch, ReadOnlySpan<float> y, IMetricSink metrics, GapMultiplier? conservatism = null)
    {
        critics.Parameters.ClearGradients();
        Array.Clear(errors);
        var gap = 0.0;
        var loss = Fit(critics[First], first, batch, y, conservatism, ref gap) + Fit(critics[Second], second, batch, y, conservatism, ref gap);
        metrics.Add("loss/critic", loss);
        metrics.Add("train/critic_gradient_norm", critics.Parameters.ClipGradients(options.MaximumGradientNorm));
        criticOptimizer.Step();
        conservatism?.Update(gap / 2, metrics);
    }

    /// <summary>θ⁻ ← τ θ + (1 - τ) θ⁻.</summary>
    public void MoveTargets() => targetCritics.Parameters.MoveTowards(critics.Parameters, (float)options.Tau);

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(critics), critics);
        state.Part(nameof(targetCritics), targetCritics);
        state.Part(nameof(criticOptimizer), criticOptimizer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        critics.Dispose();
        targetCritics.Dispose();
    }

    private float[] ReadMinimum(NetworkGroup group, ReadOnlySpan<float> observations)
    {
        group[First].Forward(observations, options.BatchSize, first);
        group[Second].Forward(observations, options.BatchSize, second);
        for (var k = 0; k < first.Length; k++) { first[k] = MathF.Min(first[k], second[k]); }
        return first;
    }

    /// <summary>Adds the gradient of one critic and returns the loss of its errors at the actions taken.</summary>
    private double Fit(INetwork critic, float[] values, ReplayBatch batch, ReadOnlySpan<float> y, GapMultiplier? conservatism, ref double gap)
    {
        critic.ForwardTraining(batch.Observations, batch.Size, values);
        Array.Clear(gradients);
        var loss = 0.0;
        for (var i = 0; i < batch.Size; i++)
        {
            var chosen = i * actions + (int)batch.Actions[i];
            var squared = ActorCriticLoss.Critic(values[chosen], y[i]);
            loss += batch.Weights[i] * squared.Loss / batch.Size;
            errors[i] += (float)(0.5 * Math.Abs(squared.Derivative));
            gradients[chosen] = (float)(batch.Weights[i] * squared.Derivative / batch.Size);
            if (conservatism is null) { continue; }
            // α (logsumexp Q(s, ·) - Q(s, a)): over all actions, so that no density corrects for draws.
            gap += OfflineLoss.ConservativeGap(values.AsSpan(i * actions, actions), logDensities, values[chosen], shares) / batch.Size;
            for (var k = 0; k < actions; k++) { gradients[i * actions + k] += (float)(conservatism.Weight * shares[k] / batch.Size); }
            gradients[chosen] -= (float)(conservatism.Weight / batch.Size);
        }
        critic.Backward(gradients, batch.Size, default);
        return loss;
    }
}
