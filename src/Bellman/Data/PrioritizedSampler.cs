namespace Bellman;

/// <summary>How a <see cref="PrioritizedSampler"/> weighs transitions.</summary>
public sealed record PrioritizedSamplerOptions
{
    /// <summary>alpha, at least 0: 0 draws uniformly, 1 in full proportion to the errors. Usually 0.5 to 0.7.</summary>
    public double Exponent { get; init; } = 0.6;

    /// <summary>epsilon, at least 0, added to every absolute error, so that none becomes impossible to draw.</summary>
    public double Offset { get; init; } = 1e-6;

    /// <summary>
    /// Whether importance weights are divided by the largest of the whole buffer, found in a tree of minima, instead of
    /// the largest of the batch.
    /// </summary>
    public bool NormalizeByBuffer { get; init; }

    /// <summary>Throws when an option is out of range.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public void Validate()
    {
        Require(Exponent, nameof(Exponent));
        Require(Offset, nameof(Offset));
    }

    private static void Require(double value, string option)
    {
        if (!(value >= 0 && double.IsFinite(value))) { throw new UsageException($"Prioritised replay's option {option} is {value}; it must be a finite number from 0 up."); }
    }
}

/// <summary>
/// Prioritised replay, proportional variant (Schaul et al. 2016): p = (|delta| + epsilon)^alpha, P(i) = p_i / sum p, and
/// importance weights w_i = (N P(i))^-beta / max w. A batch is drawn by strata: one row from each of equally long parts
/// of the priorities laid end to end. New rows get the largest |delta| + epsilon seen so far.
/// </summary>
public sealed class PrioritizedSampler : IReplaySampler
{
    private readonly PrioritizedSamplerOptions options;
    private readonly SumTree tree;
    private double[] points = [];
    private float[] priorities = [];
    // The running maximum before the exponent, so that a change of the exponent does not change its meaning.
    private float largestError = 1;

    /// <summary>A sampler for a buffer of this <paramref name="capacity"/>.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public PrioritizedSampler(int capacity, PrioritizedSamplerOptions? options = null)
    {
        this.options = options ?? new PrioritizedSamplerOptions();
        this.options.Validate();
        tree = new SumTree(capacity, this.options.NormalizeByBuffer);
    }

    /// <summary>beta, in [0, 1]: how far the weights undo the bias of drawing by priority. Usually rises from 0.4 to 1.</summary>
    public double Beta { get; set; } = 0.4;

    /// <summary>p of a row.</summary>
    public float Priority(int row) => tree[row];

    /// <inheritdoc/>
    public void Added(int row) => tree.Set(row, Power(largestError));

    /// <inheritdoc/>
    public void Sample(int count, RandomStream random, Span<int> rows, Span<float> weights)
    {
        EnsureScratch(rows.Length);
        var total = tree.Total;
        var strata = points.AsSpan(0, rows.Length);
        var length = total / rows.Length;
        for (var i = 0; i < strata.Length; i++) { strata[i] = (i + random.NextDouble()) * length; }
        tree.Find(strata, rows);
        // w = (N P)^-beta = (N / total)^-beta p^-beta; the first factor vanishes in w / max w.
        var exponent = (float)-Beta;
        var largest = 0f;
        for (var i = 0; i < rows.Length; i++)
        {
            weights[i] = MathF.Pow(tree[rows[i]], exponent);
            largest = MathF.Max(largest, weights[i]);
        }
        if (options.NormalizeByBuffer) { largest = MathF.Pow(tree.Minimum, exponent); }
        for (var i = 0; i < rows.Length; i++) { weights[i] /= largest; }
    }

    /// <inheritdoc/>
    /// <exception cref="BellmanException">An error is not finite.</exception>
    public void Update(ReadOnlySpan<int> rows, ReadOnlySpan<float> temporalDifferences)
    {
        EnsureScratch(rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            var error = MathF.Abs(temporalDifferences[i]) + (float)options.Offset;
            if (!float.IsFinite(error))
            {
                throw new BellmanException($"The temporal-difference error of replay row {rows[i]} is {temporalDifferences[i]}; priorities need finite errors. A smaller learningRate usually helps.");
            }
            largestError = MathF.Max(largestError, error);
            priorities[i] = Power(error);
        }
        tree.Set(rows, priorities.AsSpan(0, rows.Length));
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Value(nameof(largestError), ref largestError);
        state.Part(nameof(tree), tree);
    }

    private float Power(float error) => MathF.Pow(error, (float)options.Exponent);

    private void EnsureScratch(int size)
    {
        if (points.Length >= size) { return; }
        points = new double[size];
        priorities = new float[size];
    }
}
