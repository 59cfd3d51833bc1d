using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Networks that predict a normal distribution of some outputs, each fitted on a bootstrap of its own, between learned bounds of the log
/// variance that they share (Chua et al. 2018, "Deep reinforcement learning in a handful of trials"). Those with the smallest
/// held-out error are the elites.
/// </summary>
public sealed class GaussianEnsemble : IStateful, IDisposable
{
    private const string Name = "member";
    private const string Maximum = "maximumLogVariance";
    private const string Minimum = "minimumLogVariance";
    private const double Improvement = 0.01;
    private const int ValidationRows = 4096;

    private readonly EnsembleOptions options;
    private readonly int inputs;
    private readonly int outputs;
    private readonly RandomStream random;
    private readonly Member[] members;
    private readonly NetworkGroup bounds;
    private readonly Adam boundsOptimizer;
    private readonly InputScaler scaler;
    private readonly int[] elites;
    private readonly double[] errors;
    private float[] scaled = [];
    private float[] predicted = [];
    private long fits;

    /// <summary>An ensemble with its initial weights.</summary>
    /// <param name="inputs">Numbers of an input row.</param>
    /// <param name="outputs">Numbers of an output row.</param>
    /// <param name="options">Options, valid.</param>
    /// <param name="network">Engine and threads.</param>
    /// <param name="random">Weights, bootstraps and orders come from its children.</param>
    public GaussianEnsemble(int inputs, int outputs, EnsembleOptions options, NetworkOptions network, RandomStream random)
    {
        (this.inputs, this.outputs, this.options, this.random) = (inputs, outputs, options, random);
        var mlp = new MlpSpecification(inputs, options.Hidden, 2 * outputs) { Activation = Activation.Silu, Initialization = Initialization.TruncatedNormal };
        members = [.. Enumerable.Range(0, options.Members).Select(index => new Member(NetworkGroup.Create(random.Child(Name, index), network, new MlpPart(Name, mlp)), options))];
        bounds = NetworkGroup.Create(random, network, new VectorPart(Maximum, outputs, 0.5f), new VectorPart(Minimum, outputs, -10));
        boundsOptimizer = new Adam(bounds.Parameters, new AdamOptions { LearningRate = options.LearningRate });
        scaler = new InputScaler(inputs);
        elites = [.. Enumerable.Range(0, options.Elites)];
        errors = new double[options.Members];
    }

    /// <summary>How many networks it has.</summary>
    public int Members => members.Length;

    /// <summary>The members that predict, the best first.</summary>
    public IReadOnlyList<int> Elites => elites;

    /// <summary>[members]: mean squared error of the means on the transitions held out, at the weights kept.</summary>
    public IReadOnlyList<double> Errors => errors;

    /// <summary>
    /// Goes on training every member on a new bootstrap until the held-out likelihood of none improves by more than 0.01 an output for
    /// <see cref="EnsembleOptions.Patience"/> epochs in a row, keeps each member's best weights and chooses the elites by the error of their means.
    /// </summary>
    /// <param name="rows">[count, inputs].</param>
    /// <param name="targets">[count, outputs].</param>
    /// <param name="metrics">Hears of the loss, the held-out error and the epochs.</param>
    /// <exception cref="UsageException">There are fewer than two rows.</exception>
    public void Fit(ReadOnlySpan<float> rows, ReadOnlySpan<float> targets, IMetricSink metrics)
    {
        var count = rows.Length / inputs;
        if (count < 2) { throw new UsageException($"A model cannot be fitted to {count} transition(s): one is held out and the rest train it. Collect more."); }
        var stream = random.Child("fit", fits++);
        scaler.Fit(rows);
        var data = new float[rows.Length];
        scaler.Scale(rows, data);
        var order = Enumerable.Range(0, count).ToArray();
        stream.Shuffle<int>(order);
        var held = Math.Clamp((int)(options.HoldOut * count), 1, count - 1);
        var training = order[held..];
        foreach (var member in members) { member.Begin(training, stream); }
        var (waited, epochs, loss) = (0, 0, 0.0);
        while (waited < options.Patience && epochs < options.MaximumEpochs)
        {
            loss = Epoch(data, targets, stream);
            epochs++;
            var improved = false;
            foreach (var member in members) { improved |= member.Keep(HeldOut(member, data, targets, order.AsSpan(0, held)), Improvement); }
            waited = improved ? 0 : waited + 1;
        }
        for (var index = 0; index < members.Length; index++) { errors[index] = members[index].Restore(); }
        Enumerable.Range(0, members.Length).OrderBy(index => errors[index]).Take(elites.Length).ToArray().CopyTo(elites, 0);
        metrics.Add("model/loss", loss);
        metrics.Add("model/held_out_error", elites.Average(index => errors[index]));
        metrics.Add("model/epochs", epochs);
    }

    /// <summary>Writes a member's means and log variances, [count, outputs] each.</summary>
    /// <param name="member">0 to <see cref="Members"/> - 1.</param>
    /// <param name="rows">[count, inputs].</param>
    /// <param name="count">Rows.</param>
    /// <param name="means">Written.</param>
    /// <param name="logVariances">Written.</param>
    public void Predict(int member, ReadOnlySpan<float> rows, int count, Span<float> means, Span<float> logVariances)
    {
        Reserve(count);
        scaler.Scale(rows[..(count * inputs)], scaled.AsSpan(0, count * inputs));
        members[member].Network.Forward(scaled.AsSpan(0, count * inputs), count, predicted.AsSpan(0, count * 2 * outputs));
        Span<float> maximum = bounds.Vector(Maximum), minimum = bounds.Vector(Minimum);
        for (var row = 0; row < count; row++)
        {
            predicted.AsSpan(row * 2 * outputs, outputs).CopyTo(means[(row * outputs)..]);
            for (var k = 0; k < outputs; k++)
            {
                logVariances[row * outputs + k] = (float)EnsembleLoss.Clamp(predicted[row * 2 * outputs + outputs + k], maximum[k], minimum[k]).Value;
            }
        }
    }

    /// <summary>The loss of a batch over all members with its gradients added to the parameters': Σ members mean(...) + 0.01 (Σ l_max - Σ l_min) + decay.</summary>
    internal double AddGradients(Func<int, int[]> batchOf, ReadOnlySpan<float> data, ReadOnlySpan<float> targets)
    {
        bounds.Parameters.ClearGradients();
        var loss = 0.0;
        for (var index = 0; index < members.Length; index++) { loss += AddGradients(members[index], batchOf(index), data, targets); }
        Span<float> maximum = bounds.Vector(Maximum), minimum = bounds.Vector(Minimum), byMaximum = bounds.VectorGradient(Maximum), byMinimum = bounds.VectorGradient(Minimum);
        for (var k = 0; k < outputs; k++)
        {
            loss += EnsembleLoss.BoundWeight * (maximum[k] - minimum[k]);
            byMaximum[k] += (float)EnsembleLoss.BoundWeight;
            byMinimum[k] -= (float)EnsembleLoss.BoundWeight;
        }
        return loss;
    }

    /// <summary>Parameters of the members and, last, of the bounds.</summary>
    internal IEnumerable<ParameterBuffer> Parameters => members.Select(member => member.Group.Parameters).Append(bounds.Parameters);

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        for (var index = 0; index < members.Length; index++) { state.Part($"{Name}{index}", members[index]); }
        state.Part(nameof(bounds), bounds);
        state.Part(nameof(boundsOptimizer), boundsOptimizer);
        state.Part(nameof(scaler), scaler);
        state.Array<int>(nameof(elites), elites);
        state.Array<double>(nameof(errors), errors);
        state.Value(nameof(fits), ref fits);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var member in members) { member.Group.Dispose(); }
        bounds.Dispose();
    }

    private double Epoch(ReadOnlySpan<float> data, ReadOnlySpan<float> targets, RandomStream stream)
    {
        var (rows, loss, batches) = (members[0].Bootstrap.Length, 0.0, 0);
        do
        {
            foreach (var member in members) { stream.Shuffle<int>(member.Bootstrap); }
            for (var start = 0; start < rows; start += options.BatchSize)
            {
                var size = Math.Min(options.BatchSize, rows - start);
                loss += AddGradients(index => members[index].Bootstrap[start..(start + size)], data, targets);
                foreach (var member in members) { member.Optimizer.Step(); }
                boundsOptimizer.Step();
                batches++;
            }
        }
        while (batches < options.MinimumBatches);
        return loss / batches;
    }

    private double AddGradients(Member member, int[] rows, ReadOnlySpan<float> data, ReadOnlySpan<float> targets)
    {
        var (count, width) = (rows.Length, 2 * outputs);
        Reserve(count);
        Gather(rows, data);
        var gradients = member.Room(count * width);
        member.Network.ForwardTraining(scaled.AsSpan(0, count * inputs), count, predicted.AsSpan(0, count * width));
        Span<float> maximum = bounds.Vector(Maximum), minimum = bounds.Vector(Minimum), byMaximum = bounds.VectorGradient(Maximum), byMinimum = bounds.VectorGradient(Minimum);
        var (loss, share) = (0.0, 1.0 / ((double)count * outputs));
        for (var row = 0; row < count; row++)
        {
            for (var k = 0; k < outputs; k++)
            {
                var clamped = EnsembleLoss.Clamp(predicted[row * width + outputs + k], maximum[k], minimum[k]);
                var (own, byMean, byLogVariance) = EnsembleLoss.Member(predicted[row * width + k], clamped.Value, targets[rows[row] * outputs + k]);
                loss += own * share;
                gradients[row * width + k] = (float)(byMean * share);
                gradients[row * width + outputs + k] = (float)(byLogVariance * clamped.ByRaw * share);
                byMaximum[k] += (float)(byLogVariance * clamped.ByMaximum * share);
                byMinimum[k] += (float)(byLogVariance * clamped.ByMinimum * share);
            }
        }
        member.Group.Parameters.ClearGradients();
        member.Network.Backward(gradients, count, default);
        return loss + member.AddDecay();
    }

    /// <summary>The loss (y - m)² exp(-l) + l and the squared error (y - m)² on the transitions held out, means over them and the outputs.</summary>
    private (double Loss, double Error) HeldOut(Member member, ReadOnlySpan<float> data, ReadOnlySpan<float> targets, ReadOnlySpan<int> rows)
    {
        Span<float> maximum = bounds.Vector(Maximum), minimum = bounds.Vector(Minimum);
        var (loss, error, width) = (0.0, 0.0, 2 * outputs);
        for (var start = 0; start < rows.Length; start += ValidationRows)
        {
            var some = rows.Slice(start, Math.Min(ValidationRows, rows.Length - start));
            Reserve(some.Length);
            Gather(some, data);
            member.Network.Forward(scaled.AsSpan(0, some.Length * inputs), some.Length, predicted.AsSpan(0, some.Length * width));
            for (var row = 0; row < some.Length; row++)
            {
                for (var k = 0; k < outputs; k++)
                {
                    var (mean, target) = (predicted[row * width + k], targets[some[row] * outputs + k]);
                    loss += EnsembleLoss.Member(mean, EnsembleLoss.Clamp(predicted[row * width + outputs + k], maximum[k], minimum[k]).Value, target).Loss;
                    error += (double)(mean - target) * (mean - target);
                }
            }
        }
        var share = 1 / ((double)rows.Length * outputs);
        return (loss * share, error * share);
    }

    private void Gather(ReadOnlySpan<int> rows, ReadOnlySpan<float> data)
    {
        for (var i = 0; i < rows.Length; i++) { data.Slice(rows[i] * inputs, inputs).CopyTo(scaled.AsSpan(i * inputs)); }
    }

    private void Reserve(int count)
    {
        if (scaled.Length >= count * inputs) { return; }
        scaled = new float[count * inputs];
        predicted = new float[count * 2 * outputs];
    }

    /// <summary>One network with its optimiser, its bootstrap, and the best weights of a training.</summary>
    private sealed class Member : IStateful
    {
        private readonly (ParameterInfo Weight, float Decay)[] decays;
        private readonly ParameterBuffer best;
        private double smallest;
        private double error;
        private float[] gradients = [];

        public Member(NetworkGroup group, EnsembleOptions options)
        {
            Group = group;
            Optimizer = new Adam(group.Parameters, new AdamOptions { LearningRate = options.LearningRate });
            best = new ParameterBuffer(group.Parameters.Parameters);
            var weights = group.Parameters.Parameters.Where(parameter => parameter.Name.EndsWith(".weight", StringComparison.Ordinal)).ToArray();
            decays = [.. weights.Select((weight, layer) => (weight, (float)(options.WeightDecay * Decay(layer, weights.Length))))];
        }

        public NetworkGroup Group { get; }

        public INetwork Network => Group[Name];

        public Adam Optimizer { get; }

        public int[] Bootstrap { get; private set; } = [];

        public void Begin(int[] training, RandomStream random)
        {
            Bootstrap = new int[training.Length];
            foreach (ref var row in Bootstrap.AsSpan()) { row = training[random.NextInt32(training.Length)]; }
            smallest = double.PositiveInfinity;
        }

        public Span<float> Room(int size)
        {
            if (gradients.Length < size) { gradients = new float[size]; }
            return gradients.AsSpan(0, size);
        }

        /// <summary>½ d ‖W‖² over the layers; its slopes are added to the gradients.</summary>
        public double AddDecay()
        {
            var loss = 0.0;
            foreach (var (weight, decay) in decays) { loss += Group.Parameters.AddDecay(weight, decay); }
            return loss;
        }

        /// <summary>Keeps the weights if their held-out loss is the smallest so far by more than <paramref name="improvement"/>.</summary>
        public bool Keep((double Loss, double Error) heldOut, double improvement)
        {
            if (double.IsFinite(smallest) && !(smallest - heldOut.Loss > improvement)) { return false; }
            if (!double.IsFinite(heldOut.Loss)) { throw new BellmanException("The model's held-out loss is not finite: its training diverged. Lower model.learningRate, or look for extreme numbers in the data."); }
            (smallest, error) = heldOut;
            best.CopyFrom(Group.Parameters);
            return true;
        }

        /// <summary>Goes back to the weights kept, and returns their error.</summary>
        public double Restore()
        {
            Group.Parameters.CopyFrom(best);
            return error;
        }

        public void Exchange(StateExchange state)
        {
            state.Part("networks", Group);
            state.Part("optimizer", Optimizer);
        }

        /// <summary>2.5e-5, 5e-5, then 7.5e-5, and 1e-4 of the last layer, as published for four hidden layers.</summary>
        private static double Decay(int layer, int layers) => layer == layers - 1 ? 1e-4 : layer switch { 0 => 2.5e-5, 1 => 5e-5, _ => 7.5e-5 };
    }
}
