using System.Globalization;
using System.Text;
using Bellman.Mujoco.Rendering;

namespace Bellman.Mujoco;

/// <summary>
/// <c>PointMaze-v0</c>, <c>PointMazeMedium-v0</c>, <c>PointMazeLarge-v0</c>: push a ball through a maze of cells of 1 m to a goal; start and goal
/// are drawn anew in every episode. Observation: position and velocity [x, y, xDot, yDot], the achieved goal (the position) and the
/// desired one; actions in [-1, 1], 10 N each on 1 kg, where friction lets it reach 5 m/s. The goal is reached within 0.45 m.
/// </summary>
public sealed class PointMaze : MujocoEnvironment, IGoalEnvironment
{
    /// <summary>Distance from the goal's middle, in metres, at which it is reached.</summary>
    public const double GoalRadius = 0.45;

    /// <summary>How far, in metres, starts and goals may lie from the middle of their cell.</summary>
    public const double PlaceNoise = 0.25;

    private readonly MazeMap map;
    private readonly PointMazeOptions options;
    private readonly float[] achieved = new float[2];
    private readonly float[] desired = new float[2];

    /// <summary>The U-shaped maze.</summary>
    public PointMaze() : this(MazeMap.U, new PointMazeOptions()) { }

    /// <summary>A maze of your own.</summary>
    /// <exception cref="UsageException">An option is not valid.</exception>
    public PointMaze(MazeMap map, PointMazeOptions options)
        : base(MujocoModel.Shared(map.Mjcf()), 2, GoalLayout.Space(Unbounded(4), Unbounded(2)), new MujocoView(true, 0, 0, Math.Max(map.Width, map.Height), 400, 400))
    {
        this.map = map;
        this.options = OptionSet.Validated(options, "PointMaze");
    }

    private Span<double> Goal => Simulation.MocapPosition(0);

    /// <summary>1 or exp(-d) by distance d; the episode ends at the goal unless it continues.</summary>
    public StepResult Judge(ReadOnlySpan<float> achieved, ReadOnlySpan<float> desired)
    {
        var (dx, dy) = ((double)achieved[0] - desired[0], (double)achieved[1] - desired[1]);
        var distance = Math.Sqrt(dx * dx + dy * dy);
        var reached = distance <= GoalRadius;
        var reward = options.Reward == MazeReward.Dense ? Math.Exp(-distance) : reached ? 1 : 0;
        return new StepResult(reward, Terminated: reached && !options.Continuing);
    }

    /// <inheritdoc/>
    protected override void Begin(RandomStream random)
    {
        var start = random.NextInt32(map.Free.Count);
        var goal = random.NextInt32(map.Free.Count - 1);
        Place(Positions, map.Free[start], random);
        // Another cell than the start's, so that there is a way to go.
        Place(Goal, map.Free[goal < start ? goal : goal + 1], random);
    }

    /// <inheritdoc/>
    protected override void Observe(Span<float> observation)
    {
        (observation[0], observation[1]) = ((float)Positions[0], (float)Positions[1]);
        (observation[2], observation[3]) = ((float)Velocities[0], (float)Velocities[1]);
        (observation[4], observation[5]) = (observation[0], observation[1]);
        (observation[6], observation[7]) = ((float)Goal[0], (float)Goal[1]);
    }

    /// <inheritdoc/>
    protected override StepResult Act(ReadOnlySpan<float> action, RandomStream random)
    {
        Advance();
        (achieved[0], achieved[1]) = ((float)Positions[0], (float)Positions[1]);
        (desired[0], desired[1]) = ((float)Goal[0], (float)Goal[1]);
        return Judge(achieved, desired);
    }

    private static void Place(Span<double> place, (double X, double Y) cell, RandomStream random)
    {
        place[0] = cell.X + random.NextUniform(-PlaceNoise, PlaceNoise);
        place[1] = cell.Y + random.NextUniform(-PlaceNoise, PlaceNoise);
    }
}

/// <summary>A maze as rows of text from the top: '#' is a wall, '.' is free. Cells are 1 m; the middle of the map is the origin.</summary>
public sealed class MazeMap
{
    private readonly string[] rows;

    /// <summary>A map.</summary>
    /// <exception cref="UsageException">Rows differ in length, hold other signs, leave the border open or fewer than two cells free.</exception>
    public MazeMap(params string[] rows)
    {
        if (rows.Length < 3 || rows.Any(row => row.Length != rows[0].Length || row.Length < 3 || row.Any(cell => cell is not ('#' or '.'))))
        {
            throw new UsageException("A maze is at least 3 rows of one length, at least 3, of '#' (wall) and '.' (free).");
        }
        if (rows[0].Contains('.') || rows[^1].Contains('.') || rows.Any(row => row[0] == '.' || row[^1] == '.'))
        {
            throw new UsageException("A maze's border must be walls ('#'), or the ball could leave it.");
        }
        this.rows = [.. rows];
        Free = [.. Cells('.')];
        if (Free.Count < 2) { throw new UsageException("A maze needs at least two free cells ('.'): one for the start and one for the goal."); }
    }

    /// <summary>A corridor that turns back.</summary>
    public static MazeMap U { get; } = new("#####", "#...#", "###.#", "#...#", "#####");

    /// <summary>8 x 8 with four rooms' worth of walls.</summary>
    public static MazeMap Medium { get; } = new("########", "#..##..#", "#..#...#", "##...###", "#..#...#", "#.#..#.#", "#...#..#", "########");

    /// <summary>9 x 12 with many detours.</summary>
    public static MazeMap Large { get; } = new(
        "############", "#....#.....#", "#.##.#.#.#.#", "#......#...#", "#.####.###.#", "#..#.#.....#", "##.#.#.#.###", "#..#...#...#", "############");

    /// <summary>Metres across.</summary>
    public int Width => rows[0].Length;

    /// <summary>Metres from top to bottom.</summary>
    public int Height => rows.Length;

    /// <summary>Middles of the free cells, from the top left.</summary>
    public IReadOnlyList<(double X, double Y)> Free { get; }

    /// <summary>The model with this map's walls.</summary>
    internal string Mjcf()
    {
        var walls = new StringBuilder();
        foreach (var (x, y) in Cells('#')) { walls.Append(CultureInfo.InvariantCulture, $"""<geom class="wall" pos="{x} {y} 0" size="0.5 0.5 0.2"/>"""); }
        string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
        return MujocoModel.Text("PointMaze")
            .Replace("WALLS", walls.ToString(), StringComparison.Ordinal)
            .Replace("CAMERA", Number(1.27 * Math.Max(Width, Height)), StringComparison.Ordinal)
            .Replace("HALFWIDTH", Number(Width / 2.0), StringComparison.Ordinal)
            .Replace("HALFHEIGHT", Number(Height / 2.0), StringComparison.Ordinal);
    }

    private IEnumerable<(double X, double Y)> Cells(char kind)
    {
        for (var row = 0; row < rows.Length; row++)
        {
            for (var column = 0; column < rows[row].Length; column++)
            {
                if (rows[row][column] == kind) { yield return (column + 0.5 - rows[row].Length / 2.0, rows.Length / 2.0 - row - 0.5); }
            }
        }
    }
}
