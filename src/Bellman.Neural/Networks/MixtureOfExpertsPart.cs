namespace Bellman.Neural;

/// <summary>What keeps a gate from leaving experts unused, or makes it decide.</summary>
public enum GateLoss
{
    /// <summary>Nothing is added.</summary>
    None,

    /// <summary>The gate's mean entropy: smaller makes it decide (what MENTOR's released code amounts to; its other term, the variance of the load, has no gradient).</summary>
    Entropy,

    /// <summary>E sum_e f_e mean p_e (Fedus et al. 2022): smallest where all experts are used alike.</summary>
    Balance,
}

/// <summary>
/// A layer of experts of which a gate chooses a few for each row: p = softmax(gate(x)), the k largest take part with weights
/// p_i / (their sum + 1e-9), y = sum w_i f_i(x). Gate and experts are MLPs with one hidden ReLU layer; only chosen experts are computed and learn.
/// Parameters "name.gate.0.weight", ..., "name.expert0.0.weight", ...
/// </summary>
/// <param name="Name">Unique in its group.</param>
/// <param name="Width">Numbers that it reads and writes.</param>
/// <param name="Experts">How many experts, E.</param>
/// <param name="Active">How many of them take part for a row, k.</param>
/// <param name="ExpertWidth">Width of an expert's hidden layer.</param>
/// <param name="GateWidth">Width of the gate's hidden layer.</param>
public sealed record MixtureOfExpertsPart(string Name, int Width, int Experts, int Active, int ExpertWidth, int GateWidth) : NetworkPart(Name)
{
    /// <summary>Share of the gate's hidden units that training passes leave out while noise is drawn (see <see cref="INoisyNetwork"/>), below 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether ReLU follows.</summary>
    public bool Rectified { get; init; }

    /// <summary>What is added to the loss in the backward pass.</summary>
    public GateLoss Loss { get; init; }

    /// <summary>Its weight.</summary>
    public double LossWeight { get; init; } = 1;

    /// <inheritdoc/>
    public override int Inputs => Width;

    /// <inheritdoc/>
    public override int Outputs => Width;

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Parameters() => Networks().SelectMany(part => part.Parameters());

    /// <inheritdoc/>
    public override void Initialize(ParameterBuffer parameters, RandomStream random)
    {
        foreach (var part in Networks()) { part.Initialize(parameters, random); }
    }

    /// <inheritdoc/>
    public override INetwork? Build(ParameterBuffer parameters, NetworkContext context)
    {
        var built = Networks().Select(part => part.Build(parameters, context) ?? throw new InvalidOperationException($"{part.Name} computes nothing.")).ToArray();
        return new MixtureOfExpertsNetwork(this, built[0], built[1], built[2..]);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        if (Active < 1 || Active > Experts) { throw new UsageException($"Mixture '{Name}' lets {Active} of {Experts} experts take part; it must be at least 1 and at most {Experts}."); }
        if (Width < 1 || ExpertWidth < 1 || GateWidth < 1) { throw new UsageException($"Mixture '{Name}' has widths {Width}, {ExpertWidth} (experts) and {GateWidth} (gate); each must be at least 1."); }
        if (!(Dropout is >= 0 and < 1)) { throw new UsageException($"Mixture '{Name}' has dropout {Dropout}; it must be from 0 to below 1."); }
    }

    /// <summary>The gate's two layers, between which dropout stands, then the experts.</summary>
    private IEnumerable<MlpPart> Networks() =>
    [
        new($"{Name}.gate.hidden", new MlpSpecification(Width, [], GateWidth) { OutputActivation = Activation.Relu }),
        new($"{Name}.gate.logits", new MlpSpecification(GateWidth, [], Experts)),
        .. Enumerable.Range(0, Experts).Select(expert => new MlpPart($"{Name}.expert{expert}", new MlpSpecification(Width, [ExpertWidth], Width) { Activation = Activation.Relu, HiddenGain = 1 })),
    ];
}

/// <summary>What a mixture of experts can be asked about its last training pass.</summary>
public interface IMixtureOfExperts : INoisyNetwork
{
    /// <summary>Mean entropy of the gate over the rows, in nats.</summary>
    double GateEntropy { get; }

    /// <summary>[experts]: how often each was chosen, divided by the rows.</summary>
    ReadOnlySpan<double> Load { get; }

    /// <summary>Unbiased variance of the load over experts.</summary>
    double LoadVariance { get; }

    /// <summary>What the backward pass adds to the loss, weighted.</summary>
    double AddedLoss { get; }
}

/// <inheritdoc cref="MixtureOfExpertsPart"/>
internal sealed class MixtureOfExpertsNetwork : IMixtureOfExperts, IDescribedNetwork
{
    internal const float WeightFloor = 1e-9f;

    private readonly MixtureOfExpertsPart part;
    private readonly INetwork gateHidden;
    private readonly INetwork gateLogits;
    private readonly INetwork[] experts;
    // [experts]: the rows that each was chosen for, and the places of that choice in [rows, k].
    private readonly List<int>[] members;
    private readonly List<int>[] places;
    private readonly double[] load;
    private RandomStream? dropout;
    private float[] hidden = [];
    private float[] kept = [];
    private float[] probabilities = [];
    private int[] chosen = [];
    private float[] weights = [];
    // [rows, k, width]: the outputs of the chosen experts, and scratch for what an expert reads.
    private float[] answers = [];
    private float[] gathered = [];
    private float[] results = [];
    private float[] gradients = [];
    private float[] written = [];
    private float[] deltas = [];

    public MixtureOfExpertsNetwork(MixtureOfExpertsPart part, INetwork gateHidden, INetwork gateLogits, INetwork[] experts)
    {
        (this.part, this.gateHidden, this.gateLogits, this.experts) = (part, gateHidden, gateLogits, experts);
        members = [.. experts.Select(_ => new List<int>())];
        places = [.. experts.Select(_ => new List<int>())];
        load = new double[experts.Length];
    }

    public int Inputs => part.Width;

    public int Outputs => part.Width;

    public ParameterBuffer Parameters => gateHidden.Parameters;

    public double GateEntropy { get; private set; }

    public ReadOnlySpan<double> Load => load;

    public double LoadVariance
    {
        get
        {
            var mean = load.Average();
            return load.Sum(share => (share - mean) * (share - mean)) / (load.Length - 1);
        }
    }

    public double AddedLoss { get; private set; }

    public NetworkDescription? Describe() =>
        NetworkChain.Of([gateHidden, gateLogits]) is { } gate && NetworkChain.Of(experts) is { } all ? new MixtureOfExperts(gate, all.Links, part.Active, part.Rectified) : null;

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs) => Run(inputs, batch, outputs, training: false);

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs) => Run(inputs, batch, outputs, training: true);

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        var (width, k) = (part.Width, part.Active);
        inputGradients.Clear();
        if (part.Rectified)
        {
            var passed = Scratch.Sized(ref deltas, batch * width);
            for (var i = 0; i < passed.Length; i++) { passed[i] = written[i] > 0 ? outputGradients[i] : 0; }
            outputGradients = passed;
        }
        var byWeight = Scratch.Sized(ref results, batch * k);
        for (var row = 0; row < batch; row++)
        {
            var gradient = outputGradients.Slice(row * width, width);
            for (var i = 0; i < k; i++) { byWeight[row * k + i] = Dot(gradient, answers.AsSpan((row * k + i) * width, width)); }
        }
        var byLogits = GateGradients(byWeight, batch, parameterGradients);
        for (var expert = 0; expert < experts.Length; expert++)
        {
            var rows = members[expert];
            if (rows.Count == 0) { continue; }
            var delta = Scratch.Sized(ref gathered, rows.Count * width);
            for (var i = 0; i < rows.Count; i++)
            {
                var gradient = outputGradients.Slice(rows[i] * width, width);
                var weight = weights[places[expert][i]];
                for (var c = 0; c < width; c++) { delta[i * width + c] = weight * gradient[c]; }
            }
            var below = inputGradients.IsEmpty ? default : Scratch.Sized(ref gradients, rows.Count * width);
            experts[expert].Backward(delta, rows.Count, below, parameterGradients);
            if (inputGradients.IsEmpty) { continue; }
            for (var i = 0; i < rows.Count; i++) { VectorKernels.Active.Add(inputGradients.Slice(rows[i] * width, width), below.Slice(i * width, width)); }
        }
        var byHidden = Scratch.Sized(ref gathered, batch * part.GateWidth);
        gateLogits.Backward(byLogits, batch, byHidden, parameterGradients);
        if (dropout is not null) { for (var i = 0; i < byHidden.Length; i++) { byHidden[i] *= kept[i]; } }
        var fromGate = inputGradients.IsEmpty ? default : Scratch.Sized(ref gradients, batch * width);
        gateHidden.Backward(byHidden, batch, fromGate, parameterGradients);
        if (!inputGradients.IsEmpty) { VectorKernels.Active.Add(inputGradients, fromGate); }
    }

    public void DrawNoise(RandomStream random) => dropout = part.Dropout > 0 ? RandomStream.Create(random.NextUInt64(), part.Name) : null;

    public void SilenceNoise() => dropout = null;

    public void Dispose()
    {
        gateHidden.Dispose();
        gateLogits.Dispose();
        foreach (var expert in experts) { expert.Dispose(); }
    }

    private void Run(ReadOnlySpan<float> inputs, int batch, Span<float> outputs, bool training)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        var (width, k, count) = (part.Width, part.Active, experts.Length);
        var gate = Scratch.Sized(ref hidden, batch * part.GateWidth);
        var p = Scratch.Sized(ref probabilities, batch * count);
        if (training)
        {
            gateHidden.ForwardTraining(inputs, batch, gate);
            Drop(gate);
            gateLogits.ForwardTraining(gate, batch, p);
        }
        else
        {
            gateHidden.Forward(inputs, batch, gate);
            gateLogits.Forward(gate, batch, p);
        }
        Choose(p, batch, training);
        outputs.Clear();
        var all = Scratch.Sized(ref answers, batch * k * width);
        for (var expert = 0; expert < count; expert++)
        {
            var rows = members[expert];
            if (rows.Count == 0) { continue; }
            var read = Scratch.Sized(ref gathered, rows.Count * width);
            for (var i = 0; i < rows.Count; i++) { inputs.Slice(rows[i] * width, width).CopyTo(read[(i * width)..]); }
            var answer = Scratch.Sized(ref results, rows.Count * width);
            if (training) { experts[expert].ForwardTraining(read, rows.Count, answer); } else { experts[expert].Forward(read, rows.Count, answer); }
            for (var i = 0; i < rows.Count; i++)
            {
                var place = places[expert][i];
                answer.Slice(i * width, width).CopyTo(all[(place * width)..]);
                var to = outputs.Slice(rows[i] * width, width);
                var weight = weights[place];
                for (var c = 0; c < width; c++) { to[c] += weight * answer[i * width + c]; }
            }
        }
        if (!part.Rectified) { return; }
        foreach (ref var value in outputs) { value = MathF.Max(0, value); }
        if (training) { outputs.CopyTo(Scratch.Sized(ref written, batch * width)); }
    }

    /// <summary>Inverted dropout: what stays is scaled up, so that the expectation is that of evaluation.</summary>
    private void Drop(Span<float> gate)
    {
        if (dropout is null) { return; }
        var mask = Scratch.Sized(ref kept, gate.Length);
        var scale = (float)(1 / (1 - part.Dropout));
        for (var i = 0; i < gate.Length; i++)
        {
            mask[i] = dropout.NextSingle() < part.Dropout ? 0 : scale;
            gate[i] *= mask[i];
        }
    }

    /// <summary>Logits become probabilities; the k largest of each row (the first of equals) become its experts.</summary>
    private void Choose(Span<float> p, int batch, bool training)
    {
        var (k, count) = (part.Active, experts.Length);
        if (chosen.Length < batch * k) { chosen = new int[batch * k]; }
        var w = Scratch.Sized(ref weights, batch * k);
        foreach (var list in members) { list.Clear(); }
        foreach (var list in places) { list.Clear(); }
        var entropy = 0.0;
        for (var row = 0; row < batch; row++)
        {
            var probability = p.Slice(row * count, count);
            entropy += MixtureGate.Softmax(probability);
            MixtureGate.Largest(probability, chosen.AsSpan(row * k, k), w.Slice(row * k, k));
            for (var i = 0; i < k; i++)
            {
                members[chosen[row * k + i]].Add(row);
                places[chosen[row * k + i]].Add(row * k + i);
            }
        }
        if (!training) { return; }
        GateEntropy = entropy / batch;
        for (var expert = 0; expert < count; expert++) { load[expert] = (double)members[expert].Count / batch; }
        AddedLoss = part.LossWeight * part.Loss switch
        {
            GateLoss.Entropy => GateEntropy,
            GateLoss.Balance => Balance(p, batch),
            _ => 0,
        };
    }

    private double Balance(ReadOnlySpan<float> p, int batch)
    {
        var sum = 0.0;
        for (var i = 0; i < batch * load.Length; i++) { sum += load[i % load.Length] / part.Active * p[i]; }
        return load.Length * sum / batch;
    }

    /// <summary>From the derivatives by the weights of the chosen to those by the logits, [rows, experts], with the gate's own loss.</summary>
    private Span<float> GateGradients(ReadOnlySpan<float> byWeight, int batch, bool ownLoss)
    {
        var (k, count) = (part.Active, experts.Length);
        var byLogits = Scratch.Sized(ref hidden, batch * count);
        Span<float> byProbability = stackalloc float[count];
        for (var row = 0; row < batch; row++)
        {
            var p = probabilities.AsSpan(row * count, count);
            byProbability.Clear();
            // w_i = p_i / (P + 1e-9), P = sum of the chosen:  dL/dp_i = (dL/dw_i - sum_j w_j dL/dw_j) / (P + 1e-9)
            var (sum, mean) = (WeightFloor, 0f);
            for (var i = 0; i < k; i++)
            {
                sum += p[chosen[row * k + i]];
                mean += weights[row * k + i] * byWeight[row * k + i];
            }
            for (var i = 0; i < k; i++) { byProbability[chosen[row * k + i]] = (byWeight[row * k + i] - mean) / sum; }
            if (ownLoss && part.Loss != GateLoss.None)
            {
                for (var e = 0; e < count; e++)
                {
                    // dH/dp = -(ln p + 1);  d(E sum f p)/dp = E f
                    byProbability[e] += (float)(part.LossWeight / batch * (part.Loss == GateLoss.Entropy ? -(Math.Log(Math.Max(p[e], 1e-30)) + 1) : count * load[e] / k));
                }
            }
            var inner = Dot(p, byProbability);
            for (var e = 0; e < count; e++) { byLogits[row * count + e] = p[e] * (byProbability[e] - inner); }
        }
        return byLogits;
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = 0f;
        for (var i = 0; i < a.Length; i++) { sum += a[i] * b[i]; }
        return sum;
    }
}

/// <summary>The choice of a mixture's gate for one row.</summary>
public static class MixtureGate
{
    /// <summary>Turns logits into probabilities where they stand and returns their entropy in nats.</summary>
    public static double Softmax(Span<float> logits)
    {
        var largest = float.NegativeInfinity;
        foreach (var logit in logits) { largest = MathF.Max(largest, logit); }
        var sum = 0.0;
        foreach (ref var logit in logits)
        {
            logit = MathF.Exp(logit - largest);
            sum += logit;
        }
        var entropy = 0.0;
        foreach (ref var probability in logits)
        {
            probability = (float)(probability / sum);
            if (probability > 0) { entropy -= probability * Math.Log(probability); }
        }
        return entropy;
    }

    /// <summary>The largest probabilities, the first of equals first, and their shares p_i / (their sum + 1e-9).</summary>
    /// <param name="probabilities">[experts].</param>
    /// <param name="chosen">[k]: which.</param>
    /// <param name="weights">[k]: their weights.</param>
    public static void Largest(ReadOnlySpan<float> probabilities, Span<int> chosen, Span<float> weights)
    {
        var sum = MixtureOfExpertsNetwork.WeightFloor;
        for (var i = 0; i < chosen.Length; i++)
        {
            var best = -1;
            for (var e = 0; e < probabilities.Length; e++)
            {
                if (!chosen[..i].Contains(e) && (best < 0 || probabilities[e] > probabilities[best])) { best = e; }
            }
            chosen[i] = best;
            sum += probabilities[best];
        }
        for (var i = 0; i < chosen.Length; i++) { weights[i] = probabilities[chosen[i]] / sum; }
    }
}
