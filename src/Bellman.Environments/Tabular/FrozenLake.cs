namespace Bellman.Environments;

/// <summary>
/// <c>FrozenLake-v1</c>: cross the ice to the goal without falling into a hole. States are cells row by row; actions
/// 0 left, 1 down, 2 right, 3 up; reward 1 at the goal, else 0. On slippery ice each of the intended direction and its
/// two sides has probability 1/3.
/// </summary>
public sealed class FrozenLake : TabularEnvironment
{
    private static readonly (int Row, int Column)[] Moves = [(0, -1), (1, 0), (0, 1), (-1, 0)];

    private readonly TileMap map;

    /// <summary>The standard 4x4 lake, slippery.</summary>
    public FrozenLake() : this(new FrozenLakeOptions()) { }

    /// <summary>A lake as described by <paramref name="options"/>.</summary>
    /// <exception cref="UsageException">The map is malformed or an option out of range.</exception>
    public FrozenLake(FrozenLakeOptions options) : this(options, Map(options.Map)) { }

    private FrozenLake(FrozenLakeOptions options, TileMap map) : base(Tabulate(options, map)) => this.map = map;

    /// <inheritdoc/>
    public override string RenderText() => map.RenderText(State);

    /// <inheritdoc/>
    public override RgbImage RenderImage()
    {
        var picture = new TilePicture(map.Rows, map.Columns, _ => Palette.Sky);
        for (var cell = 0; cell < map.Count; cell++)
        {
            if (map[cell] == 'H') { picture.Hole(cell, Palette.Blue.Mix(Palette.Dark, 0.45)); }
            if (map[cell] == 'G') { picture.Flag(cell); }
            if (map[cell] == 'S') { picture.Label(cell, "S", Palette.Grey); }
        }
        picture.Agent(State);
        return picture.Canvas.Image;
    }

    private static TileMap Map(string map) => TileMap.Parse(
        map switch
        {
            "4x4" => "SFFF/FHFH/FFFH/HFFG",
            "8x8" => "SFFFFFFF/FFFFFFFF/FFFHFFFF/FFFFFHFF/FFFHFFFF/FHHFFFHF/FHFFHFHF/FFFHFFFG",
            _ => map,
        }, "SFHG", "S start, F ice, H hole, G goal; or take one of the ready maps 4x4 and 8x8");

    private static TransitionTable Tabulate(FrozenLakeOptions options, TileMap map)
    {
        var validated = OptionSet.Validated(options, "FrozenLake");
        return new TransitionTable(Moves.Length, map.Where('S'), Outcomes);

        IEnumerable<TabularOutcome> Outcomes(int cell, int action)
        {
            if (map[cell] is 'H' or 'G') { return [new(1, cell, 0, true)]; }
            if (!validated.Slippery) { return [Towards(cell, action, 1)]; }
            var side = (1 - validated.SuccessRate) / 2;
            return [Towards(cell, (action + 3) % 4, side), Towards(cell, action, validated.SuccessRate), Towards(cell, (action + 1) % 4, side)];
        }

        TabularOutcome Towards(int cell, int direction, double probability)
        {
            var next = map.Neighbour(cell, Moves[direction].Row, Moves[direction].Column);
            return new(probability, next, map[next] == 'G' ? 1 : 0, map[next] is 'H' or 'G');
        }
    }
}
