using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bellman.Neural;

namespace Bellman.Papers.RandomizedPreferenceLearning;

/// <summary>Options of the ensembles of networks.</summary>
public sealed record EnsembleOptions
{
    /// <summary>Networks.</summary>
    [Description("Networks of the ensemble; more represent the beliefs better.")]
    [Range(2, 1000)]
    public int Members { get; init; } = 10;

    /// <summary>Widths of the hidden layers.</summary>
    [Description("Widths of the hidden layers.")]
    [Range(1, 65536)]
    public int[] Hidden { get; init; } = [32];

    /// <summary>Adam's step size.</summary>
    [Description("Adam's step size.")]
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Gradient steps after each observation.</summary>
    [Description("Gradient steps of every network after each observation.")]
    [Range(1, 100_000)]
    public int Steps { get; init; } = 2;

    /// <summary>Observations of a gradient step.</summary>
    [Description("Observations of a gradient step.")]
    [Range(1, 1_000_000)]
    public int BatchSize { get; init; } = 32;

    /// <summary>Scale of the fixed random network that is added to each.</summary>
    [Description("Scale of the fixed random network added to each; larger keeps beliefs apart longer where there are no data.")]
    [Range(0.0, 1e6)]
    public double PriorScale { get; init; } = 1;
}

/// <summary>
/// Networks that each weigh every observation by a Poisson draw of mean 1 (the online bootstrap) and add a fixed random network of their own
/// (Osband et al. 2018): where there are no data they disagree.
/// </summary>
internal sealed class Bootstrapped : IDisposable
{
    private readonly EnsembleOptions options;
    private readonly int inputs;
    private readonly int outputs;
    private readonly NetworkGroup[] networks;
    private readonly NetworkGroup[] priors;
    private readonly Adam[] optimizers;
    private readonly List<int>[] copies;
    private readonly RandomStream random;

    public Bootstrapped(int inputs, int outputs, EnsembleOptions options, RandomStream random)
    {
        this.options = options = OptionSet.Validated(options, "ensemble");
        (this.inputs, this.outputs, this.random) = (inputs, outputs, random.Child("bootstrap"));
        NetworkGroup Create(string name, int member) => NetworkGroup.Create(random.Child(name, member), new NetworkOptions { Engine = Engine.Simd },
            new MlpPart("network", new MlpSpecification(inputs, options.Hidden, outputs)));
        networks = [.. Enumerable.Range(0, options.Members).Select(member => Create("network", member))];
        priors = [.. Enumerable.Range(0, options.Members).Select(member => Create("prior", member))];
        optimizers = [.. networks.Select(network => new Adam(network.Parameters, new AdamOptions { LearningRate = options.LearningRate }))];
        copies = [.. networks.Select(_ => new List<int>())];
    }

    public int Members => networks.Length;

    /// <summary>A member's outputs, network plus prior, of one-hot rows, [rows, outputs].</summary>
    public float[] Outputs(int member, float[] rows)
    {
        var count = rows.Length / inputs;
        var (own, prior) = (new float[count * outputs], new float[count * outputs]);
        networks[member]["network"].Forward(rows, count, own);
        priors[member]["network"].Forward(rows, count, prior);
        for (var i = 0; i < own.Length; i++) { own[i] += (float)options.PriorScale * prior[i]; }
        return own;
    }

    /// <summary>Takes an observation, weighted for each member, and trains all of them.</summary>
    /// <param name="index">The observation's number.</param>
    /// <param name="rowsOf">The rows that observations need, side by side.</param>
    /// <param name="slopeOf">Writes the loss's derivative with respect to the outputs of those rows.</param>
    public void Learn(int index, Func<IReadOnlyList<int>, float[]> rowsOf, Action<IReadOnlyList<int>, float[], float[]> slopeOf)
    {
        for (var member = 0; member < networks.Length; member++)
        {
            for (var times = Poisson(); times > 0; times--) { copies[member].Add(index); }
            if (copies[member].Count == 0) { continue; }
            for (var step = 0; step < options.Steps; step++)
            {
                int[] batch = [.. Enumerable.Range(0, options.BatchSize).Select(_ => copies[member][random.NextInt32(copies[member].Count)])];
                var rows = rowsOf(batch);
                var count = rows.Length / inputs;
                var (own, slopes) = (new float[count * outputs], new float[count * outputs]);
                var parameters = networks[member].Parameters;
                parameters.ClearGradients();
                networks[member]["network"].ForwardTraining(rows, count, own);
                slopeOf(batch, Outputs(member, rows), slopes);
                networks[member]["network"].Backward(slopes, count, default);
                optimizers[member].Step();
            }
        }
    }

    public void Dispose()
    {
        foreach (var network in networks.Concat(priors)) { network.Dispose(); }
    }

    /// <summary>A Poisson draw of mean 1 (Knuth's products).</summary>
    private int Poisson()
    {
        var (count, product) = (0, random.NextDouble());
        while (product > 1 / Math.E)
        {
            product *= random.NextDouble();
            count++;
        }
        return count;
    }
}

/// <summary>A reward as an ensemble of networks over (s, a), for classes that are not linear: likelihood of preferences, logistic.</summary>
public sealed class EnsembleRewardPosterior : IRewardPosterior, IDisposable
{
    private readonly int actions;
    private readonly int pairs;
    private readonly Bootstrapped ensemble;
    private readonly float[] everyPair;
    private readonly List<(double[] Visits, int Preference)> data = [];

    /// <summary>The prior.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public EnsembleRewardPosterior(int states, int actions, EnsembleOptions options, RandomStream random)
    {
        (this.actions, pairs) = (actions, states * actions);
        ensemble = new Bootstrapped(pairs, 1, options, random);
        everyPair = OneHot(pairs);
    }

    /// <inheritdoc/>
    public StationaryReward Sample(RandomStream random)
    {
        var rewards = ensemble.Outputs(random.NextInt32(ensemble.Members), everyPair);
        return (state, action) => rewards[state * actions + action];
    }

    /// <summary>The mean over all ordered pairs of members, each with itself too, as for weighted particles.</summary>
    /// <inheritdoc/>
    public double Disagreement(Trajectory first, Trajectory second)
    {
        var visits = Visits(first, second);
        double[] differences = [.. Enumerable.Range(0, ensemble.Members).Select(member => Difference(visits, ensemble.Outputs(member, everyPair)))];
        return ParticleRewardPosterior.MeanDistance(differences, [.. Enumerable.Repeat(1.0 / differences.Length, differences.Length)]);
    }

    /// <inheritdoc/>
    public void Update(Comparison observation)
    {
        data.Add((Visits(observation.First, observation.Second), observation.Preference));
        ensemble.Learn(data.Count - 1, _ => everyPair, (batch, rewards, slopes) =>
        {
            foreach (var index in batch)
            {
                // d/dx of -log sigma(x) with o = 1 is p - 1; of -log sigma(-x) with o = 0 it is p
                var (visits, preference) = data[index];
                var slope = (LogisticLink.Probability(Difference(visits, rewards)) - preference) / batch.Count;
                for (var pair = 0; pair < pairs; pair++) { slopes[pair] += (float)(slope * visits[pair]); }
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose() => ensemble.Dispose();

    internal static float[] OneHot(int count)
    {
        var rows = new float[count * count];
        for (var i = 0; i < count; i++) { rows[i * count + i] = 1; }
        return rows;
    }

    private static double Difference(double[] visits, float[] rewards)
    {
        var sum = 0.0;
        for (var pair = 0; pair < visits.Length; pair++) { sum += visits[pair] * rewards[pair]; }
        return sum;
    }

    /// <summary>How much oftener the first trajectory passed each pair than the second.</summary>
    private double[] Visits(Trajectory first, Trajectory second)
    {
        var visits = new double[pairs];
        for (var step = 0; step < first.Actions.Count; step++) { visits[first.States[step] * actions + first.Actions[step]]++; }
        for (var step = 0; step < second.Actions.Count; step++) { visits[second.States[step] * actions + second.Actions[step]]--; }
        return visits;
    }
}

/// <summary>A kernel as an ensemble of networks from (s, a) to the successors' logits.</summary>
public sealed class EnsembleTransitionPosterior : ITransitionPosterior, IDisposable
{
    private readonly int states;
    private readonly int actions;
    private readonly int start;
    private readonly Bootstrapped ensemble;
    private readonly List<(int Pair, int Next)> data = [];

    /// <summary>The prior.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public EnsembleTransitionPosterior(int states, int actions, EnsembleOptions options, RandomStream random, int start = 0)
    {
        (this.states, this.actions, this.start) = (states, actions, start);
        ensemble = new Bootstrapped(states * actions, states, options, random);
    }

    /// <inheritdoc/>
    public TransitionKernel Sample(RandomStream random)
    {
        var logits = ensemble.Outputs(random.NextInt32(ensemble.Members), EnsembleRewardPosterior.OneHot(states * actions));
        var probabilities = new double[logits.Length];
        for (var row = 0; row < states * actions; row++) { Softmax(logits.AsSpan(row * states, states), probabilities.AsSpan(row * states, states)); }
        return new TransitionKernel(states, actions, probabilities, start);
    }

    /// <inheritdoc/>
    public void Update((int State, int Action, int Next) observation)
    {
        data.Add((observation.State * actions + observation.Action, observation.Next));
        ensemble.Learn(data.Count - 1, Rows, (batch, logits, slopes) =>
        {
            var probabilities = new double[states];
            for (var i = 0; i < batch.Count; i++)
            {
                // d/dl of -log softmax(l)_next is softmax(l) - onehot(next)
                Softmax(logits.AsSpan(i * states, states), probabilities);
                for (var next = 0; next < states; next++) { slopes[i * states + next] = (float)((probabilities[next] - (next == data[batch[i]].Next ? 1 : 0)) / batch.Count); }
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose() => ensemble.Dispose();

    private float[] Rows(IReadOnlyList<int> batch)
    {
        var rows = new float[batch.Count * states * actions];
        for (var i = 0; i < batch.Count; i++) { rows[i * states * actions + data[batch[i]].Pair] = 1; }
        return rows;
    }

    private static void Softmax(ReadOnlySpan<float> logits, Span<double> probabilities)
    {
        var (largest, total) = (float.NegativeInfinity, 0.0);
        foreach (var logit in logits) { largest = Math.Max(largest, logit); }
        for (var i = 0; i < logits.Length; i++) { total += probabilities[i] = Math.Exp(logits[i] - largest); }
        foreach (ref var probability in probabilities) { probability /= total; }
    }
}
