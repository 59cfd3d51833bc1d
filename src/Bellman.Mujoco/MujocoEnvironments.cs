namespace Bellman.Mujoco;

/// <summary>The tasks on MuJoCo, by name.</summary>
public static class MujocoEnvironments
{
    /// <summary>Their ids, also where MuJoCo is not installed.</summary>
    public static IReadOnlyList<string> Ids { get; } = [.. All().Select(registration => registration.Id)];

    /// <summary>
    /// Adds all of them. Nothing of MuJoCo is needed for that; making one without the library says what to install.
    /// </summary>
    public static void Register(EnvironmentRegistry registry)
    {
        foreach (var registration in All()) { registry.Register(registration); }
    }

    private static IEnumerable<EnvironmentRegistration> All() =>
    [
        Task("InvertedPendulum-v0", "Keep a pole upright on a cart with a motor; MuJoCo.", 1000, _ => new InvertedPendulum(), solved: 950),
        Task("Reacher-v0", "Bring the tip of an arm of two links to a target; MuJoCo.", 50, _ => new Reacher()),
        Task("HalfCheetah-v0", "Run ahead on two legs of three segments; MuJoCo.", 1000, arguments => new HalfCheetah(arguments.Bind<HalfCheetahOptions>()), typeof(HalfCheetahOptions)),
        Task("Hopper-v0", "Hop ahead on one leg without falling; MuJoCo.", 1000, arguments => new Hopper(arguments.Bind<LeggedOptions>()), typeof(LeggedOptions)),
        Task("Walker2d-v0", "Walk ahead on two legs without falling; MuJoCo.", 1000, arguments => new Walker2d(arguments.Bind<LeggedOptions>()), typeof(LeggedOptions)),
        Maze("PointMaze-v0", "Push a ball through a U-shaped maze to a goal; MuJoCo.", 300, MazeMap.U),
        Maze("PointMazeMedium-v0", "Push a ball through a maze of 8 x 8 cells to a goal; MuJoCo.", 600, MazeMap.Medium),
        Maze("PointMazeLarge-v0", "Push a ball through a maze of 9 x 12 cells to a goal; MuJoCo.", 800, MazeMap.Large),
        Task("PlanarPeg-v0", "Bring the peg in an arm's hand into a slot; MuJoCo.", 200, _ => new PlanarPeg()),
    ];

    private static EnvironmentRegistration Maze(string id, string summary, int timeLimit, MazeMap map) =>
        Task(id, summary, timeLimit, arguments => new PointMaze(map, arguments.Bind<PointMazeOptions>()), typeof(PointMazeOptions));

    private static EnvironmentRegistration Task(string id, string summary, int timeLimit, Func<EnvironmentArguments, MujocoEnvironment> create, Type? options = null, double? solved = null) =>
        new(id, summary, create)
        {
            TimeLimit = timeLimit,
            SolvedReturn = solved,
            Options = options,
            CreateBatch = request => new MujocoVectorEnvironment(
                id, timeLimit, [.. Enumerable.Range(0, request.Copies).Select(_ => create(request.Arguments))], request.Threads),
        };
}
