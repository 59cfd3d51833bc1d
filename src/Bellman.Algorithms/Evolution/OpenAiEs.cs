using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>
/// Evolution by the gradient of a smoothed function (Salimans et al. 2017, "Evolution strategies as a scalable
/// alternative to reinforcement learning"): mirrored pairs of candidates around the centre, their ranks in place of their
/// values, and Adam. Memory grows with the numbers alone, so that whole networks can be searched.
/// </summary>
public sealed class OpenAiEs : IPopulationOptimizer
{
    private readonly RandomStream random;
    private readonly ParameterBuffer parameters;
    private readonly Adam optimizer;
    private readonly double[] mean;
    private readonly double[] gradient;
    private readonly double[] noise;
    private readonly double[] ranks;
    private readonly double[] returns;
    private readonly double learningRate;
    private long generation;

    /// <summary>A search around a point.</summary>
    /// <param name="start">Where it begins.</param>
    /// <param name="deviation">sigma, above 0: how far candidates lie from the centre in each number.</param>
    /// <param name="learningRate">Adam's step size, above 0.</param>
    /// <param name="seed">Seed of the candidates.</param>
    /// <param name="population">Candidates of a generation, an even number of at least 2.</param>
    /// <param name="weightDecay">Decoupled decay of the centre towards 0, at least 0.</param>
    public OpenAiEs(ReadOnlySpan<double> start, double deviation, double learningRate, ulong seed, int population, double weightDecay = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(deviation);
        ArgumentOutOfRangeException.ThrowIfLessThan(start.Length, 1, nameof(start));
        if (population < 2 || population % 2 != 0) { throw new ArgumentOutOfRangeException(nameof(population), population, "Candidates come in mirrored pairs: an even number of at least 2."); }
        random = RandomStream.Create(seed, "openai-es");
        Population = population;
        Deviation = deviation;
        this.learningRate = learningRate;
        parameters = new ParameterBuffer([new ParameterInfo(nameof(mean), 0, [start.Length])]);
        optimizer = new Adam(parameters, new AdamOptions { LearningRate = learningRate, WeightDecay = weightDecay });
        mean = new double[start.Length];
        gradient = new double[start.Length];
        noise = new double[population / 2 * start.Length];
        ranks = new double[population];
        returns = new double[population];
        for (var i = 0; i < start.Length; i++) { parameters.Values[i] = (float)start[i]; }
        ReadMean();
    }

    /// <inheritdoc/>
    public int Dimension => mean.Length;

    /// <inheritdoc/>
    public int Population { get; }

    /// <inheritdoc/>
    public long Generation => generation;

    /// <inheritdoc/>
    public ReadOnlySpan<double> Mean => mean;

    /// <inheritdoc/>
    public double Deviation { get; }

    /// <summary>Candidates 2k and 2k + 1 are m + sigma eps_k and m - sigma eps_k.</summary>
    /// <inheritdoc/>
    public void Candidate(int index, Span<double> point)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Population, nameof(index));
        WriteNoise(index / 2, point);
        var signed = index % 2 == 0 ? Deviation : -Deviation;
        for (var i = 0; i < point.Length; i++) { point[i] = mean[i] + signed * point[i]; }
    }

    /// <inheritdoc/>
    public void Tell(ReadOnlySpan<double> values)
    {
        if (values.Length != Population) { throw new ArgumentException($"A generation has {Population} candidates; {values.Length} values were told.", nameof(values)); }
        for (var i = 0; i < returns.Length; i++) { returns[i] = double.IsNaN(values[i]) ? double.NegativeInfinity : -values[i]; }
        for (var pair = 0; pair < Population / 2; pair++) { WriteNoise(pair, noise.AsSpan(pair * Dimension, Dimension)); }
        CentredRanks(returns, ranks);
        Gradient(ranks, noise, Deviation, gradient);
        // Adam descends, the gradient points towards higher returns.
        for (var i = 0; i < gradient.Length; i++) { parameters.Gradients[i] = (float)-gradient[i]; }
        optimizer.Step(learningRate);
        ReadMean();
        generation++;
    }

    /// <summary>Ranks of all values together, spread evenly over [-1/2, 1/2], the lowest first; equal values keep their order.</summary>
    public static void CentredRanks(ReadOnlySpan<double> values, Span<double> ranks)
    {
        var keys = values.ToArray();
        var order = Enumerable.Range(0, keys.Length).OrderBy(i => keys[i]).ToArray();
        for (var rank = 0; rank < order.Length; rank++) { ranks[order[rank]] = (double)rank / (order.Length - 1) - 0.5; }
    }

    /// <summary>g = sum_k (F+_k - F-_k) eps_k / (2 n sigma) from 2n shaped values F+_0, F-_0, F+_1, ... and the noise [n, dimension].</summary>
    public static void Gradient(ReadOnlySpan<double> shaped, ReadOnlySpan<double> noise, double deviation, Span<double> gradient)
    {
        gradient.Clear();
        for (var pair = 0; pair < shaped.Length / 2; pair++)
        {
            var weight = (shaped[2 * pair] - shaped[2 * pair + 1]) / (shaped.Length * deviation);
            var row = noise.Slice(pair * gradient.Length, gradient.Length);
            for (var i = 0; i < gradient.Length; i++) { gradient[i] += weight * row[i]; }
        }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(random), random);
        state.Value(nameof(generation), ref generation);
        state.Part(nameof(parameters), parameters);
        state.Part(nameof(optimizer), optimizer);
        if (state.IsLoading) { ReadMean(); }
    }

    private void WriteNoise(int pair, Span<double> row)
    {
        var draws = random.Child("pair", generation * (Population / 2) + pair);
        for (var i = 0; i < row.Length; i++) { row[i] = draws.NextGaussian(); }
    }

    private void ReadMean()
    {
        for (var i = 0; i < mean.Length; i++) { mean[i] = parameters.Values[i]; }
    }
}
