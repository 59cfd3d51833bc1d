using Bellman.Algorithms;
using Bellman.Neural;

namespace Bellman.Papers.EffectiveHorizon;

/// <summary>
/// SQIRL's practical form: k heads over a network, each for all times at once. On a uniform batch
/// y_0 = G and y_j = r + gamma (1 - done) max_a Q_{j-1}(o', a) with the network as it is and no gradient through the target;
/// L = mean over batch and heads of l_j / c_j, c_j the running mean of head j's loss.
/// </summary>
public sealed class NetworkRegression : ISqirlRegression, IDisposable
{
    private const double LeastScale = 1e-8;

    private readonly SqirlOptions options;
    private readonly int actions;
    private readonly ObservationEncoder encoder;
    private readonly NetworkGroup online;
    private readonly NetworkGroup? average;
    private readonly Adam optimizer;
    private readonly ReturnModel returns;
    private readonly RandomStream batchStream;
    private readonly Heads heads;
    private readonly Heads nextHeads;
    private readonly double[] scales;
    private readonly float[] means;
    private readonly List<NetworkGroup> frozen = [];
    private bool scaled;

    /// <summary>Networks with random weights.</summary>
    /// <param name="observations">What is observed.</param>
    /// <param name="actions">Number of actions.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="random">The stream of weights and batches.</param>
    public NetworkRegression(Space observations, int actions, SqirlOptions options, RandomStream random)
    {
        (this.options, this.actions) = (options, actions);
        encoder = new ObservationEncoder(observations, normalize: false);
        returns = options.Atoms > 0 ? new CategoricalReturn(options.MinimumReturn, options.MaximumReturn, options.Atoms)
            : options.Huber ? new MeanReturn()
            : new SquaredReturn();
        var networks = options.SeparateNetworks ? options.Depth : 1;
        var outputs = options.Depth / networks * actions * returns.Width;
        var parts = Enumerable.Range(0, networks).Select(i => new MlpPart(NameOf(i), new MlpSpecification(encoder.Size, options.Hidden, outputs)
        {
            Activation = Activation.Relu,
            Initialization = Initialization.FanIn,
        }));
        online = NetworkGroup.Create(random.Child("initialization"), new NetworkOptions { Engine = Engine.Simd }, [.. parts]);
        average = options.WeightAveraging > 0 ? online.Copy() : null;
        optimizer = new Adam(online.Parameters, new AdamOptions { LearningRate = options.LearningRate });
        batchStream = random.Child("batches");
        heads = new Heads(networks, options.BatchSize, outputs, actions * returns.Width);
        nextHeads = new Heads(networks, options.BatchSize, outputs, actions * returns.Width);
        scales = new double[options.Depth];
        means = new float[actions];
    }

    /// <inheritdoc/>
    public void Learn(SqirlReplay replay, int iteration, long collected)
    {
        if (replay.Count == 0) { return; }
        // gradient steps = ceil(collected steps x epochs / batch)
        var steps = (collected * options.Epochs + options.BatchSize - 1) / options.BatchSize;
        for (var step = 0L; step < steps; step++)
        {
            Update(replay, options.LearningRate * (options.AnnealLearningRate ? 1 - (double)step / steps : 1));
        }
    }

    /// <inheritdoc/>
    public IFrozenPolicy Freeze()
    {
        var copy = (average ?? online).Copy();
        frozen.Add(copy);
        return new NetworkPolicy(copy, NameOf(heads.Networks - 1), encoder, returns, actions, heads.LastOffset);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        online.Dispose();
        average?.Dispose();
        foreach (var copy in frozen) { copy.Dispose(); }
    }

    private static string NameOf(int network) => $"values.{network}";

    private void Update(SqirlReplay replay, double learningRate)
    {
        var batch = options.BatchSize;
        var rows = new long[batch];
        var (observations, nextObservations) = (new float[batch * encoder.Size], new float[batch * encoder.Size]);
        for (var i = 0; i < batch; i++)
        {
            rows[i] = replay.Draw(batchStream);
            encoder.Encode(replay.Observation(rows[i]), 1, observations.AsSpan(i * encoder.Size));
            encoder.Encode(replay.NextObservation(rows[i]), 1, nextObservations.AsSpan(i * encoder.Size));
        }
        for (var network = 0; network < heads.Networks; network++)
        {
            online[NameOf(network)].Forward(nextObservations, batch, nextHeads.Outputs[network]);
            online[NameOf(network)].ForwardTraining(observations, batch, heads.Outputs[network]);
        }
        for (var head = 0; head < options.Depth; head++) { Differentiate(replay, rows, head); }
        scaled = true;
        online.Parameters.ClearGradients();
        for (var network = 0; network < heads.Networks; network++) { online[NameOf(network)].Backward(heads.Gradients[network], batch, default); }
        online.Parameters.ClipGradients(options.MaximumGradientNorm);
        optimizer.Step(learningRate);
        average?.Parameters.MoveTowards(online.Parameters, (float)(1 - options.WeightAveraging));
    }

    /// <summary>The gradient of one head's loss, written where its network's backward pass reads it.</summary>
    private void Differentiate(SqirlReplay replay, long[] rows, int head)
    {
        var width = returns.Width;
        var loss = 0.0;
        for (var i = 0; i < rows.Length; i++)
        {
            ref readonly var entry = ref replay[rows[i]];
            var gradients = heads.Row(heads.Gradients, i, head);
            gradients.Clear();
            var taken = entry.Action * width;
            var predicted = heads.Row(heads.Outputs, i, head).Slice(taken, width);
            // Head 0 learns the return itself; head j reads head j - 1, never itself.
            var gradient = gradients.Slice(taken, width);
            var learned = head == 0
                ? returns.Learn(predicted, entry.Return, 0, predicted, gradient)
                : returns.Learn(predicted, entry.Reward, entry.Done ? 0 : options.Gamma, Best(nextHeads.Row(nextHeads.Outputs, i, head - 1)), gradient);
            loss += learned.Loss / rows.Length;
        }
        // c <- 0.99 c + 0.01 loss, begun with the first batch's
        scales[head] = scaled ? options.LossSmoothing * scales[head] + (1 - options.LossSmoothing) * loss : loss;
        var factor = (float)(1.0 / (rows.Length * options.Depth * (options.ScaleLosses ? Math.Max(scales[head], LeastScale) : 1)));
        for (var i = 0; i < rows.Length; i++)
        {
            foreach (ref var slope in heads.Row(heads.Gradients, i, head)) { slope *= factor; }
        }
    }

    /// <summary>The outputs of the action with the highest expected return.</summary>
    private Span<float> Best(Span<float> outputs)
    {
        returns.Means(outputs, means);
        return outputs.Slice(TemporalDifference.ArgMax(means) * returns.Width, returns.Width);
    }

    /// <summary>Where the heads' numbers lie: side by side in one network's row, or a network each.</summary>
    private sealed class Heads(int networks, int batch, int outputs, int headSize)
    {
        public int Networks => networks;

        public float[][] Outputs { get; } = [.. Enumerable.Range(0, networks).Select(_ => new float[batch * outputs])];

        public float[][] Gradients { get; } = [.. Enumerable.Range(0, networks).Select(_ => new float[batch * outputs])];

        /// <summary>Where the last head begins in its network's row.</summary>
        public int LastOffset => outputs - headSize;

        public Span<float> Row(float[][] arrays, int row, int head) => networks > 1
            ? arrays[head].AsSpan(row * outputs, headSize)
            : arrays[0].AsSpan(row * outputs + head * headSize, headSize);
    }

    private sealed class NetworkPolicy(NetworkGroup group, string name, ObservationEncoder encoder, ReturnModel returns, int actions, int offset) : IFrozenPolicy
    {
        public void Act(ReadOnlySpan<float> observations, int count, Span<int> chosen)
        {
            var network = group[name];
            var encoded = new float[count * encoder.Size];
            encoder.Encode(observations, count, encoded);
            var outputs = new float[count * network.Outputs];
            network.Forward(encoded, count, outputs);
            var means = new float[actions];
            for (var i = 0; i < count; i++)
            {
                returns.Means(outputs.AsSpan(i * network.Outputs + offset, actions * returns.Width), means);
                chosen[i] = TemporalDifference.ArgMax(means);
            }
        }
    }

    /// <summary>The mean of the return by squares: l = (q - y)^2.</summary>
    private sealed class SquaredReturn : ReturnModel
    {
        public override int Width => 1;

        public override PolicyReadout Readout(int actions) => new ValueReadout(actions);

        public override float Mean(ReadOnlySpan<float> outputs) => outputs[0];

        public override (double Loss, double Error) Learn(ReadOnlySpan<float> predicted, double reward, double discount, ReadOnlySpan<float> next, Span<float> gradient)
        {
            var error = predicted[0] - (reward + discount * next[0]);
            gradient[0] = (float)(2 * error);
            return (error * error, error);
        }
    }
}
