namespace Bellman.Papers.BehaviorAlignment;

/// <summary>A reward r_φ made of the primary and the auxiliary one. Reading it as the true reward is wrong: it is defined only through the policy it makes.</summary>
public interface IRewardBlend
{
    /// <summary>Numbers in φ.</summary>
    int Parameters { get; }

    /// <summary>Writes φ as it begins.</summary>
    void Initialize(Span<double> phi, RandomStream random);

    /// <summary>r_φ of a step.</summary>
    /// <param name="phi">φ.</param>
    /// <param name="features">x of the state, the last of them 1.</param>
    /// <param name="primary">r_p.</param>
    /// <param name="auxiliary">r_aux.</param>
    double Reward(ReadOnlySpan<double> phi, ReadOnlySpan<double> features, double primary, double auxiliary);

    /// <summary>Adds <paramref name="weight"/> times ∂r_φ/∂φ.</summary>
    void AddGradient(ReadOnlySpan<double> features, double primary, double auxiliary, double weight, Span<double> gradient);

    /// <summary>Adds <paramref name="weight"/> times the gradient of the sum over parameter blocks of their (unsquared) norms.</summary>
    void AddNormGradient(ReadOnlySpan<double> phi, double weight, Span<double> gradient);
}

/// <summary>One linear layer from features to three numbers: r = f1 + r_p + f3 r_aux, or with f2 in front of r_p.</summary>
/// <param name="width">Features, the last of which is 1: its weights are the layer's bias.</param>
/// <param name="weighsPrimary">Whether f2 stands before r_p.</param>
internal sealed class LinearBlend(int width, bool weighsPrimary) : IRewardBlend
{
    private const int Outputs = 3;

    /// <inheritdoc/>
    public int Parameters => Outputs * width;

    /// <inheritdoc/>
    public void Initialize(Span<double> phi, RandomStream random) => LinearLayer.Initialize(phi, width, random);

    /// <inheritdoc/>
    public double Reward(ReadOnlySpan<double> phi, ReadOnlySpan<double> features, double primary, double auxiliary)
    {
        var (constant, ofPrimary, ofAuxiliary) = (0.0, 0.0, 0.0);
        for (var i = 0; i < width; i++)
        {
            constant += phi[i] * features[i];
            ofPrimary += phi[width + i] * features[i];
            ofAuxiliary += phi[2 * width + i] * features[i];
        }
        return constant + (weighsPrimary ? ofPrimary : 1) * primary + ofAuxiliary * auxiliary;
    }

    /// <inheritdoc/>
    public void AddGradient(ReadOnlySpan<double> features, double primary, double auxiliary, double weight, Span<double> gradient)
    {
        for (var i = 0; i < width; i++)
        {
            gradient[i] += weight * features[i];
            if (weighsPrimary) { gradient[width + i] += weight * primary * features[i]; }
            gradient[2 * width + i] += weight * auxiliary * features[i];
        }
    }

    /// <inheritdoc/>
    public void AddNormGradient(ReadOnlySpan<double> phi, double weight, Span<double> gradient)
    {
        // Two blocks: the layer's weights, and its biases in the last column.
        var (weights, biases) = (0.0, 0.0);
        for (var i = 0; i < phi.Length; i++)
        {
            if (i % width == width - 1) { biases += phi[i] * phi[i]; } else { weights += phi[i] * phi[i]; }
        }
        for (var i = 0; i < phi.Length; i++)
        {
            var norm = Math.Sqrt(i % width == width - 1 ? biases : weights);
            if (norm > 0) { gradient[i] += weight * phi[i] / norm; }
        }
    }
}

/// <summary>r = (b1 - 1) + r_p + b3 w r_aux: at first the naive sum with weight w.</summary>
internal sealed class ScalarBlend(double auxiliaryWeight) : IRewardBlend
{
    /// <inheritdoc/>
    public int Parameters => 3;

    /// <inheritdoc/>
    public void Initialize(Span<double> phi, RandomStream random) => phi.Fill(1);

    /// <inheritdoc/>
    public double Reward(ReadOnlySpan<double> phi, ReadOnlySpan<double> features, double primary, double auxiliary) =>
        phi[0] - 1 + primary + phi[2] * auxiliaryWeight * auxiliary;

    /// <inheritdoc/>
    public void AddGradient(ReadOnlySpan<double> features, double primary, double auxiliary, double weight, Span<double> gradient)
    {
        gradient[0] += weight;
        gradient[2] += weight * auxiliaryWeight * auxiliary;
    }

    /// <inheritdoc/>
    public void AddNormGradient(ReadOnlySpan<double> phi, double weight, Span<double> gradient)
    {
        // Each number is a block of its own.
        for (var i = 0; i < phi.Length; i++) { gradient[i] += weight * Math.Sign(phi[i]); }
    }
}

/// <summary>How a linear layer begins.</summary>
internal static class LinearLayer
{
    /// <summary>Uniform in ±1/√(inputs), the bias included.</summary>
    /// <param name="weights">[outputs, width].</param>
    /// <param name="width">Inputs and one for the bias.</param>
    /// <param name="random">The draws.</param>
    public static void Initialize(Span<double> weights, int width, RandomStream random)
    {
        var bound = 1 / Math.Sqrt(width - 1);
        foreach (ref var weight in weights) { weight = random.NextUniform(-bound, bound); }
    }
}
