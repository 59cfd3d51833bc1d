using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// What makes soft actor-critic conservative (Kumar et al. 2020, "Conservative Q-learning for offline reinforcement learning"): beside the
/// Bellman error, critics are lowered at actions that are drawn and raised at those that were recorded. Targets are then without entropy.
/// </summary>
internal sealed class ConservativeTerm : IStateful, IDisposable
{
    private readonly int observationSize;
    private readonly int actionSize;
    private readonly int draws;
    private readonly GapMultiplier multiplier;
    private readonly TanhGaussianBatch policy;
    private readonly float[] repeated;
    private readonly float[] outputs;
    private readonly float[] inputs;
    private readonly float[] values;
    private readonly float[] gradients;
    private readonly float[] logDensities;
    private readonly float[] shares;

    /// <summary>Room for the draws of a batch.</summary>
    public ConservativeTerm(int observationSize, int actionSize, CqlOptions options)
    {
        (this.observationSize, this.actionSize, draws) = (observationSize, actionSize, options.Draws);
        multiplier = options.CreateMultiplier();
        var rows = options.BatchSize * draws;
        policy = new TanhGaussianBatch(rows, actionSize, LogDeviationBound.Clamp);
        repeated = new float[rows * observationSize];
        outputs = new float[rows * 2 * actionSize];
        inputs = new float[options.BatchSize * RowsOfState * (observationSize + actionSize)];
        values = new float[options.BatchSize * RowsOfState];
        gradients = new float[values.Length];
        logDensities = new float[options.BatchSize * 3 * draws];
        shares = new float[3 * draws];
    }

    // The recorded action, then as many at random, of the policy here, and of the policy at the next state.
    private int RowsOfState => 1 + 3 * draws;

    /// <summary>Draws the actions of a batch; no gradient passes them.</summary>
    public void Draw(ReplayBatch batch, INetwork actor, RandomStream random)
    {
        for (var i = 0; i < batch.Size; i++)
        {
            Join(batch, i, 0, batch.Actions.AsSpan(i * actionSize, actionSize));
            for (var n = 0; n < draws; n++)
            {
                foreach (ref var component in Join(batch, i, 1 + n, default)) { component = 2 * random.NextSingle() - 1; }
                // ln of the density of uniform draws from [-1, 1]^d
                logDensities[i * 3 * draws + n] = actionSize * MathF.Log(0.5f);
            }
        }
        DrawOf(batch, batch.Observations, 1, actor, random);
        DrawOf(batch, batch.NextObservations, 2, actor, random);
    }

    /// <summary>Adds a critic's gradient of ½ (Q - y)² + α (logsumexp over draws of (Q - log density) - Q(s, a)), mean over the batch.</summary>
    /// <param name="critic">The critic.</param>
    /// <param name="y">[batch]: targets.</param>
    /// <param name="errors">[batch]: |Q - y| is added.</param>
    /// <returns>Means over the batch of the Bellman part, of the gap that α weighs, and of recorded values.</returns>
    public (double Bellman, double Gap, double Value) Differentiate(INetwork critic, ReadOnlySpan<float> y, Span<float> errors)
    {
        critic.ForwardTraining(inputs, values.Length, values);
        var (bellman, gap, value) = (0.0, 0.0, 0.0);
        var weight = multiplier.Weight;
        for (var i = 0; i < y.Length; i++)
        {
            var row = values.AsSpan(i * RowsOfState, RowsOfState);
            var own = gradients.AsSpan(i * RowsOfState, RowsOfState);
            var (loss, derivative) = ActorCriticLoss.Critic(row[0], y[i]);
            gap += OfflineLoss.ConservativeGap(row[1..], logDensities.AsSpan(i * 3 * draws, 3 * draws), row[0], shares) / y.Length;
            bellman += loss / y.Length;
            value += row[0] / (double)y.Length;
            errors[i] += (float)Math.Abs(derivative);
            own[0] = (float)((derivative - weight) / y.Length);
            for (var n = 0; n < shares.Length; n++) { own[1 + n] = (float)(weight * shares[n] / y.Length); }
        }
        critic.Backward(gradients, values.Length, default);
        return (bellman, gap, value);
    }

    /// <summary>Tells of the mean gap of all critics, towards which the weight is learned where it is.</summary>
    public void Update(double gap, IMetricSink metrics) => multiplier.Update(gap, metrics);

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => multiplier.Exchange(state);

    /// <inheritdoc/>
    public void Dispose() => multiplier.Dispose();

    private void DrawOf(ReplayBatch batch, float[] from, int kind, INetwork actor, RandomStream random)
    {
        for (var i = 0; i < batch.Size; i++)
        {
            for (var n = 0; n < draws; n++) { from.AsSpan(i * observationSize, observationSize).CopyTo(repeated.AsSpan((i * draws + n) * observationSize)); }
        }
        actor.Forward(repeated, batch.Size * draws, outputs);
        policy.Sample(outputs, random);
        for (var i = 0; i < batch.Size; i++)
        {
            for (var n = 0; n < draws; n++)
            {
                Join(batch, i, 1 + kind * draws + n, policy.Actions.AsSpan((i * draws + n) * actionSize, actionSize));
                logDensities[(i * 3 + kind) * draws + n] = policy.LogProbabilities[i * draws + n];
            }
        }
    }

    /// <summary>Writes one of a state's rows and returns where its action lies.</summary>
    private Span<float> Join(ReplayBatch batch, int state, int row, ReadOnlySpan<float> action)
    {
        var destination = inputs.AsSpan((state * RowsOfState + row) * (observationSize + actionSize), observationSize + actionSize);
        batch.Observations.AsSpan(state * observationSize, observationSize).CopyTo(destination);
        action.CopyTo(destination[observationSize..]);
        return destination[observationSize..];
    }
}
