using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Papers.InformationPrioritization;

/// <summary>
/// q(a | z, z'): a Gaussian on the executed action, read from two latents by an MLP. Its log-density, less that of the policy, is a lower bound on
/// the empowerment I(A; Z' | Z).
/// </summary>
public sealed class InverseModel
{
    private const double LeastLogDeviation = -4;
    private const double LargestLogDeviation = 1;

    private readonly TensorMlp mlp;

    /// <summary>The model over <paramref name="parameters"/> that hold its <see cref="Part"/>.</summary>
    public InverseModel(TensorParameters parameters, int latents, int actions, int hidden) => mlp = new TensorMlp(parameters, Part(latents, actions, hidden));

    /// <summary>The parameters that it needs.</summary>
    public static MlpPart Part(int latents, int actions, int hidden) =>
        new("inverse", new MlpSpecification(2 * latents, [hidden], 2 * actions) { Initialization = Initialization.FanIn });

    /// <summary>log q(a | z, z'), [...].</summary>
    /// <param name="action">[..., actions].</param>
    /// <param name="from">z, [..., latents].</param>
    /// <param name="to">z', [..., latents].</param>
    public Tensor LogDensity(Tensor action, Tensor from, Tensor to)
    {
        var halves = mlp.Forward(cat([from, to], -1)).chunk(2, -1);
        return GaussianLogDensity(action, halves[0], halves[1]);
    }

    /// <summary>log N(a; mean, exp(clip(logDeviation, -4, 1))²), summed over the components. Without the lower bound an action that is nearly certain would make the density explode.</summary>
    public static Tensor GaussianLogDensity(Tensor action, Tensor mean, Tensor logDeviation)
    {
        var bounded = logDeviation.clamp(LeastLogDeviation, LargestLogDeviation);
        return (-0.5 * ((action - mean) * (-bounded).exp()).square() - bounded - 0.5 * Math.Log(2 * Math.PI)).sum(-1);
    }
}
