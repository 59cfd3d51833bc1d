namespace Bellman.Environments.MiniGrid;

/// <summary>
/// Many copies of a MiniGrid level in flat arrays, stepped in one loop without a call through an interface. Copy by
/// copy it does what <see cref="MiniGridEnvironment"/> does with the same streams.
/// </summary>
public sealed class MiniGridVectorEnvironment : VectorEnvironment
{
    private readonly GridLevel level;
    private readonly GridMemory memory;
    private readonly GridObservation view;
    private readonly RandomStream[] streams;

    internal MiniGridVectorEnvironment(GridLevel level, MiniGridOptions options, int copies)
        : this(level, new GridObservation(level, options), copies) { }

    private MiniGridVectorEnvironment(GridLevel level, GridObservation view, int copies)
        : base(view.Space, new Discrete(level.Actions), copies)
    {
        this.level = level;
        this.view = view;
        memory = new GridMemory(level, copies);
        streams = new RandomStream[copies];
        SeedStreams(RandomStream.Create(0));
    }

    /// <summary>The level's id.</summary>
    public string Id => level.Id;

    /// <summary>Steps after which an episode is truncated, T_max.</summary>
    public int MaximumSteps => level.MaximumSteps;

    /// <summary>The map and the agent of one copy as they are now; valid until the next step.</summary>
    public MiniGridWorld World(int copy)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(copy);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(copy, Count);
        return memory.World(copy);
    }

    /// <summary>The instruction of one copy's episode.</summary>
    public string Mission(int copy) => level.Mission(World(copy));

    /// <inheritdoc/>
    protected override void ResetAll(RandomStream random)
    {
        SeedStreams(random);
        for (var i = 0; i < Count; i++)
        {
            var world = memory.World(i);
            level.Begin(world, streams[i]);
            view.Write(world, Observation(i));
        }
    }

    /// <inheritdoc/>
    public override void Step()
    {
        for (var i = 0; i < Count; i++)
        {
            var world = memory.World(i);
            if (world.AgentX < 0) { throw new BellmanException($"{Id} was stepped before a reset. Call Reset first."); }
            var action = Actions[i];
            if (!((uint)(int)action < (uint)level.Actions && action == (int)action))
            {
                throw new BellmanException($"The action {action} of copy {i} is outside the action space of {Id}. Valid actions: {ActionSpace}.");
            }
            var result = GridRules.Step(world, level, (GridAction)action, streams[i]);
            Record(i, result.Reward, result.Terminated, result.Truncated);
            if (result.Done)
            {
                view.Write(world, FinalObservation(i));
                level.Begin(world, streams[i]);
            }
            view.Write(world, Observation(i));
        }
    }

    /// <inheritdoc/>
    public override void Exchange(StateExchange state)
    {
        base.Exchange(state);
        state.Part("grid", memory);
        for (var i = 0; i < Count; i++) { state.Part($"stream{i}", streams[i]); }
    }

    private void SeedStreams(RandomStream random)
    {
        for (var i = 0; i < streams.Length; i++) { streams[i] = random.Child("environment", i); }
    }
}
