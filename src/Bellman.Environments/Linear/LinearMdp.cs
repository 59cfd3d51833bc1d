using Bellman.Data;

namespace Bellman.Environments.Linear;

/// <summary>
/// A linear process (Jin et al. 2020): features phi(s,a) of length d with P(s'|s,a) = phi(s,a) . mu(s') and r(s,a) = phi(s,a) . theta.
/// </summary>
public sealed class LinearMdp
{
    private const double Tolerance = 1e-9;

    private readonly double[] features;

    /// <summary>A process from its features and its kernel, which a learner does not know.</summary>
    /// <param name="kernel">Where actions lead.</param>
    /// <param name="features">[S x A x d], each of length (Euclidean) at most 1.</param>
    /// <param name="reward">theta, [d].</param>
    /// <param name="rescale">Divides features that are too long by the largest length instead of refusing them.</param>
    /// <exception cref="UsageException">Sizes differ, a feature is not finite or longer than 1.</exception>
    public LinearMdp(TransitionKernel kernel, double[] features, double[] reward, bool rescale = false)
    {
        var pairs = kernel.StateCount * kernel.ActionCount;
        Dimension = reward.Length;
        if (Dimension == 0 || features.Length != pairs * Dimension)
        {
            throw new UsageException($"{kernel.StateCount} states, {kernel.ActionCount} actions and a reward of {reward.Length} weights need {pairs * reward.Length} features; {features.Length} were given.");
        }
        var longest = 0.0;
        for (var pair = 0; pair < pairs; pair++)
        {
            var length = Math.Sqrt(features.AsSpan(pair * Dimension, Dimension).ToArray().Sum(value => value * value));
            if (!double.IsFinite(length)) { throw new UsageException($"The features of state {pair / kernel.ActionCount}, action {pair % kernel.ActionCount} are not finite numbers."); }
            longest = Math.Max(longest, length);
        }
        if (longest > 1 + Tolerance && !rescale) { throw new UsageException($"The longest features have length {longest}; it must be at most 1. Ask to rescale, or divide all features by it."); }
        (Kernel, Reward) = (kernel, reward);
        this.features = longest > 1 + Tolerance ? [.. features.Select(value => value / longest)] : features;
    }

    /// <summary>Where actions lead.</summary>
    public TransitionKernel Kernel { get; }

    /// <summary>Length of the features, d.</summary>
    public int Dimension { get; }

    /// <summary>theta, [d].</summary>
    public IReadOnlyList<double> Reward { get; }

    /// <summary>Reads features <c>phi</c> [S, A, d] of a <c>.npz</c> archive, for a process of one's own.</summary>
    /// <exception cref="UsageException">The array is missing or has another shape.</exception>
    public static double[] ReadFeatures(string path, int states, int actions)
    {
        var array = NumpyArchive.Require(path, "phi");
        if (array.Shape is not [var s, var a, _] || s != states || a != actions) { throw new UsageException($"{path}: phi has the shape ({string.Join(", ", array.Shape)}); it must be [{states}, {actions}, d]."); }
        return array.Values;
    }

    /// <summary>phi(s,a), [d].</summary>
    public ReadOnlySpan<double> Features(int state, int action) => features.AsSpan((state * Kernel.ActionCount + action) * Dimension, Dimension);

    /// <summary>r(s,a) = phi(s,a) . theta.</summary>
    public double RewardOf(int state, int action)
    {
        var row = Features(state, action);
        var sum = 0.0;
        for (var i = 0; i < row.Length; i++) { sum += row[i] * Reward[i]; }
        return sum;
    }
}

/// <summary>
/// Random linear processes whose features lie on the simplex: phi(s,a) and mu_i are Dirichlet draws (0.3), so that each step mixes d
/// successor distributions; rewards are uniform weights times a scale.
/// </summary>
public static class SimplexLinearMdp
{
    /// <summary>Largest reward of a step.</summary>
    public const double Scale = 4;

    private const double Concentration = 0.3;

    /// <summary>Draws a process.</summary>
    /// <param name="random">The stream it is drawn from.</param>
    /// <param name="states">S.</param>
    /// <param name="actions">A.</param>
    /// <param name="dimension">d.</param>
    public static LinearMdp Create(RandomStream random, int states = 8, int actions = 4, int dimension = 5)
    {
        var features = Draws(states * actions, dimension, random.Child("features"));
        var successors = Draws(dimension, states, random.Child("successors"));
        var probabilities = new double[states * actions * states];
        for (var i = 0; i < probabilities.Length; i++)
        {
            // P(s'|s,a) = sum_i phi_i(s,a) mu_i(s')
            for (var index = 0; index < dimension; index++) { probabilities[i] += features[i / states * dimension + index] * successors[index * states + i % states]; }
        }
        var rewards = random.Child("rewards");
        return new LinearMdp(new TransitionKernel(states, actions, probabilities), features, [.. Enumerable.Range(0, dimension).Select(_ => Scale * rewards.NextDouble())]);
    }

    private static double[] Draws(int rows, int width, RandomStream random)
    {
        double[] concentrations = [.. Enumerable.Repeat(Concentration, width)];
        var draws = new double[rows * width];
        for (var row = 0; row < rows; row++) { random.NextDirichlet(concentrations, draws.AsSpan(row * width, width)); }
        return draws;
    }
}
