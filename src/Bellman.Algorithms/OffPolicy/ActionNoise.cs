namespace Bellman.Algorithms;

/// <summary>Kinds of exploration noise.</summary>
public enum ExplorationNoise
{
    /// <summary>No noise beyond what the policy draws itself.</summary>
    None,

    /// <summary>A fresh normal draw for every step and component.</summary>
    Gaussian,

    /// <summary>A random walk pulled back to zero (Uhlenbeck and Ornstein 1930), one a copy and component.</summary>
    OrnsteinUhlenbeck,
}

/// <summary>Noise on actions in [-1, 1] while collecting; the walks' positions are part of a checkpoint.</summary>
public sealed class ActionNoise : IStateful
{
    private readonly ContinuousControlOptions options;
    private readonly int size;
    private readonly float[] walks;

    /// <summary>Noise for <paramref name="copies"/> copies and actions of <paramref name="size"/> components.</summary>
    public ActionNoise(ContinuousControlOptions options, int copies, int size)
    {
        this.options = options;
        this.size = size;
        walks = new float[options.Noise == ExplorationNoise.OrnsteinUhlenbeck ? copies * size : 0];
    }

    /// <summary>The next position of a walk: x + θ (μ - x) dt + σ sqrt(dt) n, with μ = 0 (Lillicrap et al. 2016, section 3).</summary>
    public static double Walk(double x, double reversion, double scale, double timeStep, double normal) =>
        x - reversion * x * timeStep + scale * Math.Sqrt(timeStep) * normal;

    /// <summary>Adds noise to actions [copies, size] and keeps them within [-1, 1].</summary>
    public void Disturb(Span<float> actions, RandomStream random)
    {
        for (var k = 0; k < actions.Length; k++)
        {
            var noise = options.Noise switch
            {
                ExplorationNoise.Gaussian => options.NoiseScale * random.NextGaussian(),
                ExplorationNoise.OrnsteinUhlenbeck => walks[k] = (float)Walk(walks[k], options.NoiseReversion, options.NoiseScale, options.NoiseTimeStep, random.NextGaussian()),
                _ => 0,
            };
            actions[k] = Math.Clamp((float)(actions[k] + noise), -1, 1);
        }
    }

    /// <summary>Starts a copy's walk anew: its episode ended.</summary>
    public void Reset(int copy)
    {
        if (walks.Length > 0) { walks.AsSpan(copy * size, size).Clear(); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Array<float>(nameof(walks), walks);
}
