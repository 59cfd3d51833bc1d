namespace Bellman.Environments.MiniGrid;

/// <summary>The MiniGrid levels, by the ids of the Python package.</summary>
public static class MiniGridEnvironments
{
    private static readonly GridLevel[] Levels =
    [
        new EmptyLevel("MiniGrid-Empty-5x5-v0", 5, randomStart: false),
        new EmptyLevel("MiniGrid-Empty-Random-5x5-v0", 5, randomStart: true),
        new EmptyLevel("MiniGrid-Empty-6x6-v0", 6, randomStart: false),
        new EmptyLevel("MiniGrid-Empty-Random-6x6-v0", 6, randomStart: true),
        new EmptyLevel("MiniGrid-Empty-8x8-v0", 8, randomStart: false),
        new EmptyLevel("MiniGrid-Empty-16x16-v0", 16, randomStart: false),
        new FourRoomsLevel("MiniGrid-FourRooms-v0"),
        new DoorKeyLevel("MiniGrid-DoorKey-5x5-v0", 5),
        new DoorKeyLevel("MiniGrid-DoorKey-6x6-v0", 6),
        new DoorKeyLevel("MiniGrid-DoorKey-8x8-v0", 8),
        new DoorKeyLevel("MiniGrid-DoorKey-16x16-v0", 16),
        new TwoRoomsLevel("MiniGrid-Unlock-v0", "Fetch the key and open the locked door.", 288, new TwoRooms()),
        new TwoRoomsLevel("MiniGrid-UnlockPickup-v0", "Unlock the door and pick up the box behind it.", 288, new TwoRooms(GridKind.Box)),
        new TwoRoomsLevel("MiniGrid-BlockedUnlockPickup-v0", "Clear the ball before the door, unlock it, pick up the box behind it.", 576, new TwoRooms(GridKind.Box, Blocked: true)),
        new KeyCorridorLevel("MiniGrid-KeyCorridorS3R1-v0", 3, 1),
        new KeyCorridorLevel("MiniGrid-KeyCorridorS3R2-v0", 3, 2),
        new KeyCorridorLevel("MiniGrid-KeyCorridorS3R3-v0", 3, 3),
        new KeyCorridorLevel("MiniGrid-KeyCorridorS4R3-v0", 4, 3),
        new KeyCorridorLevel("MiniGrid-KeyCorridorS5R3-v0", 5, 3),
        new KeyCorridorLevel("MiniGrid-KeyCorridorS6R3-v0", 6, 3),
        new MultiRoomLevel("MiniGrid-MultiRoom-N2-S4-v0", 2, 4),
        // The package's own v0 has six rooms, against its name; papers report on it. v1 has four.
        new MultiRoomLevel("MiniGrid-MultiRoom-N4-S5-v0", 6, 5),
        new MultiRoomLevel("MiniGrid-MultiRoom-N4-S5-v1", 4, 5),
        new MultiRoomLevel("MiniGrid-MultiRoom-N6-v0", 6, 10),
        new TwoRoomsLevel("MiniGrid-ObstructedMaze-1Dl-v0", "Fetch the ball behind a locked door.", 288, Maze(keyInBox: false, blocked: false)),
        new TwoRoomsLevel("MiniGrid-ObstructedMaze-1Dlh-v0", "Fetch the ball behind a locked door; the key is in a box.", 288, Maze(keyInBox: true, blocked: false)),
        new TwoRoomsLevel("MiniGrid-ObstructedMaze-1Dlhb-v0", "Fetch the ball behind a locked and blocked door; the key is in a box.", 288, Maze(keyInBox: true, blocked: true)),
        new LavaGapLevel("MiniGrid-LavaGapS5-v0", 5),
        new LavaGapLevel("MiniGrid-LavaGapS6-v0", 6),
        new LavaGapLevel("MiniGrid-LavaGapS7-v0", 7),
        new DynamicObstaclesLevel("MiniGrid-Dynamic-Obstacles-5x5-v0", 5, 2),
        new DynamicObstaclesLevel("MiniGrid-Dynamic-Obstacles-Random-5x5-v0", 5, 2, randomStart: true),
        new DynamicObstaclesLevel("MiniGrid-Dynamic-Obstacles-6x6-v0", 6, 3),
        new DynamicObstaclesLevel("MiniGrid-Dynamic-Obstacles-Random-6x6-v0", 6, 3, randomStart: true),
        new DynamicObstaclesLevel("MiniGrid-Dynamic-Obstacles-8x8-v0", 8, 4),
        new DynamicObstaclesLevel("MiniGrid-Dynamic-Obstacles-16x16-v0", 16, 8),
        new MemoryLevel("MiniGrid-MemoryS7-v0", 7),
        new MemoryLevel("MiniGrid-MemoryS9-v0", 9),
        new MemoryLevel("MiniGrid-MemoryS11-v0", 11),
        new MemoryLevel("MiniGrid-MemoryS13-v0", 13),
        new MemoryLevel("MiniGrid-MemoryS13Random-v0", 13, randomLength: true),
        new MemoryLevel("MiniGrid-MemoryS17Random-v0", 17, randomLength: true),
        new RedBlueDoorsLevel("MiniGrid-RedBlueDoors-6x6-v0", 6),
        new RedBlueDoorsLevel("MiniGrid-RedBlueDoors-8x8-v0", 8),
    ];

    /// <summary>Every level's id.</summary>
    public static IReadOnlyList<string> Ids { get; } = Array.ConvertAll(Levels, level => level.Id);

    /// <summary>Adds every level to a registry, each with its batched form.</summary>
    public static void Register(EnvironmentRegistry registry)
    {
        foreach (var level in Levels)
        {
            registry.Register(new EnvironmentRegistration(level.Id, level.Summary, arguments => new MiniGridEnvironment(level, arguments.Bind<MiniGridOptions>()))
            {
                // The environment truncates itself, since its reward depends on the limit; listings show it from here.
                TimeLimit = level.MaximumSteps,
                Options = typeof(MiniGridOptions),
                CreateBatch = request => new MiniGridVectorEnvironment(level, request.Arguments.Bind<MiniGridOptions>(), request.Copies),
            });
        }
    }

    /// <summary>One copy of a level, unwrapped.</summary>
    /// <exception cref="UsageException">There is no such level.</exception>
    public static MiniGridEnvironment Make(string id, MiniGridOptions? options = null) => new(Find(id), options ?? new MiniGridOptions());

    /// <summary>Copies of a level that step together.</summary>
    /// <exception cref="UsageException">There is no such level.</exception>
    public static MiniGridVectorEnvironment MakeVector(string id, int copies, MiniGridOptions? options = null) => new(Find(id), options ?? new MiniGridOptions(), copies);

    private static GridLevel Find(string id) =>
        Array.Find(Levels, level => level.Id.Equals(id, StringComparison.OrdinalIgnoreCase))
        ?? throw NearNames.Unknown("MiniGrid level", id, Ids, "'bellman envs' lists all of them.");

    private static TwoRooms Maze(bool keyInBox, bool blocked) => new(GridKind.Ball, GridColour.Blue, keyInBox, blocked);
}
