namespace Bellman.Environments.MiniGrid;

/// <summary>What ends an episode besides the goal, lava and the step limit.</summary>
internal enum GridTask
{
    /// <summary>Nothing: reach the goal.</summary>
    ReachGoal,

    /// <summary>Pick up the object with the target's code.</summary>
    PickUpTarget,

    /// <summary>Open the door on the target cell.</summary>
    OpenTarget,

    /// <summary>Open the door on the target cell, after that on the decoy cell; the wrong order fails.</summary>
    OpenDecoyThenTarget,

    /// <summary>Stand on the target cell; standing on the decoy cell fails. Objects cannot be picked up.</summary>
    StandOnTarget,

    /// <summary>Reach the goal among moving balls; walking into anything else costs 1 and fails.</summary>
    AvoidObstacles,
}

/// <summary>
/// A level: how its maps are drawn and what its task is. It holds no episode's state, so that all copies share one.
/// </summary>
internal abstract class GridLevel(string id, string summary, int width, int height, int maximumSteps, GridTask task = GridTask.ReachGoal)
{
    public string Id { get; } = id;

    public string Summary { get; } = summary;

    public int Width { get; } = width;

    public int Height { get; } = height;

    public int MaximumSteps { get; } = maximumSteps;

    public GridTask Task { get; } = task;

    /// <summary>Moving obstacles.</summary>
    public virtual int Obstacles => 0;

    /// <summary>The first so many of <see cref="GridAction"/> are available.</summary>
    public virtual int Actions => 7;

    public virtual bool SeesThroughWalls => false;

    /// <summary>Draws a new map onto a cleared world: objects, agent and target.</summary>
    public abstract void Generate(MiniGridWorld world, RandomStream random);

    /// <summary>The episode's instruction.</summary>
    public abstract string Mission(MiniGridWorld world);

    public void Begin(MiniGridWorld world, RandomStream random)
    {
        world.Clear();
        Generate(world, random);
    }

    /// <summary>A square map walled in, with the goal in the corner at the bottom right.</summary>
    protected static void DrawSquare(MiniGridWorld world)
    {
        world.Enclose(new GridArea(0, 0, world.Width, world.Height));
        world.Set(world.Width - 2, world.Height - 2, GridCell.Goal);
    }
}

/// <summary>Missions that name an object, made once: asking for one allocates nothing.</summary>
internal static class PickUpMission
{
    private static readonly string[] Texts = Enumerable.Range(0, GridCell.Codes).Select(_ => "").ToArray();

    static PickUpMission()
    {
        foreach (var kind in new[] { GridKind.Key, GridKind.Ball, GridKind.Box })
        {
            foreach (var colour in Enum.GetValues<GridColour>())
            {
                Texts[new GridCell(kind, colour).Code] = $"pick up the {colour} {kind}".ToLowerInvariant();
            }
        }
    }

    public static string Of(MiniGridWorld world) => Texts[world.Episode.Target & (GridCell.Codes - 1)];
}
