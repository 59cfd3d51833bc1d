using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Algorithms;

/// <summary>
/// The recurrent state-space model (Hafner et al. 2019, "Learning latent dynamics for planning from pixels"): h = GRU(h', MLP[z', a]), prior
/// q(z | h), posterior p(z | h, e) of the encoded observation e, or p(z | e) when it is free of actions.
/// </summary>
public sealed class LatentDynamics
{
    private readonly WorldModelOptions options;
    private readonly TensorMlp input;
    private readonly TensorGru gru;
    private readonly TensorMlp prior;
    private readonly TensorMlp posterior;

    /// <summary>The dynamics over <paramref name="parameters"/> that hold its <see cref="Parts"/>.</summary>
    public LatentDynamics(TensorParameters parameters, int actions, WorldModelOptions options)
    {
        this.options = options;
        input = new TensorMlp(parameters, Input(actions, options));
        gru = new TensorGru(parameters, Gru(options));
        prior = new TensorMlp(parameters, Head("prior", options.Deterministic, options));
        posterior = new TensorMlp(parameters, Head("posterior", options.Embedding + (options.ActionFreePosterior ? 0 : options.Deterministic), options));
    }

    /// <summary>The parameters that it needs.</summary>
    public static IEnumerable<NetworkPart> Parts(int actions, WorldModelOptions options) =>
    [
        Input(actions, options),
        Gru(options),
        Head("prior", options.Deterministic, options),
        Head("posterior", options.Embedding + (options.ActionFreePosterior ? 0 : options.Deterministic), options),
    ];

    /// <summary>What is known before anything was seen.</summary>
    public LatentState Start(int rows) => new(zeros(rows, options.Deterministic), zeros(rows, options.Stochastic));

    /// <summary>The next state by the prior: nothing is seen.</summary>
    /// <param name="from">The state before.</param>
    /// <param name="action">[rows, actions].</param>
    /// <param name="noise">[rows, stochastic], standard normal; null takes the mean.</param>
    public LatentState Imagine(LatentState from, Tensor action, Tensor? noise)
    {
        var h = Next(from, action);
        return new LatentState(h, LatentGaussian.Of(prior.Forward(h)).Sample(noise));
    }

    /// <summary>The next state given what was seen.</summary>
    /// <param name="from">The state before.</param>
    /// <param name="action">[rows, actions]: what led here.</param>
    /// <param name="embedding">[rows, embedding].</param>
    /// <param name="noise">[rows, stochastic], standard normal; null takes the mean.</param>
    public LatentState See(LatentState from, Tensor action, Tensor embedding, Tensor? noise)
    {
        var h = Next(from, action);
        return new LatentState(h, Posterior(h, embedding).Sample(noise));
    }

    /// <summary>p(z | e), or p(z | h, e) where the posterior reads the state.</summary>
    public LatentGaussian Posterior(Tensor h, Tensor embedding) =>
        LatentGaussian.Of(posterior.Forward(options.ActionFreePosterior ? nn.functional.elu(embedding, 1.0) : cat([h, nn.functional.elu(embedding, 1.0)], -1)));

    /// <summary>All states of sequences that were seen.</summary>
    /// <param name="embeddings">[B, L, embedding].</param>
    /// <param name="actions">[B, L, actions]: a[t] led to step t.</param>
    /// <param name="keep">[B, L, 1]: 0 where an episode begins; what was before is then forgotten, the action too. The first step always begins.</param>
    /// <param name="noise">[B, L, stochastic], standard normal.</param>
    public (LatentGaussian Prior, LatentGaussian Posterior, LatentState State) Observe(Tensor embeddings, Tensor actions, Tensor keep, Tensor noise) =>
        options.ActionFreePosterior ? ObserveTogether(embeddings, actions, keep, noise) : ObserveInTurn(embeddings, actions, keep, noise);

    /// <summary>The posterior does not wait for h: all steps at once, but for the recurrence itself.</summary>
    private (LatentGaussian, LatentGaussian, LatentState) ObserveTogether(Tensor embeddings, Tensor actions, Tensor keep, Tensor noise)
    {
        var (rows, length) = (embeddings.shape[0], embeddings.shape[1]);
        var posteriors = Posterior(embeddings, embeddings);
        var z = posteriors.Sample(noise);
        var before = cat([zeros(rows, 1, options.Stochastic), z.narrow(1, 0, length - 1)], 1) * keep;
        var inputs = gru.Inputs(nn.functional.elu(input.Forward(cat([before, actions * keep], -1)), 1.0));
        var h = zeros(rows, options.Deterministic);
        var states = new List<Tensor>();
        for (var t = 0; t < length; t++)
        {
            h = gru.Step(inputs.select(1, t), t == 0 ? h : h * keep.select(1, t));
            states.Add(h);
        }
        var all = stack(states, 1);
        return (LatentGaussian.Of(prior.Forward(all)), posteriors, new LatentState(all, z));
    }

    private (LatentGaussian, LatentGaussian, LatentState) ObserveInTurn(Tensor embeddings, Tensor actions, Tensor keep, Tensor noise)
    {
        var (rows, length) = (embeddings.shape[0], embeddings.shape[1]);
        var state = Start((int)rows);
        var (h, z, means, deviations) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        for (var t = 0; t < length; t++)
        {
            var kept = keep.select(1, t);
            var next = Next(new LatentState(state.Deterministic * kept, state.Stochastic * kept), actions.select(1, t) * kept);
            var seen = Posterior(next, embeddings.select(1, t));
            state = new LatentState(next, seen.Sample(noise.select(1, t)));
            h.Add(state.Deterministic);
            z.Add(state.Stochastic);
            means.Add(seen.Mean);
            deviations.Add(seen.Deviation);
        }
        var all = stack(h, 1);
        return (LatentGaussian.Of(prior.Forward(all)), new LatentGaussian(stack(means, 1), stack(deviations, 1)), new LatentState(all, stack(z, 1)));
    }

    private Tensor Next(LatentState from, Tensor action) =>
        gru.Step(gru.Inputs(nn.functional.elu(input.Forward(cat([from.Stochastic, action], -1)), 1.0)), from.Deterministic);

    private static MlpPart Input(int actions, WorldModelOptions options) =>
        new("dynamics.input", new MlpSpecification(options.Stochastic + actions, [], options.Hidden) { Initialization = Initialization.FanIn });

    private static RecurrentPart Gru(WorldModelOptions options) => new("dynamics.gru", RecurrentCell.Gru, options.Hidden, options.Deterministic);

    private static MlpPart Head(string name, int inputs, WorldModelOptions options) =>
        new($"dynamics.{name}", new MlpSpecification(inputs, [options.Hidden], 2 * options.Stochastic) { Initialization = Initialization.FanIn });
}
