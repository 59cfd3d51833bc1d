namespace Bellman.Language;

/// <summary>
/// The gradients that a step's rollouts would give if one objective alone were rewarded, at the policy's current parameters: how far objectives
/// agree, before the update. Nothing is learned and the optimiser keeps its state.
/// </summary>
public interface IObjectiveGradients
{
    /// <summary>
    /// G = M M', row i of M the gradient of the full loss (its terms included) with the advantages that the credit assigner gives reward i alone, taken
    /// over the whole step, scaled down to a norm, then restricted to some parameters. Transforms of advantages are left out.
    /// </summary>
    /// <param name="rewards">[objectives][rollouts].</param>
    /// <param name="maximumNorm">Longer gradients, over all parameters, are scaled down to it; above 0.</param>
    /// <param name="selects">Which parameters' gradients are compared, by name; null for all.</param>
    /// <returns>[objectives, objectives]; not finite where a gradient is not.</returns>
    double[,] Gram(IReadOnlyList<double[]> rewards, double maximumNorm, Func<string, bool>? selects = null);
}
