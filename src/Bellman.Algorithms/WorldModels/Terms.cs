using Bellman.Neural;
using TorchSharp;
using static TorchSharp.torch;

namespace Bellman.Algorithms;

/// <summary>-log N(o; ô(s), 1) without its constant: the state must tell every number of the observation.</summary>
public sealed class ReconstructionTerm : IWorldModelTerm
{
    private WorldModelShape? shape;
    private PictureShape? picture;
    private TensorMlp? dense;
    private (Tensor Weight, Tensor Bias)[] transposed = [];

    /// <inheritdoc/>
    public IEnumerable<NetworkPart> Parts(WorldModelShape shape)
    {
        var picture = PictureShape.Of(shape.Observations, shape.Options.Filters);
        yield return Dense(shape, picture);
        for (var i = (picture?.Filters.Count ?? 0) - 1; i >= 0; i--)
        {
            var (from, to) = (picture?.Filters[i] ?? 0, i > 0 ? picture?.Filters[i - 1] ?? 0 : picture?.Channels ?? 0);
            // A stride of 2 sums a quarter of the kernel's places.
            yield return new WeightPart($"decoder.convolution{i}", [from, to, ObservationNetwork.Kernel, ObservationNetwork.Kernel], to, from * ObservationNetwork.Kernel * ObservationNetwork.Kernel / 4);
        }
    }

    /// <inheritdoc/>
    public void Bind(WorldModel model)
    {
        shape = model.Shape;
        picture = PictureShape.Of(shape.Observations, shape.Options.Filters);
        dense = new TensorMlp(model.Parameters, Dense(shape, picture));
        transposed = [.. Enumerable.Range(0, picture?.Filters.Count ?? 0).Reverse().Select(i => (model.Parameters[$"decoder.convolution{i}.weight"], model.Parameters[$"decoder.convolution{i}.bias"]))];
    }

    /// <inheritdoc/>
    public Tensor Loss(WorldModelPass pass, IMetricSink metrics)
    {
        var size = pass.Batch.ObservationSize;
        var loss = 0.5 * (Decode(pass.State.Features.reshape(-1, pass.State.Features.shape[^1])) - pass.Observations.reshape(-1, size)).square().sum(-1).mean();
        metrics.Add("model/reconstruction", loss.ToSingle());
        return loss;
    }

    /// <summary>[rows, features] to [rows, observation size].</summary>
    public Tensor Decode(Tensor features)
    {
        if (dense is null) { throw new InvalidOperationException("The term belongs to no model yet."); }
        var x = dense.Forward(features);
        if (picture is null) { return x; }
        x = x.reshape(-1, picture.Filters.Count > 0 ? picture.Filters[^1] : picture.Channels, picture.SmallHeight, picture.SmallWidth);
        for (var i = 0; i < transposed.Length; i++) { x = nn.functional.conv_transpose2d(nn.functional.relu(x), transposed[i].Weight, transposed[i].Bias, strides: [2, 2], padding: [1, 1]); }
        return picture.FromChannels(x + 0.5);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) { }

    /// <inheritdoc/>
    public void Dispose() { }

    private static MlpPart Dense(WorldModelShape shape, PictureShape? picture) =>
        new("decoder.dense", new MlpSpecification(shape.Features, picture is null ? shape.Options.EncoderHidden : [], picture?.Flat ?? shape.Observations.FlatSize) { Initialization = Initialization.FanIn });
}

/// <summary>
/// InfoNCE between states and observations (van den Oord et al. 2018): I(o; z) &gt;= log n - L, L = cross-entropy of f(z_i, o_j) = exp(z_i' W c(o_j))
/// with the diagonal as label, against all other observations of the batch. c is an encoder of its own, or a slowly following copy
/// of the model's.
/// </summary>
public sealed class ContrastiveTerm : IWorldModelTerm
{
    private WorldModel? model;
    private ObservationNetwork? second;
    private TensorParameters? target;
    private LatentDynamics? targetDynamics;

    /// <inheritdoc/>
    public IEnumerable<NetworkPart> Parts(WorldModelShape shape)
    {
        var size = shape.Options.Stochastic;
        yield return new WeightPart("contrast.bilinear", [size, size], 0, size) { Identity = true };
        if (shape.Options.TargetMomentum > 0) { yield break; }
        foreach (var part in ObservationNetwork.Parts("contrast.encoder", shape.Observations, size, shape.Options)) { yield return part; }
    }

    /// <inheritdoc/>
    public void Bind(WorldModel model)
    {
        this.model = model;
        var (shape, options) = (model.Shape, model.Shape.Options);
        if (options.TargetMomentum == 0)
        {
            second = new ObservationNetwork(model.Parameters, "contrast.encoder", shape.Observations, options.Stochastic, options);
            return;
        }
        if (!options.ActionFreePosterior) { throw new UsageException("targetMomentum above 0 needs actionFreePosterior=true: the copy encodes single observations. Set it, or targetMomentum=0."); }
        target = model.Parameters.Copy();
        second = new ObservationNetwork(target, "encoder", shape.Observations, options.Embedding, options);
        targetDynamics = new LatentDynamics(target, shape.Actions, options);
    }

    /// <inheritdoc/>
    public Tensor Loss(WorldModelPass pass, IMetricSink metrics)
    {
        if (model is null || second is null) { throw new InvalidOperationException("The term belongs to no model yet."); }
        var observations = pass.Observations.reshape(-1, pass.Batch.ObservationSize);
        var codes = second.Forward(observations);
        if (targetDynamics is not null) { codes = targetDynamics.Posterior(codes, codes).Mean; }
        var loss = Loss(Scores(pass.State.Stochastic.reshape(-1, model.Shape.Options.Stochastic), model.Parameters["contrast.bilinear.weight"], codes));
        metrics.Add("model/contrast", loss.ToSingle());
        metrics.Add("model/information_bound", Math.Log(observations.shape[0]) - loss.ToSingle());
        return loss;
    }

    /// <summary>log f(z_i, o_j) = z_i' W c_j: every state against every observation of the batch, [n, n].</summary>
    /// <param name="z">[n, d].</param>
    /// <param name="bilinear">W, [d, d].</param>
    /// <param name="codes">c, [n, d].</param>
    public static Tensor Scores(Tensor z, Tensor bilinear, Tensor codes) => z.matmul(bilinear).matmul(codes.t());

    /// <summary>The cross-entropy of scores [n, n] with the diagonal as label.</summary>
    public static Tensor Loss(Tensor scores)
    {
        // The row maximum is taken off first; it cancels, and nothing overflows.
        var safe = scores - scores.amax([1], keepdim: true).detach();
        return (safe.exp().sum(1).log() - safe.diagonal()).mean();
    }

    /// <inheritdoc/>
    public void Updated()
    {
        if (target is not null && model is not null) { target.MoveTowards(model.Parameters, 1 - model.Shape.Options.TargetMomentum); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        if (target is not null) { state.Part(nameof(target), target); }
    }

    /// <inheritdoc/>
    public void Dispose() => target?.Dispose();
}

/// <summary>A head that reads states: rewards by squared error, or whether the task goes on by cross-entropy.</summary>
/// <param name="name">Its name: parameters and metrics carry it.</param>
/// <param name="layers">Hidden layers.</param>
/// <param name="target">[B, L] of what it predicts, in a batch.</param>
/// <param name="binary">Whether the target is a probability.</param>
public sealed class StateHead(string name, int layers, Func<SequenceBatch, float[]> target, bool binary) : IWorldModelTerm
{
    private TensorMlp? head;

    /// <summary>The rewards' head.</summary>
    public static StateHead Rewards(int layers) => new("reward", layers, batch => batch.Rewards, binary: false);

    /// <summary>The head of the probability that the task goes on.</summary>
    public static StateHead Continuation(int layers) => new("continuation", layers, batch => [.. batch.Terminated.Select(ended => 1 - ended)], binary: true);

    /// <inheritdoc/>
    public IEnumerable<NetworkPart> Parts(WorldModelShape shape) => [Part(shape)];

    /// <inheritdoc/>
    public void Bind(WorldModel model) => head = new TensorMlp(model.Parameters, Part(model.Shape));

    /// <inheritdoc/>
    public Tensor Loss(WorldModelPass pass, IMetricSink metrics)
    {
        var expected = pass.Batch.Tensor(target(pass.Batch));
        var outputs = Outputs(pass.State.Features);
        // -log N(r; r̂, 1) without its constant, or -log Bernoulli: softplus(x) - c x
        var loss = binary ? (nn.functional.softplus(outputs, 1, 20) - expected * outputs).mean() : 0.5 * (outputs - expected).square().mean();
        metrics.Add($"model/{name}", loss.ToSingle());
        return loss;
    }

    /// <summary>The prediction for states [..., features]: [...].</summary>
    public Tensor Predict(Tensor features) => binary ? Outputs(features).sigmoid() : Outputs(features);

    /// <inheritdoc/>
    public void Exchange(StateExchange state) { }

    /// <inheritdoc/>
    public void Dispose() { }

    private Tensor Outputs(Tensor features) => (head ?? throw new InvalidOperationException("The head belongs to no model yet.")).Forward(features).squeeze(-1);

    private MlpPart Part(WorldModelShape shape) =>
        new(name, new MlpSpecification(shape.Features, [.. Enumerable.Repeat(shape.Options.Hidden, layers)], 1) { Initialization = Initialization.FanIn });
}
