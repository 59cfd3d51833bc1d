namespace Bellman.Environments.MiniGrid;

/// <summary>
/// A map of your own. Rows are lines; cells are words: <c>##</c> wall, <c>..</c> empty, the agent <c>&gt;&gt;</c>,
/// <c>vv</c>, <c>&lt;&lt;</c> or <c>^^</c>, <c>GG</c> goal, <c>VV</c> lava, and objects as a letter and the first of their
/// colour (r, g, b, p, y, e for grey): <c>K</c> key, <c>A</c> ball, <c>B</c> box, <c>F</c> floor, <c>O</c> open door,
/// <c>D</c> closed door, <c>L</c> locked door. A box with something inside is <c>Br(Ky)</c>.
/// </summary>
/// <param name="Cells">The rows.</param>
public sealed record MiniGridMap(string Cells)
{
    /// <summary>Steps after which an episode is truncated, at least 1.</summary>
    public int MaximumSteps { get; init; } = 100;

    /// <summary>The object whose picking up succeeds; null if only the goal does.</summary>
    public GridCell? PickUp { get; init; }

    /// <summary>Whether balls wander and walking into things fails with -1.</summary>
    public bool BallsMove { get; init; }
}

/// <summary>The level of a <see cref="MiniGridMap"/>: the same map each episode.</summary>
internal sealed class MapLevel : GridLevel
{
    private const string Headings = ">v<^";
    private const string Colours = "rgbpye";

    private readonly GridCell[,] cells;
    private readonly GridCell[,] contents;
    private readonly (int X, int Y, int Heading) agent;
    private readonly GridCell? pickUp;

    public MapLevel(MiniGridMap map) : this(map, Split(map.Cells)) { }

    private MapLevel(MiniGridMap map, string[][] words) : base(
        "MiniGridMap", "A map of the user's.", words[0].Length, words.Length, map.MaximumSteps,
        map.BallsMove ? GridTask.AvoidObstacles : map.PickUp is null ? GridTask.ReachGoal : GridTask.PickUpTarget)
    {
        if (map.MaximumSteps < 1) { throw new UsageException($"A map's MaximumSteps is {map.MaximumSteps}; it must be at least 1."); }
        pickUp = map.PickUp;
        (cells, contents) = (new GridCell[Width, Height], new GridCell[Width, Height]);
        var agents = 0;
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                var word = words[y][x];
                contents[x, y] = GridCell.Empty;
                if (word.Length == 2 && word[0] == word[1] && Headings.Contains(word[0]))
                {
                    agent = (x, y, Headings.IndexOf(word[0]));
                    cells[x, y] = GridCell.Empty;
                    agents++;
                }
                else
                {
                    cells[x, y] = Parse(word.Length > 2 ? word[..2] : word);
                    if (word.Length > 2) { contents[x, y] = Parse(word[0] == 'B' && word[2] == '(' && word[^1] == ')' ? word[3..^1] : word); }
                }
                if (map.BallsMove && cells[x, y].Kind == GridKind.Ball) { Obstacles++; }
            }
        }
        if (agents != 1) { throw new UsageException($"A map has one agent, written >>, vv, << or ^^; this one has {agents}."); }
    }

    public override int Obstacles { get; }

    public override int Actions => Task == GridTask.AvoidObstacles ? 3 : base.Actions;

    public override bool SeesThroughWalls => Task == GridTask.AvoidObstacles;

    public override void Generate(MiniGridWorld world, RandomStream random)
    {
        var obstacle = 0;
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                world.SetBox(x, y, cells[x, y], contents[x, y]);
                if (Obstacles > 0 && cells[x, y].Kind == GridKind.Ball) { world.Obstacles[obstacle++] = world.Index(x, y); }
            }
        }
        world.SetAgent(agent.X, agent.Y, agent.Heading);
        world.Episode.Target = (pickUp ?? GridCell.Empty).Code;
    }

    public override string Mission(MiniGridWorld world) => pickUp is null ? "get to the green goal square" : PickUpMission.Of(world);

    private static string[][] Split(string map)
    {
        var rows = map.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        if (rows.Length == 0 || rows.Any(row => row.Length != rows[0].Length))
        {
            throw new UsageException($"A map is a rectangle of words separated by spaces; its rows have {string.Join(", ", rows.Select(row => row.Length))} cells.");
        }
        return rows;
    }

    private static GridCell Parse(string word)
    {
        switch (word)
        {
            case "##": return GridCell.Wall;
            case "..": return GridCell.Empty;
            case "GG": return GridCell.Goal;
            case "VV": return GridCell.Lava;
        }
        var colour = word.Length == 2 ? (GridColour)Colours.IndexOf(word[1]) : (GridColour)(-1);
        if (Enum.IsDefined(colour))
        {
            switch (word[0])
            {
                case 'F': return new GridCell(GridKind.Floor, colour);
                case 'K': return GridCell.Key(colour);
                case 'A': return GridCell.Ball(colour);
                case 'B': return GridCell.Box(colour);
                case 'O': return GridCell.Door(colour, DoorState.Open);
                case 'D': return GridCell.Door(colour, DoorState.Closed);
                case 'L': return GridCell.Door(colour, DoorState.Locked);
            }
        }
        throw new UsageException(
            $"'{word}' is not a cell of a map. Write ## (wall), .. (empty), GG (goal), VV (lava), >> vv << ^^ (agent), or one of F K A B O D L " +
            "(floor, key, ball, box, open, closed, locked door) followed by a colour of r g b p y e; a box may hold one: Br(Ky).");
    }
}
