using System.ComponentModel;

namespace Bellman.Environments;

/// <summary>What varies between cliffs.</summary>
public sealed record CliffWalkingOptions
{
    /// <summary>Whether moves go astray.</summary>
    [Description("whether a move goes each way, as meant or to either side of it, with probability 1/3")]
    public bool Slippery { get; init; }
}

/// <summary>
/// <c>CliffWalking-v1</c>: walk along a cliff from the bottom left to the bottom right of a 4 x 12 board (Sutton and
/// Barto, example 6.6). Actions 0 up, 1 right, 2 down, 3 left; reward -1 a step; a step off the cliff costs 100 and
/// leads back to the start without ending the episode.
/// </summary>
public sealed class CliffWalking : TabularEnvironment
{
    private const int Columns = 12;
    private const int Start = 36;
    private const int Goal = 47;

    private static readonly TileMap Board = TileMap.Parse("oooooooooooo/oooooooooooo/oooooooooooo/SCCCCCCCCCCT", "oSCT", "o, S, C and T");
    private static readonly (int Row, int Column)[] Moves = [(-1, 0), (0, 1), (1, 0), (0, -1)];

    /// <summary>The standard cliff.</summary>
    public CliffWalking() : this(new CliffWalkingOptions()) { }

    /// <summary>A cliff as described by <paramref name="options"/>.</summary>
    public CliffWalking(CliffWalkingOptions options) : base(Tabulate(options.Slippery)) { }

    /// <inheritdoc/>
    public override string RenderText() => Board.RenderText(State);

    /// <inheritdoc/>
    public override RgbImage RenderImage()
    {
        var grass = Palette.Green.Mix(Rgb.White, 0.6);
        var picture = new TilePicture(Board.Rows, Board.Columns, cell => Board[cell] == 'C' ? Palette.Dark : (cell / Columns + cell) % 2 == 0 ? grass : grass.Mix(Rgb.White, 0.15));
        picture.Label(Start, "S", Palette.Dark);
        picture.Flag(Goal);
        picture.Agent(State);
        return picture.Canvas.Image;
    }

    private static TransitionTable Tabulate(bool slippery)
    {
        return new TransitionTable(Moves.Length, Board.Where('S'), Outcomes);

        IEnumerable<TabularOutcome> Outcomes(int cell, int action) => slippery
            ? [Towards(cell, (action + 3) % 4, 1.0 / 3), Towards(cell, action, 1.0 / 3), Towards(cell, (action + 1) % 4, 1.0 / 3)]
            : [Towards(cell, action, 1)];

        static TabularOutcome Towards(int cell, int direction, double probability)
        {
            var next = Board.Neighbour(cell, Moves[direction].Row, Moves[direction].Column);
            return Board[next] == 'C' ? new(probability, Start, -100, false) : new(probability, next, -1, next == Goal);
        }
    }
}
