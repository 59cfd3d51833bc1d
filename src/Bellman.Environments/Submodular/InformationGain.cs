namespace Bellman.Environments.Submodular;

/// <summary>How <see cref="InformationGain"/> counts.</summary>
public enum LogDetForm
{
    /// <summary>F(X) = 1/2 log det(I + K_X / sigma^2), in nats: the information that noisy looks give about a Gaussian process.</summary>
    Information,

    /// <summary>
    /// The released program's 1/2 log det(K_X + 1e-6 I) + 9.965784 |X|: a natural logarithm and a constant of base 2, which keeps
    /// increments positive. For comparison only.
    /// </summary>
    LegacyLogDet,
}

/// <summary>
/// Bayesian experiment design (D-design): what observing the elements X with noise tells about a Gaussian process with
/// covariance K. Each gain needs the posterior variance alone, F(x|X) = 1/2 log(1 + sigma_X^2(x) / sigma^2), for which a
/// Cholesky factor of K_X + sigma^2 I is kept for each trajectory.
/// </summary>
public sealed class InformationGain : ISubmodularFunction
{
    private const double LegacyJitter = 1e-6;
    private const double LegacyOffset = 9.965784;

    private readonly double[,] covariance;
    private readonly double noise;
    private readonly double offset;

    /// <summary>A design task.</summary>
    /// <param name="covariance">K, [elements, elements], symmetric with a diagonal of at least 0.</param>
    /// <param name="noiseVariance">sigma^2, above 0; not read by <see cref="LogDetForm.LegacyLogDet"/>.</param>
    /// <param name="repeats">True for time-stamped observations: a second, noisy look at an element still tells something. False counts distinct elements.</param>
    /// <param name="form">How it counts.</param>
    /// <exception cref="UsageException">The noise is not positive, or K is not a covariance's shape.</exception>
    public InformationGain(double[,] covariance, double noiseVariance, bool repeats = false, LogDetForm form = LogDetForm.Information)
    {
        if (form == LogDetForm.Information && !(noiseVariance > 0 && double.IsFinite(noiseVariance)))
        {
            throw new UsageException($"The noise variance is {noiseVariance}; it must be finite and above 0, or a second look at the same place would have an infinite determinant.");
        }
        if (form == LogDetForm.LegacyLogDet && repeats)
        {
            throw new UsageException("LegacyLogDet counts distinct elements; repeated rows would make its determinant vanish. Take repeats = false, or LogDetForm.Information.");
        }
        var size = covariance.GetLength(0);
        if (size == 0 || covariance.GetLength(1) != size) { throw new UsageException($"A covariance is a square matrix; this one is {size} x {covariance.GetLength(1)}."); }
        for (var i = 0; i < size; i++)
        {
            if (!(covariance[i, i] >= 0)) { throw new UsageException($"The covariance has the variance {covariance[i, i]} at element {i}; it must be at least 0."); }
            for (var j = 0; j < i; j++)
            {
                if (!(Math.Abs(covariance[i, j] - covariance[j, i]) <= 1e-9 * (1 + Math.Abs(covariance[i, j]))))
                {
                    throw new UsageException($"The covariance is not symmetric: K[{i}, {j}] = {covariance[i, j]}, K[{j}, {i}] = {covariance[j, i]}.");
                }
            }
        }
        this.covariance = covariance;
        Repeats = repeats;
        (noise, offset) = form == LogDetForm.Information ? (noiseVariance, -0.5 * Math.Log(noiseVariance)) : (LegacyJitter, LegacyOffset);
    }

    /// <summary>Whether a second look at an element counts.</summary>
    public bool Repeats { get; }

    /// <inheritdoc/>
    public int ElementCount => covariance.GetLength(0);

    /// <inheritdoc/>
    public ISetEvaluator CreateEvaluator() => new Evaluator(this);

    /// <inheritdoc/>
    public double Modular(int element) => Increment(covariance[element, element]);

    // det(K_X + s I) grows by the factor sigma_X^2(x) + s: the information form subtracts log s, the legacy form adds its constant.
    private double Increment(double posteriorVariance) => 0.5 * Math.Log(posteriorVariance + noise) + offset;

    private sealed class Evaluator(InformationGain function) : ISetEvaluator
    {
        private int[] elements = [];
        private int count;
        // Rows of the Cholesky factor of K_X + sigma^2 I, one under another.
        private double[] factor = [];
        private double[] row = [];
        private double value;

        public double Value => value;

        public void Reset()
        {
            count = 0;
            value = 0;
        }

        public double Gain(int element)
        {
            if (!function.Repeats && elements.AsSpan(0, count).Contains(element)) { return 0; }
            return function.Increment(PosteriorVariance(element));
        }

        public double Add(int element)
        {
            if (!function.Repeats && elements.AsSpan(0, count).Contains(element)) { return 0; }
            var variance = PosteriorVariance(element);
            EnsureCapacity();
            var start = count * (count + 1) / 2;
            row.AsSpan(0, count).CopyTo(factor.AsSpan(start));
            factor[start + count] = Math.Sqrt(variance + function.noise);
            elements[count++] = element;
            var gain = function.Increment(variance);
            value += gain;
            return gain;
        }

        public ISetEvaluator Copy()
        {
            var copy = new Evaluator(function) { value = value, count = count };
            copy.elements = [.. elements];
            copy.factor = [.. factor];
            copy.row = new double[row.Length];
            return copy;
        }

        public void Exchange(StateExchange state)
        {
            var seen = elements[..count];
            state.List("elements", ref seen);
            if (!state.IsLoading) { return; }
            foreach (var element in seen) { RestoredState.RequireIndex(state, "elements", element, function.ElementCount); }
            Reset();
            foreach (var element in seen) { Add(element); }
        }

        /// <summary>sigma_X^2(x) = k(x, x) - |l|^2, where L l = k(X, x); leaves l in <see cref="row"/>.</summary>
        private double PosteriorVariance(int element)
        {
            EnsureCapacity();
            var variance = function.covariance[element, element];
            for (var i = 0; i < count; i++)
            {
                var start = i * (i + 1) / 2;
                var sum = function.covariance[elements[i], element];
                for (var j = 0; j < i; j++) { sum -= factor[start + j] * row[j]; }
                row[i] = sum / factor[start + i];
                variance -= row[i] * row[i];
            }
            return Math.Max(variance, 0);
        }

        private void EnsureCapacity()
        {
            if (count < elements.Length) { return; }
            var capacity = Math.Max(16, 2 * elements.Length);
            Array.Resize(ref elements, capacity);
            Array.Resize(ref factor, capacity * (capacity + 1) / 2);
            row = new double[capacity];
        }
    }
}
