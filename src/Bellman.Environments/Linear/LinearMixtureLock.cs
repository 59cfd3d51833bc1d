namespace Bellman.Environments.Linear;

/// <summary>
/// A combination lock as a linear mixture process: a chain of five states that only the right actions lead through, then a door E behind
/// which one of two absorbing states, G or F, waits, with a probability that the parameter's last three entries decide. Random play enters
/// E once in 32 tries, and only there is anything to be learned.
/// </summary>
public static class LinearMixtureLock
{
    /// <summary>Length of the chain.</summary>
    public const int Length = 5;

    /// <summary>The door.</summary>
    public const int Door = Length;

    /// <summary>One absorbing state.</summary>
    public const int Good = Length + 1;

    /// <summary>The other.</summary>
    public const int Fail = Length + 2;

    /// <summary>Number of states.</summary>
    public const int States = Length + 3;

    /// <summary>Number of actions: three signs.</summary>
    public const int Actions = 8;

    /// <summary>Base kernels.</summary>
    public const int Dimension = 4;

    /// <summary>A bound on the parameter's length, B.</summary>
    public const double Bound = 2;

    private const double Slope = 0.12;

    /// <summary>The model, the same for every parameter.</summary>
    public static LinearMixtureModel Model { get; } = new(Dimension, States, Actions, Base);

    /// <summary>The signs a_1, a_2, a_3 of an action: bit i set is +1.</summary>
    public static int Sign(int action, int index) => (action >> index & 1) == 1 ? 1 : -1;

    /// <summary>A true parameter (1, +-1, +-1, +-1).</summary>
    public static double[] DrawParameter(RandomStream random) => [1, .. Enumerable.Range(0, 3).Select(_ => random.NextBoolean() ? 1.0 : -1.0)];

    private static double Base(int index, int state, int action, int next)
    {
        // phi_i(G|E,a) = 0.12 a_i, phi_i(F|E,a) = -0.12 a_i
        if (index > 0) { return state != Door ? 0 : next == Good ? Slope * Sign(action, index - 1) : next == Fail ? -Slope * Sign(action, index - 1) : 0; }
        if (state == Door) { return next is Good or Fail ? 0.5 : 0; }
        if (state > Door) { return next == state ? 1 : 0; }
        var right = Sign(action, 0) * (state % 2 == 0 ? 1 : -1) > 0;
        return next == (right ? state + 1 : 0) ? 1 : 0;
    }
}

/// <summary>
/// The instance behind the paper's lower bound (Zhang et al. 2023): from x1 an action in {-1, 1}^(d-1) leads to x3 with probability
/// delta_0 + mu . a and to x2 otherwise, both absorbing; only x3 pays. mu has entries +-Delta, which K episodes can hardly tell apart.
/// </summary>
public static class LowerBoundInstance
{
    /// <summary>delta_0.</summary>
    public const double Centre = 1.0 / 6;

    /// <summary>Delta = sqrt(delta_0 / K) / (4 sqrt 2).</summary>
    public static double Spread(int episodes) => Math.Sqrt(Centre / episodes) / (4 * Math.Sqrt(2));

    /// <summary>The instance as a linear mixture model with theta = (1, mu / Delta).</summary>
    /// <param name="dimension">d, 2 to 17; there are 2^(d-1) actions.</param>
    /// <param name="episodes">K, at least 1: for how many episodes it is hard.</param>
    /// <exception cref="UsageException">The dimension or the number of episodes is out of range.</exception>
    public static LinearMixtureModel Create(int dimension, int episodes)
    {
        if (dimension is < 2 or > 17) { throw new UsageException($"The dimension is {dimension}; it must be from 2 to 17, for there are 2^(d-1) actions."); }
        if (episodes < 1) { throw new UsageException($"The number of episodes is {episodes}; it must be 1 or more."); }
        var spread = Spread(episodes);
        return new LinearMixtureModel(dimension, 3, 1 << dimension - 1, (index, state, action, next) =>
        {
            if (state > 0) { return index == 0 && next == state ? 1 : 0; }
            if (index == 0) { return next switch { 2 => Centre, 1 => 1 - Centre, _ => 0 }; }
            var signed = spread * ((action >> index - 1 & 1) == 1 ? 1 : -1);
            return next switch { 2 => signed, 1 => -signed, _ => 0 };
        });
    }
}
