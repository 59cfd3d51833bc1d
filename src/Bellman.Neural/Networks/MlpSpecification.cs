namespace Bellman.Neural;

/// <summary>The function between two dense layers.</summary>
public enum Activation
{
    /// <summary>f(x) = x.</summary>
    Identity,

    /// <summary>f(x) = tanh x.</summary>
    Tanh,

    /// <summary>f(x) = max(0, x).</summary>
    Relu,

    /// <summary>f(x) = x / (1 + exp(-x)), also called swish.</summary>
    Silu,
}

/// <summary>How weights are drawn.</summary>
public enum Initialization
{
    /// <summary>
    /// Rows or columns orthonormal, times a gain; biases zero (Saxe et al. 2014). The usual choice for PPO.
    /// </summary>
    Orthogonal,

    /// <summary>
    /// Weights and biases uniform in ±1/sqrt(inputs), as torch's linear layers; the gains are not used.
    /// </summary>
    FanIn,

    /// <summary>
    /// Weights normal with deviation 1/(2 sqrt(inputs)), drawn again beyond two deviations; biases zero (Chua et al. 2018, their
    /// code); the gains are not used. The usual choice for dynamics models.
    /// </summary>
    TruncatedNormal,
}

/// <summary>A multilayer perceptron, described once and run by either engine.</summary>
/// <param name="Inputs">Numbers per input row, at least 1.</param>
/// <param name="Hidden">Width of each hidden layer; may be empty (a linear map).</param>
/// <param name="Outputs">Numbers per output row, at least 1.</param>
public sealed record MlpSpecification(int Inputs, IReadOnlyList<int> Hidden, int Outputs)
{
    /// <summary>The function after each hidden layer.</summary>
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>The function after the last layer.</summary>
    public Activation OutputActivation { get; init; } = Activation.Identity;

    /// <summary>How weights are drawn.</summary>
    public Initialization Initialization { get; init; } = Initialization.Orthogonal;

    /// <summary>Gain of orthogonal hidden weights; larger starts with larger activations. Default sqrt 2.</summary>
    public float HiddenGain { get; init; } = MathF.Sqrt(2);

    /// <summary>Gain of the last layer's orthogonal weights; 0.01 starts a policy near uniform. Default 1.</summary>
    public float OutputGain { get; init; } = 1;

    /// <summary>What hidden biases start as, in place of what <see cref="Initialization"/> says; null leaves them.</summary>
    public float? HiddenBias { get; init; }

    /// <summary>The last layer's weights and biases start uniform in ± this, in place of what <see cref="Initialization"/> says; null leaves them.</summary>
    public float? OutputRange { get; init; }

    /// <summary>Normalises each hidden layer's sums before the activation (Ba et al. 2016; epsilon 1e-5).</summary>
    public bool LayerNorm { get; init; }

    /// <summary>Normalises the last layer's sums before the output activation, as <see cref="LayerNorm"/> does hidden ones.</summary>
    public bool OutputNorm { get; init; }

    /// <summary>Whether layer <paramref name="index"/>, counted from 0, is normalised.</summary>
    internal bool HasNorm(int index) => index < Hidden.Count ? LayerNorm : OutputNorm;

    /// <summary>The widest of the inputs, hidden layers and outputs.</summary>
    public int LargestWidth => Math.Max(Math.Max(Inputs, Outputs), Hidden.Count == 0 ? 0 : Hidden.Max());

    /// <summary>Throws when a width is below 1.</summary>
    /// <exception cref="UsageException">A width is below 1.</exception>
    public void Validate()
    {
        foreach (var (what, width) in Hidden.Select((width, i) => ($"Hidden[{i}]", width)).Append(("Inputs", Inputs)).Append(("Outputs", Outputs)))
        {
            if (width < 1)
            {
                throw new UsageException($"A network's {what} is {width}; every width must be at least 1. Remove the layer or give it a width.");
            }
        }
    }
}
