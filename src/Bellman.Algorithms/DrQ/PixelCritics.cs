using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Two critics over the features of pictures: a trunk that both read (linear, layer norm, tanh), beside it the action, two MLPs; and their slowly
/// following targets.
/// </summary>
public sealed class PixelCritics : IStateful, IDisposable
{
    private readonly DrqOptions options;
    private readonly int actionSize;
    private readonly int batchSize;
    private readonly Heads online;
    private readonly Heads target;
    private readonly float[] gradients;
    private readonly float[] inputGradients;
    private readonly float[] trunkGradients;
    private readonly float[] errors;

    /// <summary>Critics with their initial weights.</summary>
    public PixelCritics(int features, int actionSize, DrqOptions options, RandomStream initialization)
    {
        (this.options, this.actionSize, batchSize) = (options, actionSize, options.BatchSize);
        var mlp = new MlpSpecification(options.Features + actionSize, options.Hidden, 1) { Activation = Activation.Relu, HiddenGain = 1 };
        Networks = NetworkGroup.Create(initialization, options.NetworkOptions, Trunk("trunk", features, options), new MlpPart("q1", mlp), new MlpPart("q2", mlp));
        Targets = Networks.Copy();
        Optimizer = new Adam(Networks.Parameters, new AdamOptions { LearningRate = options.CriticLearningRate ?? options.LearningRate });
        online = new Heads(Networks, options, actionSize);
        target = new Heads(Targets, options, actionSize);
        gradients = new float[batchSize];
        inputGradients = new float[batchSize * (options.Features + actionSize)];
        trunkGradients = new float[batchSize * options.Features];
        errors = new float[batchSize];
    }

    /// <summary>The critics.</summary>
    public NetworkGroup Networks { get; }

    /// <summary>Their targets.</summary>
    public NetworkGroup Targets { get; }

    /// <summary>The critics' optimiser.</summary>
    public Adam Optimizer { get; }

    /// <summary>[batch]: |Q - y| in the last fit, the mean of both.</summary>
    public ReadOnlySpan<float> Errors => errors;

    /// <summary>The trunk of a head: linear, layer norm, tanh.</summary>
    public static MlpPart Trunk(string name, int features, DrqOptions options) =>
        new(name, new MlpSpecification(features, [], options.Features) { OutputNorm = true, OutputActivation = Activation.Tanh });

    /// <summary>min Q of the critics, [batch]; valid until the next call.</summary>
    public ReadOnlySpan<float> Minimum(ReadOnlySpan<float> features, ReadOnlySpan<float> actions) => online.Minimum(features, actions, batchSize);

    /// <summary>min Q of the targets, [batch]; valid until the next call.</summary>
    public ReadOnlySpan<float> TargetMinimum(ReadOnlySpan<float> features, ReadOnlySpan<float> actions) => target.Minimum(features, actions, batchSize);

    /// <summary>
    /// One step of both critics on their mean squared errors to y [batch], summed; writes the gradient by the features.
    /// </summary>
    public void Fit(ReadOnlySpan<float> features, ReplayBatch batch, ReadOnlySpan<float> y, Span<float> featureGradients, IMetricSink metrics)
    {
        Networks.Parameters.ClearGradients();
        online.Join(features, batch.Actions, batchSize, training: true);
        Array.Clear(trunkGradients);
        Array.Clear(errors);
        var (loss, mean) = (0.0, 0.0);
        for (var c = 0; c < 2; c++)
        {
            var values = online.Values(c, batchSize, training: true);
            for (var i = 0; i < batchSize; i++)
            {
                var error = values[i] - y[i];
                loss += batch.Weights[i] * error * error / batchSize;
                mean += values[i] / (2 * batchSize);
                errors[i] += Math.Abs(error) / 2;
                gradients[i] = batch.Weights[i] * 2 * error / batchSize;
            }
            online.Critic(c).Backward(gradients, batchSize, inputGradients);
            for (var i = 0; i < batchSize; i++)
            {
                for (var k = 0; k < options.Features; k++) { trunkGradients[i * options.Features + k] += inputGradients[i * (options.Features + actionSize) + k]; }
            }
        }
        online.Trunk.Backward(trunkGradients, batchSize, featureGradients);
        metrics.Add("loss/critic", loss);
        metrics.Add("train/mean_value", mean);
        metrics.Add("train/critic_gradient_norm", Networks.Parameters.ClipGradients(options.MaximumGradientNorm));
        Optimizer.Step();
    }

    /// <summary>Writes the gradient of the mean of -min Q(s, a) by the actions and returns that mean; the critics' own gradients stay.</summary>
    public double DescentInActions(ReadOnlySpan<float> features, ReadOnlySpan<float> actions, Span<float> actionGradients)
    {
        online.Join(features, actions, batchSize, training: false);
        var (first, second) = (online.Values(0, batchSize, training: true), online.Values(1, batchSize, training: true));
        actionGradients.Clear();
        var total = 0.0;
        for (var c = 0; c < 2; c++)
        {
            for (var i = 0; i < batchSize; i++)
            {
                // The first critic answers for ties.
                var lowest = c == 0 ? first[i] <= second[i] : second[i] < first[i];
                gradients[i] = lowest ? -1f / batchSize : 0;
                total += lowest ? (c == 0 ? first[i] : second[i]) : 0;
            }
            online.Critic(c).Backward(gradients, batchSize, inputGradients, parameterGradients: false);
            for (var i = 0; i < batchSize; i++)
            {
                for (var k = 0; k < actionSize; k++) { actionGradients[i * actionSize + k] += inputGradients[i * (options.Features + actionSize) + options.Features + k]; }
            }
        }
        return -total / batchSize;
    }

    /// <summary>θ⁻ ← τ θ + (1 - τ) θ⁻.</summary>
    public void MoveTargets() => Targets.Parameters.MoveTowards(Networks.Parameters, (float)options.Tau);

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part("networks", Networks);
        state.Part("targets", Targets);
        state.Part("optimizer", Optimizer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Networks.Dispose();
        Targets.Dispose();
    }

    /// <summary>Trunk and heads of one group, with what lies between them.</summary>
    private sealed class Heads(NetworkGroup group, DrqOptions options, int actionSize)
    {
        private readonly INetwork[] critics = [group["q1"], group["q2"]];
        private readonly float[] reduced = new float[options.BatchSize * options.Features];
        private readonly float[] joined = new float[options.BatchSize * (options.Features + actionSize)];
        private readonly float[][] values = [new float[options.BatchSize], new float[options.BatchSize]];
        private readonly float[] minimum = new float[options.BatchSize];

        public INetwork Trunk { get; } = group["trunk"];

        public INetwork Critic(int index) => critics[index];

        public void Join(ReadOnlySpan<float> features, ReadOnlySpan<float> actions, int rows, bool training)
        {
            if (training) { Trunk.ForwardTraining(features, rows, reduced); } else { Trunk.Forward(features, rows, reduced); }
            var width = options.Features + actionSize;
            for (var i = 0; i < rows; i++)
            {
                reduced.AsSpan(i * options.Features, options.Features).CopyTo(joined.AsSpan(i * width));
                actions.Slice(i * actionSize, actionSize).CopyTo(joined.AsSpan(i * width + options.Features));
            }
        }

        public float[] Values(int critic, int rows, bool training)
        {
            if (training) { critics[critic].ForwardTraining(joined, rows, values[critic]); } else { critics[critic].Forward(joined, rows, values[critic]); }
            return values[critic];
        }

        public float[] Minimum(ReadOnlySpan<float> features, ReadOnlySpan<float> actions, int rows)
        {
            Join(features, actions, rows, training: false);
            var (first, second) = (Values(0, rows, training: false), Values(1, rows, training: false));
            for (var i = 0; i < rows; i++) { minimum[i] = MathF.Min(first[i], second[i]); }
            return minimum;
        }
    }
}
