namespace Bellman.Environments;

/// <summary>Draws boards of square tiles, the same way for every grid task.</summary>
internal sealed class TilePicture
{
    private readonly int columns;

    public TilePicture(int rows, int columns, Func<int, Rgb> ground)
    {
        this.columns = columns;
        Tile = Math.Clamp(512 / Math.Max(rows, columns), 6, 64);
        Canvas = new Canvas(columns * Tile + 1, rows * Tile + 1, Palette.Line);
        for (var cell = 0; cell < rows * columns; cell++)
        {
            var (x, y) = Corner(cell);
            Canvas.Rectangle(x + 1, y + 1, Tile - 1, Tile - 1, ground(cell));
        }
    }

    /// <summary>Pixels along a tile's side.</summary>
    public int Tile { get; }

    public Canvas Canvas { get; }

    public (double X, double Y) Corner(int cell) => (cell % columns * Tile, cell / columns * Tile);

    public (double X, double Y) Middle(int cell) => (cell % columns * Tile + (Tile + 1) / 2.0, cell / columns * Tile + (Tile + 1) / 2.0);

    public void Hole(int cell, Rgb colour)
    {
        var (x, y) = Middle(cell);
        Canvas.Disc(x, y, Tile * 0.36, colour);
    }

    public void Label(int cell, string text, Rgb colour)
    {
        var (x, y) = Middle(cell);
        Canvas.WriteCentred(text, x, y, Math.Max(1, Math.Floor(Tile / 16.0)), colour);
    }

    public void Flag(int cell)
    {
        var (x, y) = Middle(cell);
        var unit = Tile / 64.0;
        Canvas.Line(x - 10 * unit, y + 20 * unit, x - 10 * unit, y - 20 * unit, 4 * unit, Palette.Ink);
        Canvas.Polygon(Palette.Green, (x - 9 * unit, y - 21 * unit), (x - 9 * unit, y + 3 * unit), (x + 18 * unit, y - 9 * unit));
    }

    public void Agent(int cell)
    {
        var (x, y) = Middle(cell);
        Canvas.Disc(x, y, Tile * 0.27, Rgb.White);
        Canvas.Disc(x, y, Tile * 0.23, Palette.Orange);
        Canvas.Disc(x - Tile * 0.08, y - Tile * 0.05, Tile * 0.035, Palette.Ink);
        Canvas.Disc(x + Tile * 0.08, y - Tile * 0.05, Tile * 0.035, Palette.Ink);
    }
}
