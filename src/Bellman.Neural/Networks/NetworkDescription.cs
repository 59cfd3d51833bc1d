namespace Bellman.Neural;

/// <summary>What a network computes, in parts that other formats can express.</summary>
public abstract record NetworkDescription;

/// <summary>One layer: y = f(norm(W x + b)).</summary>
/// <param name="Inputs">Numbers of x.</param>
/// <param name="Outputs">Numbers of y.</param>
/// <param name="Activation">f.</param>
/// <param name="Weight">W, [Outputs, Inputs].</param>
/// <param name="Bias">b, [Outputs].</param>
/// <param name="Norm">Gain and shift of the layer norm; null without one.</param>
public sealed record DenseLayer(int Inputs, int Outputs, Activation Activation, ReadOnlyMemory<float> Weight, ReadOnlyMemory<float> Bias, LayerNorm? Norm) : NetworkDescription;

/// <summary>gain (x - mean)/sqrt(variance + <see cref="Epsilon"/>) + shift.</summary>
/// <param name="Gain">[width].</param>
/// <param name="Shift">[width].</param>
public sealed record LayerNorm(ReadOnlyMemory<float> Gain, ReadOnlyMemory<float> Shift)
{
    /// <summary>What is added to the variance.</summary>
    public const float Epsilon = MlpLayout.NormEpsilon;
}

/// <summary>Networks one after another.</summary>
/// <param name="Links">Each reads what the one before it wrote.</param>
public sealed record NetworkChain(IReadOnlyList<NetworkDescription> Links) : NetworkDescription
{
    /// <summary>The chain of these networks; null if one of them has no description.</summary>
    public static NetworkChain? Of(IEnumerable<INetwork> networks)
    {
        var links = new List<NetworkDescription>();
        foreach (var network in networks)
        {
            if ((network as IDescribedNetwork)?.Describe() is not { } link) { return null; }
            links.Add(link);
        }
        return new NetworkChain(links);
    }
}

/// <summary>Q(a) = V + A(a) - mean_b A(b).</summary>
/// <param name="Value">V, <paramref name="Width"/> numbers.</param>
/// <param name="Advantage">A, [actions, <paramref name="Width"/>].</param>
/// <param name="Width">Numbers of a value.</param>
/// <param name="Actions">Actions.</param>
public sealed record DuellingHeads(NetworkDescription Value, NetworkDescription Advantage, int Width, int Actions) : NetworkDescription;

/// <summary>y = sum w_i f_i(x) over the <paramref name="Active"/> experts with the largest softmax of the gate, w their shares.</summary>
/// <param name="Gate">Writes a logit for each expert.</param>
/// <param name="Experts">The experts.</param>
/// <param name="Active">How many take part for a row.</param>
/// <param name="Rectified">Whether ReLU follows.</param>
public sealed record MixtureOfExperts(NetworkDescription Gate, IReadOnlyList<NetworkDescription> Experts, int Active, bool Rectified) : NetworkDescription;

/// <summary>A network that can say what it computes, and so be exported.</summary>
public interface IDescribedNetwork : INetwork
{
    /// <summary>What it computes without noise, over the parameters as they are now; null if a part of it has no description.</summary>
    NetworkDescription? Describe();
}
