namespace Bellman.Environments.MiniGrid;

/// <summary>
/// MiniGrid (Chevalier-Boisvert et al. 2023): an agent that sees 7 x 7 cells in front of it opens doors, carries keys,
/// balls and boxes and finds goals on small maps that are drawn anew each episode. Success pays 1 - 0.9 t / T_max.
/// </summary>
/// <remarks>
/// Ids, rules, maps' distributions and step limits are those of the Python package; the maps of a seed are not. An
/// observation is "image" [7, 7, 3], row by row from the farthest with the agent at the bottom centre looking up (the
/// package's array has columns first), then "direction", the heading one-hot. See <see cref="MiniGridOptions"/> for others.
/// </remarks>
public sealed class MiniGridEnvironment : IEnvironment, IRenderable
{
    private readonly GridLevel level;
    private readonly GridMemory memory;
    private readonly GridObservation view;

    internal MiniGridEnvironment(GridLevel level, MiniGridOptions options)
    {
        this.level = level;
        memory = new GridMemory(level, 1);
        view = new GridObservation(level, options);
        ActionSpace = new Discrete(level.Actions);
    }

    /// <summary>An environment with one fixed map of your own.</summary>
    /// <exception cref="UsageException">The map is malformed.</exception>
    public MiniGridEnvironment(MiniGridMap map, MiniGridOptions? options = null) : this(new MapLevel(map), options ?? new MiniGridOptions()) { }

    /// <inheritdoc/>
    public Space ObservationSpace => view.Space;

    /// <summary><see cref="GridAction"/>; the first three of them where obstacles move.</summary>
    public Space ActionSpace { get; }

    /// <summary>The level's id.</summary>
    public string Id => level.Id;

    /// <summary>The map and the agent as they are now; valid until the next step.</summary>
    public MiniGridWorld World => memory.World(0);

    /// <summary>The episode's instruction in words, e.g. "pick up the blue ball".</summary>
    public string Mission => level.Mission(World);

    /// <summary>Steps after which an episode is truncated, T_max.</summary>
    public int MaximumSteps => level.MaximumSteps;

    /// <inheritdoc/>
    public void Reset(RandomStream random, Span<float> observation)
    {
        level.Begin(World, random);
        view.Write(World, observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        var world = World;
        if (world.AgentX < 0) { throw new BellmanException($"{Id} was stepped before a reset. Call Reset first."); }
        var result = GridRules.Step(world, level, (GridAction)action[0], random);
        view.Write(world, observation);
        return result;
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Part("grid", memory);

    /// <inheritdoc/>
    public string RenderText() => MiniGridText.Render(World, Mission);

    /// <inheritdoc/>
    public RgbImage RenderImage() => MiniGridPicture.Render(World, level.SeesThroughWalls, Mission, MaximumSteps);
}
