namespace Bellman.Neural;

/// <summary>
/// <see cref="TanhGaussian"/> for a whole batch in vector passes: draws with log-probabilities, and the gradient of
/// SAC's actor through the draw. Reads network outputs [rows, 2 size], a row's means before its log deviations.
/// Allocates nothing after construction.
/// </summary>
public sealed class TanhGaussianBatch
{
    /// <summary>Lowest log deviation of <see cref="LogDeviationBound.Clamp"/>.</summary>
    public const float LowestClamped = -20;

    /// <summary>Lowest log deviation of the other bounds.</summary>
    public const float LowestSquashed = -5;

    /// <summary>Highest log deviation of every bound.</summary>
    public const float Highest = 2;

    private const float HalfSpan = (Highest - LowestSquashed) / 2;

    // A product of this many factors up to 2 stays far from overflow.
    private const int FactorsPerLogarithm = 64;

    private readonly int size;
    private readonly LogDeviationBound bound;
    private readonly float[] noise;
    private readonly float[] logDeviations;
    private readonly float[] boundSlopes;
    private readonly float[] deviations;
    private readonly float[] unsquashed;
    private readonly float[] decays;

    /// <summary>Room for <paramref name="rows"/> draws of <paramref name="size"/> numbers.</summary>
    public TanhGaussianBatch(int rows, int size, LogDeviationBound bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        this.size = size;
        this.bound = bound;
        noise = new float[rows * size];
        logDeviations = new float[rows * size];
        boundSlopes = new float[rows * size];
        deviations = new float[rows * size];
        unsquashed = new float[rows * size];
        decays = new float[rows * size];
        Actions = new float[rows * size];
        LogProbabilities = new float[rows];
    }

    /// <summary>[rows, size]: the last draws, in (-1, 1).</summary>
    public float[] Actions { get; }

    /// <summary>[rows]: log π of the last draws, exact far out too.</summary>
    public float[] LogProbabilities { get; }

    /// <summary>[rows, size]: the last draws before squashing.</summary>
    public ReadOnlySpan<float> Unsquashed => unsquashed;

    /// <summary>The log deviation that a network's output stands for.</summary>
    public static float Bounded(LogDeviationBound bound, float output) => bound == LogDeviationBound.Tanh
        ? LowestSquashed + HalfSpan * (MathF.Tanh(output) + 1)
        : Math.Clamp(output, Lowest(bound), Highest);

    /// <summary>Draws an action for each row and scores it.</summary>
    /// <param name="outputs">[rows, 2 size].</param>
    /// <param name="random">Where ε of u = μ + σ ε is drawn from.</param>
    public void Sample(ReadOnlySpan<float> outputs, RandomStream random)
    {
        random.NextGaussians(noise);
        ReadDeviations(outputs);
        logDeviations.CopyTo(deviations, 0);
        VectorKernels.Active.Exp(deviations);
        for (var row = 0; row < LogProbabilities.Length; row++)
        {
            var means = outputs.Slice(2 * size * row, size);
            for (var i = 0; i < size; i++)
            {
                var k = row * size + i;
                unsquashed[k] = means[i] + deviations[k] * noise[k];
                decays[k] = -2 * MathF.Abs(unsquashed[k]);
            }
        }
        unsquashed.CopyTo(Actions, 0);
        VectorKernels.Active.Tanh(Actions);
        VectorKernels.Active.Exp(decays);
        for (var row = 0; row < LogProbabilities.Length; row++) { LogProbabilities[row] = LogProbability(row * size); }
    }

    /// <summary>
    /// Writes the gradient of Σ over rows of w log π(a) + Σ c_i a_i with respect to the outputs, through the draw.
    /// </summary>
    /// <param name="logProbabilityWeight">w.</param>
    /// <param name="actionGradients">c, [rows, size].</param>
    /// <param name="outputGradients">[rows, 2 size]; overwritten.</param>
    public void Gradient(float logProbabilityWeight, ReadOnlySpan<float> actionGradients, Span<float> outputGradients)
    {
        for (var row = 0; row < LogProbabilities.Length; row++)
        {
            var means = outputGradients.Slice(2 * size * row, size);
            var byDeviations = outputGradients.Slice(2 * size * row + size, size);
            for (var i = 0; i < size; i++)
            {
                var k = row * size + i;
                // With e = exp(-2|u|): 1 - tanh² u = 4 e / (1 + e)²
                var slope = 4 * decays[k] / ((1 + decays[k]) * (1 + decays[k]));
                // ∂/∂u = 2 w tanh u + c (1 - tanh² u),  ∂/∂μ = ∂/∂u,  ∂/∂ln σ = σ ε ∂/∂u - w
                var byUnsquashed = 2 * logProbabilityWeight * Actions[k] + actionGradients[k] * slope;
                means[i] = byUnsquashed;
                byDeviations[i] = boundSlopes[k] * (deviations[k] * noise[k] * byUnsquashed - logProbabilityWeight);
            }
        }
    }

    private static float Lowest(LogDeviationBound bound) => bound == LogDeviationBound.Clamp ? LowestClamped : LowestSquashed;

    private void ReadDeviations(ReadOnlySpan<float> outputs)
    {
        for (var row = 0; row < LogProbabilities.Length; row++)
        {
            outputs.Slice(2 * size * row + size, size).CopyTo(logDeviations.AsSpan(row * size, size));
        }
        if (bound != LogDeviationBound.Tanh)
        {
            var lowest = Lowest(bound);
            for (var k = 0; k < logDeviations.Length; k++)
            {
                boundSlopes[k] = logDeviations[k] >= lowest && logDeviations[k] <= Highest ? 1 : 0;
                logDeviations[k] = Math.Clamp(logDeviations[k], lowest, Highest);
            }
            return;
        }
        VectorKernels.Active.Tanh(logDeviations);
        for (var k = 0; k < logDeviations.Length; k++)
        {
            boundSlopes[k] = HalfSpan * (1 - logDeviations[k] * logDeviations[k]);
            logDeviations[k] = LowestSquashed + HalfSpan * (logDeviations[k] + 1);
        }
    }

    /// <summary>Σ of -½ε² - ln σ - ½ ln 2π - ln(1 - tanh² u), with ln(1 - tanh² u) = 2 (ln 2 - |u| - ln(1 + e)).</summary>
    private float LogProbability(int start)
    {
        var sum = 0f;
        var product = 1f;
        for (var i = 0; i < size; i++)
        {
            var k = start + i;
            sum -= 0.5f * noise[k] * noise[k] + logDeviations[k] + DiagonalGaussian.HalfLogTwoPi + 2 * (TanhGaussian.LogTwo - MathF.Abs(unsquashed[k]));
            // Logarithms are dear: one of the product serves for many.
            product *= 1 + decays[k];
            if (i % FactorsPerLogarithm == FactorsPerLogarithm - 1)
            {
                sum += 2 * MathF.Log(product);
                product = 1;
            }
        }
        return sum + 2 * MathF.Log(product);
    }
}
