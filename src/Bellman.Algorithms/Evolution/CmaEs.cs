using System.Buffers;
using MathNet.Numerics.LinearAlgebra;

namespace Bellman.Algorithms;

/// <summary>
/// Evolution with an adapted covariance matrix (Hansen 2016, "The CMA evolution strategy: a tutorial"): candidates are
/// drawn from N(m, sigma^2 C); mean, step size and covariance follow the better half. Invariant to rotations and to any
/// monotone change of the values; for up to some hundred numbers, its memory and time grow with their square.
/// </summary>
public sealed class CmaEs : IPopulationOptimizer
{
    /// <summary>Points of more numbers are refused: the covariance would need more than 32 MB and minutes a generation.</summary>
    public const int LargestDimension = 2_000;

    private const double SmallestVariance = 1e-24;

    private readonly RandomStream random;
    private readonly double[] mean;
    private readonly double[] covariance;
    private readonly double[] basis;
    private readonly double[] scales;
    private readonly double[] stepPath;
    private readonly double[] path;
    private readonly double[] moved;
    private readonly double[] whitened;
    private readonly double[] work;
    private readonly double[] steps;
    private readonly int[] order;
    private double deviation;
    private long generation;
    private long decomposed;

    /// <summary>A search around a point.</summary>
    /// <param name="start">Where it begins, at most <see cref="LargestDimension"/> numbers.</param>
    /// <param name="deviation">sigma_0, above 0: about a third of the distance within which the answer is expected.</param>
    /// <param name="seed">Seed of the candidates.</param>
    /// <param name="population">Candidates of a generation; 0 takes 4 + floor(3 ln n). Larger searches more globally and slower.</param>
    /// <exception cref="UsageException">There are too many numbers.</exception>
    public CmaEs(ReadOnlySpan<double> start, double deviation, ulong seed, int population = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(deviation);
        if (start.Length is 0 or > LargestDimension)
        {
            throw new UsageException($"CMA-ES adapts a covariance matrix of 1 to {LargestDimension} numbers; here there are {start.Length}. Search fewer (hidden=[] makes a policy linear), or use OpenAI-ES.");
        }
        var n = start.Length;
        Constants = new CmaEsConstants(n, population);
        random = RandomStream.Create(seed, "cma-es");
        mean = start.ToArray();
        this.deviation = deviation;
        covariance = new double[n * n];
        basis = new double[n * n];
        scales = new double[n];
        stepPath = new double[n];
        path = new double[n];
        moved = new double[n];
        whitened = new double[n];
        work = new double[n];
        steps = new double[Constants.Weights.Length * n];
        order = new int[Constants.Population];
        for (var i = 0; i < n; i++) { (covariance[i * n + i], basis[i * n + i], scales[i]) = (1, 1, 1); }
    }

    /// <summary>The constants for this dimension and population.</summary>
    public CmaEsConstants Constants { get; }

    /// <inheritdoc/>
    public int Dimension => mean.Length;

    /// <inheritdoc/>
    public int Population => Constants.Population;

    /// <inheritdoc/>
    public long Generation => generation;

    /// <inheritdoc/>
    public ReadOnlySpan<double> Mean => mean;

    /// <summary>sigma: the overall step size.</summary>
    public double Deviation => deviation;

    /// <summary>[n, n]: C, the shape of the search.</summary>
    public ReadOnlySpan<double> Covariance => covariance;

    /// <summary>[n]: p_sigma, the path whose length steers the step size.</summary>
    public ReadOnlySpan<double> StepPath => stepPath;

    /// <inheritdoc/>
    public void Candidate(int index, Span<double> point)
    {
        Step(index, point);
        // x = m + sigma y
        for (var i = 0; i < point.Length; i++) { point[i] = mean[i] + deviation * point[i]; }
    }

    /// <inheritdoc/>
    public void Tell(ReadOnlySpan<double> values)
    {
        if (values.Length != Population) { throw new ArgumentException($"A generation has {Population} candidates; {values.Length} values were told.", nameof(values)); }
        var keys = values.ToArray();
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
            if (double.IsNaN(keys[i])) { keys[i] = double.PositiveInfinity; }
        }
        Array.Sort(order, (a, b) => keys[a] != keys[b] ? keys[a].CompareTo(keys[b]) : a.CompareTo(b));
        for (var rank = 0; rank < Constants.Weights.Length; rank++) { Step(order[rank], steps.AsSpan(rank * Dimension, Dimension)); }
        Update(steps);
    }

    /// <summary>One generation from the best mu steps y_i = (x_i - m)/sigma, [mu, n], the best first.</summary>
    public void Update(ReadOnlySpan<double> bestSteps)
    {
        var (n, c) = (Dimension, Constants);
        var weights = c.Weights;
        Array.Clear(moved);
        for (var rank = 0; rank < weights.Length; rank++)
        {
            for (var i = 0; i < n; i++) { moved[i] += weights[rank] * bestSteps[rank * n + i]; }
        }
        // m <- m + sigma y_w
        for (var i = 0; i < n; i++) { mean[i] += deviation * moved[i]; }
        UpdateStepSize();
        // h_sigma = |p_sigma| / sqrt(1 - (1 - c_sigma)^(2(g+1))) < (1.4 + 2/(n+1)) chi: a fast path must not stretch C
        var norm = Norm(stepPath);
        var steady = norm / Math.Sqrt(1 - Math.Pow(1 - c.StepDecay, 2 * (generation + 1))) < (1.4 + 2 / (n + 1.0)) * c.ExpectedNorm ? 1 : 0;
        // p_c <- (1 - c_c) p_c + h_sigma sqrt(c_c (2 - c_c) mu_eff) y_w
        var gain = steady * Math.Sqrt(c.PathDecay * (2 - c.PathDecay) * c.Effective);
        for (var i = 0; i < n; i++) { path[i] = (1 - c.PathDecay) * path[i] + gain * moved[i]; }
        UpdateCovariance(bestSteps, (1 - steady) * c.PathDecay * (2 - c.PathDecay));
        generation++;
        // Every generation for few numbers; else as rarely as its cost can be forgotten beside sampling (Hansen 2016, B.2).
        if (generation - decomposed >= 1 / (10 * n * (c.RankOne + c.RankMu))) { Decompose(); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Part(nameof(random), random);
        state.Value(nameof(generation), ref generation);
        state.Value(nameof(decomposed), ref decomposed);
        state.Value(nameof(deviation), ref deviation);
        state.Array<double>(nameof(mean), mean);
        state.Array<double>(nameof(covariance), covariance);
        state.Array<double>(nameof(basis), basis);
        state.Array<double>(nameof(scales), scales);
        state.Array<double>(nameof(stepPath), stepPath);
        state.Array<double>(nameof(path), path);
    }

    /// <summary>y = B D z of one candidate, z ~ N(0, I) drawn anew from its own stream.</summary>
    private void Step(int index, Span<double> step)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Population, nameof(index));
        var n = Dimension;
        var draws = random.Child("candidate", generation * Population + index);
        var normal = ArrayPool<double>.Shared.Rent(n);
        for (var k = 0; k < n; k++) { normal[k] = scales[k] * draws.NextGaussian(); }
        Multiply(basis, normal.AsSpan(0, n), step);
        ArrayPool<double>.Shared.Return(normal);
    }

    private void UpdateStepSize()
    {
        var (n, c) = (Dimension, Constants);
        // C^(-1/2) y_w = B D^(-1) B^T y_w
        for (var k = 0; k < n; k++)
        {
            var sum = 0.0;
            for (var i = 0; i < n; i++) { sum += basis[i * n + k] * moved[i]; }
            whitened[k] = sum / scales[k];
        }
        Multiply(basis, whitened, work);
        // p_sigma <- (1 - c_sigma) p_sigma + sqrt(c_sigma (2 - c_sigma) mu_eff) C^(-1/2) y_w
        var gain = Math.Sqrt(c.StepDecay * (2 - c.StepDecay) * c.Effective);
        for (var i = 0; i < n; i++) { stepPath[i] = (1 - c.StepDecay) * stepPath[i] + gain * work[i]; }
        // sigma <- sigma exp(c_sigma/d_sigma (|p_sigma|/chi - 1))
        deviation *= Math.Exp(c.StepDecay / c.StepDamping * (Norm(stepPath) / c.ExpectedNorm - 1));
    }

    /// <summary>C &lt;- (1 + stall c_1 - c_1 - c_mu) C + c_1 p_c p_c^T + c_mu sum w_i y_i y_i^T.</summary>
    private void UpdateCovariance(ReadOnlySpan<double> bestSteps, double stall)
    {
        var (n, c) = (Dimension, Constants);
        var weights = c.Weights;
        var keep = 1 + c.RankOne * stall - c.RankOne - c.RankMu;
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var spread = 0.0;
                for (var rank = 0; rank < weights.Length; rank++) { spread += weights[rank] * bestSteps[rank * n + i] * bestSteps[rank * n + j]; }
                var value = keep * covariance[i * n + j] + c.RankOne * path[i] * path[j] + c.RankMu * spread;
                (covariance[i * n + j], covariance[j * n + i]) = (value, value);
            }
        }
    }

    /// <summary>C = B D^2 B^T.</summary>
    private void Decompose()
    {
        var n = Dimension;
        var eigen = Matrix<double>.Build.Dense(n, n, [.. covariance]).Evd(Symmetricity.Symmetric);
        for (var k = 0; k < n; k++)
        {
            scales[k] = Math.Sqrt(Math.Max(SmallestVariance, eigen.EigenValues[k].Real));
            for (var i = 0; i < n; i++) { basis[i * n + k] = eigen.EigenVectors[i, k]; }
        }
        decomposed = generation;
    }

    private static void Multiply(double[] matrix, ReadOnlySpan<double> vector, Span<double> product)
    {
        for (var i = 0; i < vector.Length; i++)
        {
            var sum = 0.0;
            for (var k = 0; k < vector.Length; k++) { sum += matrix[i * vector.Length + k] * vector[k]; }
            product[i] = sum;
        }
    }

    private static double Norm(ReadOnlySpan<double> vector)
    {
        var sum = 0.0;
        foreach (var value in vector) { sum += value * value; }
        return Math.Sqrt(sum);
    }
}
