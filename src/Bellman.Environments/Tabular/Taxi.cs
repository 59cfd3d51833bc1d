using System.Text;

namespace Bellman.Environments;

/// <summary>
/// <c>Taxi-v3</c>: fetch a passenger at one of four stands of a 5 x 5 town and bring them to another (Dietterich 2000).
/// Actions 0 south, 1 north, 2 east, 3 west, 4 pick up, 5 drop off; reward -1 a step, 20 for the delivery, -10 for a
/// pick-up or drop-off where it is not possible. State ((row 5 + column) 5 + passenger) 4 + destination, with
/// passenger 4 on board.
/// </summary>
public sealed class Taxi : TabularEnvironment, IActionMask
{
    private const int Size = 5;
    private const int OnBoard = 4;

    // A ':' between two cells lets the taxi through, a '|' does not.
    private static readonly string[] Town = ["|R: | : :G|", "| : | : : |", "| : : : : |", "| | : | : |", "|Y| : |B: |"];
    private static readonly (int Row, int Column)[] Stands = [(0, 0), (0, 4), (4, 0), (4, 3)];

    /// <summary>A town with its taxi.</summary>
    public Taxi() : base(new TransitionTable(6, InitialWeights(), Describe)) { }

    /// <summary>The actions that change the state.</summary>
    public void WriteActionMask(Span<bool> available)
    {
        for (var action = 0; action < ActionCount; action++) { available[action] = Outcomes(State, action)[0].Next != State; }
    }

    /// <inheritdoc/>
    public override string RenderText()
    {
        var (row, column, passenger, destination) = Decode(State);
        var text = new StringBuilder("+---------+\n");
        for (var y = 0; y < Size; y++)
        {
            for (var x = 0; x < Town[y].Length; x++)
            {
                var letter = Town[y][x];
                text.Append((y, x) == (row, 2 * column + 1) ? Ansi.Highlight(letter)
                    : At(y, x, destination) ? Ansi.Colour(letter, 5)
                    : passenger != OnBoard && At(y, x, passenger) ? Ansi.Colour(letter, 4)
                    : letter.ToString());
            }
            text.Append('\n');
        }
        var rider = passenger == OnBoard ? "on board" : $"at {"RGYB"[passenger]}";
        return text.Append($"+---------+\npassenger {rider}, destination {"RGYB"[destination]}\n").ToString();

        static bool At(int y, int x, int stand) => (y, x) == (Stands[stand].Row, 2 * Stands[stand].Column + 1);
    }

    /// <inheritdoc/>
    public override RgbImage RenderImage()
    {
        var (row, column, passenger, destination) = Decode(State);
        var picture = new TilePicture(Size, Size, _ => Palette.Background);
        var (canvas, tile) = (picture.Canvas, picture.Tile);
        Rgb[] colours = [Palette.Red, Palette.Green, Palette.Yellow, Palette.Blue];
        for (var stand = 0; stand < Stands.Length; stand++)
        {
            var (x, y) = picture.Corner(Stands[stand].Row * Size + Stands[stand].Column);
            canvas.Rectangle(x + 1, y + 1, tile - 1, tile - 1, colours[stand].Mix(Rgb.White, 0.6));
            if (stand == destination) { picture.Flag(Stands[stand].Row * Size + Stands[stand].Column); }
        }
        for (var cell = 0; cell < Size * Size; cell++)
        {
            if (cell % Size == Size - 1 || Town[cell / Size][2 * (cell % Size) + 2] == ':') { continue; }
            var (x, y) = picture.Corner(cell);
            canvas.Rectangle(x + tile - 2, y, 5, tile + 1, Palette.Dark);
        }
        DrawTaxi(picture, row * Size + column);
        if (passenger == OnBoard) { DrawPassenger(picture, row * Size + column, 0, -0.16); }
        else { DrawPassenger(picture, Stands[passenger].Row * Size + Stands[passenger].Column, 0.28, 0.22); }
        return canvas.Image;
    }

    private static void DrawTaxi(TilePicture picture, int cell)
    {
        var (canvas, tile, (x, y)) = (picture.Canvas, picture.Tile, picture.Middle(cell));
        canvas.Polygon(Palette.Orange, (x - 0.2 * tile, y), (x - 0.12 * tile, y - 0.24 * tile), (x + 0.12 * tile, y - 0.24 * tile), (x + 0.2 * tile, y));
        canvas.Rectangle(x - 0.36 * tile, y - 0.02 * tile, 0.72 * tile, 0.2 * tile, Palette.Orange);
        canvas.Rectangle(x - 0.11 * tile, y - 0.19 * tile, 0.22 * tile, 0.16 * tile, Palette.Sky);
        foreach (var wheel in (double[])[-0.2, 0.2]) { canvas.Disc(x + wheel * tile, y + 0.18 * tile, 0.085 * tile, Palette.Ink); }
    }

    private static void DrawPassenger(TilePicture picture, int cell, double right, double down)
    {
        var (canvas, tile, (x, y)) = (picture.Canvas, picture.Tile, picture.Middle(cell));
        (x, y) = (x + right * tile, y + down * tile);
        canvas.Line(x, y + 0.09 * tile, x, y + 0.15 * tile, 0.12 * tile, Palette.Blue);
        canvas.Disc(x, y, 0.065 * tile, Palette.Ink);
    }

    private static int Encode(int row, int column, int passenger, int destination) => ((row * Size + column) * 5 + passenger) * 4 + destination;

    private static (int Row, int Column, int Passenger, int Destination) Decode(int state) =>
        (state / 100, state / 20 % Size, state / 4 % 5, state % 4);

    // Anywhere, with the passenger waiting at a stand that is not the destination.
    private static double[] InitialWeights() => Enumerable.Range(0, 500)
        .Select(Decode).Select(state => state.Passenger != OnBoard && state.Passenger != state.Destination ? 1.0 : 0.0).ToArray();

    private static IEnumerable<TabularOutcome> Describe(int state, int action)
    {
        var (row, column, passenger, destination) = Decode(state);
        var stand = Array.IndexOf(Stands, (row, column));
        return [action switch
        {
            0 => Drive(Math.Min(row + 1, Size - 1), column),
            1 => Drive(Math.Max(row - 1, 0), column),
            2 => Drive(row, Town[row][2 * column + 2] == ':' ? column + 1 : column),
            3 => Drive(row, Town[row][2 * column] == ':' ? column - 1 : column),
            4 => passenger != OnBoard && stand == passenger ? new(1, Encode(row, column, OnBoard, destination), -1, false) : new(1, state, -10, false),
            _ when passenger == OnBoard && stand == destination => new(1, Encode(row, column, destination, destination), 20, true),
            _ when passenger == OnBoard && stand >= 0 => new(1, Encode(row, column, stand, destination), -1, false),
            _ => new(1, state, -10, false),
        }];

        TabularOutcome Drive(int newRow, int newColumn) => new(1, Encode(newRow, newColumn, passenger, destination), -1, false);
    }
}
