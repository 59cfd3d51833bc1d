using Bellman.Environments.MiniGrid;

namespace Bellman.Tests.Environments.MiniGrid;

/// <summary>An environment on a drawn map, played by naming actions.</summary>
internal sealed class GridPlay
{
    private readonly RandomStream random = RandomStream.Create(9);
    private readonly float[] observation;

    public GridPlay(MiniGridEnvironment environment)
    {
        Environment = environment;
        observation = new float[environment.ObservationSpace.Size];
        environment.Reset(random, observation);
    }

    public GridPlay(string map) : this(new MiniGridMap(map)) { }

    public GridPlay(MiniGridMap map) : this(new MiniGridEnvironment(map)) { }

    public MiniGridEnvironment Environment { get; }

    public MiniGridWorld World => Environment.World;

    public GridCell Front => FrontOf(World);

    public static GridCell FrontOf(MiniGridWorld world)
    {
        var (dx, dy) = world.Heading switch { 0 => (1, 0), 1 => (0, 1), 2 => (-1, 0), _ => (0, -1) };
        return world[world.AgentX + dx, world.AgentY + dy];
    }

    public StepResult Do(params GridAction[] actions)
    {
        var result = default(StepResult);
        foreach (var action in actions) { result = Environment.Step([(float)action], random, observation); }
        return result;
    }

    /// <summary>The view as seven lines of seven letters: ? unseen, . empty, # wall, else the kind's first letter (A for a ball).</summary>
    public string View => string.Join('\n', Enumerable.Range(0, 7).Select(row => string.Concat(Enumerable.Range(0, 7).Select(column => Letter((int)observation[(row * 7 + column) * 3])))));

    public float[] Image => observation[..147];

    private static char Letter(int kind) => "?.#FDKABGL"[kind];
}
