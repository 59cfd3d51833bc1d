namespace Bellman.Environments.Dots;

/// <summary>
/// <c>DotReach-v0</c>: bring a bright disc over a disc of half its brightness, seen from pixels alone. Both start anywhere in the unit square;
/// a in [-1, 1]^2 moves the bright one by 0.06 a; a step that ends nearer than 0.1 is worth 1. It never terminates.
/// </summary>
public sealed class DotReach : IEnvironment, IRenderable
{
    private readonly DotReachOptions options;
    private readonly double[] agent = [0.5, 0.5];
    private readonly double[] goal = [0.5, 0.5];

    /// <summary>A task as described by <paramref name="options"/>.</summary>
    /// <exception cref="UsageException">An option is out of range.</exception>
    public DotReach(DotReachOptions options)
    {
        this.options = OptionSet.Validated(options, "DotReach");
        var pixels = options.Side * options.Side;
        ObservationSpace = new Box(new float[pixels], [.. Enumerable.Repeat(1f, pixels)], options.Side, options.Side, 1);
    }

    /// <summary>A grey picture [side, side, 1] of brightness 0 to 1.</summary>
    public Space ObservationSpace { get; }

    /// <summary>The move.</summary>
    public Space ActionSpace { get; } = new Box(-1, 1, 2);

    /// <summary>The bright disc's middle, [2].</summary>
    public ReadOnlySpan<double> Agent => agent;

    /// <summary>The other's.</summary>
    public ReadOnlySpan<double> Goal => goal;

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        for (var i = 0; i < 2; i++) { (agent[i], goal[i]) = (random.NextDouble(), random.NextDouble()); }
        Draw(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        for (var i = 0; i < 2; i++) { agent[i] = Math.Clamp(agent[i] + options.Stride * action[i], 0, 1); }
        Draw(observation);
        var (dx, dy) = (agent[0] - goal[0], agent[1] - goal[1]);
        return new StepResult(Math.Sqrt(dx * dx + dy * dy) < options.Reach ? 1 : 0);
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Array<double>(nameof(agent), agent);
        state.Array<double>(nameof(goal), goal);
        foreach (var coordinate in agent.Concat(goal)) { RestoredState.RequireWithin(state, "position", coordinate, 0, 1); }
    }

    /// <inheritdoc/>
    public string RenderText() => $"dot at {agent[0]:0.000}, {agent[1]:0.000}; goal at {goal[0]:0.000}, {goal[1]:0.000}\n";

    /// <inheritdoc/>
    public RgbImage RenderImage()
    {
        const int Size = 300;
        var canvas = new Canvas(Size, Size, Palette.Background);
        canvas.Disc(goal[0] * Size, goal[1] * Size, options.Radius / options.Side * Size, Palette.Sky);
        canvas.Ring(goal[0] * Size, goal[1] * Size, options.Reach * Size, 2, Palette.Green);
        canvas.Disc(agent[0] * Size, agent[1] * Size, options.Radius / options.Side * Size, Palette.Red);
        return canvas.Image;
    }

    /// <summary>Discs with soft edges: their places can be read finer than a pixel. The middles stay a radius inside the picture.</summary>
    private void Draw(Span<float> observation)
    {
        observation.Clear();
        Disc(observation, goal, 0.5f);
        Disc(observation, agent, 1);
    }

    private void Disc(Span<float> picture, double[] middle, float brightness)
    {
        var (side, radius) = (options.Side, options.Radius);
        var (x, y) = (radius + middle[0] * (side - 2 * radius), radius + middle[1] * (side - 2 * radius));
        var (left, right) = (Math.Max(0, (int)(x - radius - 1)), Math.Min(side - 1, (int)(x + radius + 1)));
        for (var row = Math.Max(0, (int)(y - radius - 1)); row <= Math.Min(side - 1, (int)(y + radius + 1)); row++)
        {
            for (var column = left; column <= right; column++)
            {
                var distance = Math.Sqrt((column + 0.5 - x) * (column + 0.5 - x) + (row + 0.5 - y) * (row + 0.5 - y));
                var coverage = (float)Math.Clamp(radius + 0.5 - distance, 0, 1);
                ref var pixel = ref picture[row * side + column];
                pixel += coverage * (brightness - pixel);
            }
        }
    }
}
