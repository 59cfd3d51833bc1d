using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// V of implicit Q-learning: an expectile of the values of recorded actions, so that it leans towards the best of them without asking about others. Its
/// state is exchanged in the scope of its owner.
/// </summary>
internal sealed class ExpectileValue : IStateful, IDisposable
{
    private const string Value = "value";

    private readonly IqlOptions options;
    private readonly NetworkGroup values;
    private readonly Adam optimizer;
    private readonly float[] value;
    private readonly float[] advantages;
    private readonly float[] gradients;
    private readonly float[] targets;

    public ExpectileValue(int observationSize, IqlOptions options, RandomStream initialization)
    {
        this.options = options;
        var mlp = new MlpSpecification(observationSize, options.Hidden, 1) { Activation = options.Activation, Initialization = Initialization.FanIn };
        values = NetworkGroup.Create(initialization, options.NetworkOptions, new MlpPart(Value, mlp));
        optimizer = new Adam(values.Parameters, new AdamOptions { LearningRate = options.CriticLearningRate ?? options.LearningRate });
        value = new float[options.BatchSize];
        advantages = new float[options.BatchSize];
        gradients = new float[options.BatchSize];
        targets = new float[options.BatchSize];
    }

    /// <summary>y = r + γ (1 - terminated) V(s'), with V as it is, [batch].</summary>
    public ReadOnlySpan<float> Targets(ReplayBatch batch)
    {
        values[Value].Forward(batch.NextObservations, batch.Size, value);
        for (var i = 0; i < targets.Length; i++)
        {
            targets[i] = (float)ActorCriticLoss.Target(batch.Rewards[i], batch.Terminated[i] ? 0 : options.Gamma, value[i]);
        }
        return targets;
    }

    /// <summary>One step on mean |τ - 1(u &lt; 0)| u², u = min Q⁻(s, a) - V(s).</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="minimum">[batch]: min Q⁻(s, a).</param>
    /// <param name="metrics">Hears of the loss.</param>
    public void Fit(ReplayBatch batch, ReadOnlySpan<float> minimum, IMetricSink metrics)
    {
        values[Value].ForwardTraining(batch.Observations, batch.Size, value);
        values.Parameters.ClearGradients();
        var total = 0.0;
        for (var i = 0; i < advantages.Length; i++)
        {
            advantages[i] = minimum[i] - value[i];
            var (loss, derivative) = OfflineLoss.Expectile(advantages[i], options.Expectile);
            total += loss / batch.Size;
            gradients[i] = (float)(derivative / batch.Size);
        }
        values[Value].Backward(gradients, batch.Size, default);
        metrics.Add("loss/value", total);
        metrics.Add("train/value_gradient_norm", values.Parameters.ClipGradients(options.MaximumGradientNorm));
        optimizer.Step();
    }

    /// <summary>w = min(exp(β u), 100), with u of before V's last step.</summary>
    public void Weigh(Span<float> weights)
    {
        for (var i = 0; i < weights.Length; i++) { weights[i] = (float)OfflineLoss.AdvantageWeight(advantages[i], options.InverseTemperature); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(values), values);
        state.Part(nameof(optimizer), optimizer);
    }

    /// <inheritdoc/>
    public void Dispose() => values.Dispose();
}
