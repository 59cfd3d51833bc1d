namespace Bellman.Environments;

/// <summary>
/// <c>GridWorld-v0</c>: a board drawn as text, with walls, goals and pits. States are cells row by row; actions 0 up,
/// 1 right, 2 down, 3 left; a move into a wall or the edge stays. The default is the 4 x 3 world of Russell and Norvig.
/// </summary>
public sealed class GridWorld : TabularEnvironment
{
    private static readonly (int Row, int Column)[] Moves = [(-1, 0), (0, 1), (1, 0), (0, -1)];

    private readonly TileMap map;

    /// <summary>The 4 x 3 world.</summary>
    public GridWorld() : this(new GridWorldOptions()) { }

    /// <summary>A world as described by <paramref name="options"/>.</summary>
    /// <exception cref="UsageException">The map is malformed or an option out of range.</exception>
    public GridWorld(GridWorldOptions options)
        : this(OptionSet.Validated(options, "GridWorld"), TileMap.Parse(options.Map, "SGP#.", "S start, G goal, P pit, # wall, . floor")) { }

    private GridWorld(GridWorldOptions options, TileMap map) : base(Tabulate(options, map)) => this.map = map;

    /// <inheritdoc/>
    public override string RenderText() => map.RenderText(State);

    /// <inheritdoc/>
    public override RgbImage RenderImage()
    {
        var picture = new TilePicture(map.Rows, map.Columns, cell => map[cell] == '#' ? Palette.Dark : Palette.Background);
        for (var cell = 0; cell < map.Count; cell++)
        {
            if (map[cell] == 'P') { picture.Hole(cell, Palette.Red); }
            if (map[cell] == 'G') { picture.Flag(cell); }
            if (map[cell] == 'S') { picture.Label(cell, "S", Palette.Grey); }
        }
        picture.Agent(State);
        return picture.Canvas.Image;
    }

    private static TransitionTable Tabulate(GridWorldOptions options, TileMap map)
    {
        return new TransitionTable(Moves.Length, map.Where('S'), Outcomes);

        IEnumerable<TabularOutcome> Outcomes(int cell, int action)
        {
            if (map[cell] is 'G' or 'P' or '#') { return [new(1, cell, 0, true)]; }
            if (options.Slip == 0) { return [Towards(cell, action, 1)]; }
            return [Towards(cell, (action + 3) % 4, options.Slip / 2), Towards(cell, action, 1 - options.Slip), Towards(cell, (action + 1) % 4, options.Slip / 2)];
        }

        TabularOutcome Towards(int cell, int direction, double probability)
        {
            var next = map.Neighbour(cell, Moves[direction].Row, Moves[direction].Column);
            return map[next] switch
            {
                'G' => new(probability, next, options.GoalReward, true),
                'P' => new(probability, next, options.PitReward, true),
                '#' => new(probability, cell, options.StepReward, false),
                _ => new(probability, next, options.StepReward, false),
            };
        }
    }
}
