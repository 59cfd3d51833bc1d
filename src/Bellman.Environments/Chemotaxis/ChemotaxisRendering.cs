using System.Globalization;
using System.Text;

namespace Bellman.Environments.Chemotaxis;

/// <summary>The world seen along the z axis: a picture over the concentration at the robot's height, or text.</summary>
internal static class ChemotaxisRendering
{
    private const int Pixels = 300;
    private const int Columns = 60;
    private const int Rows = 30;

    public static string Text(ChemotaxisWorld3D world)
    {
        var canvas = new char[Rows, Columns];
        for (var row = 0; row < Rows; row++) { for (var column = 0; column < Columns; column++) { canvas[row, column] = ' '; } }
        Draw(world.Obstacles, 'o');
        Draw(world.Field.Particles, '.');
        Draw(world.Cells, 'C');
        Draw(world.Robots, 'R');

        var text = new StringBuilder();
        var border = "+" + new string('-', Columns) + "+\n";
        text.Append(border);
        for (var row = 0; row < Rows; row++)
        {
            text.Append('|');
            for (var column = 0; column < Columns; column++) { text.Append(canvas[row, column]); }
            text.Append("|\n");
        }
        text.Append(border);
        world.NearestCell(world.Robots[0], out var distance);
        text.Append(CultureInfo.InvariantCulture, $"R robot  C cell  . biomarker  o obstacle (seen along z)   distance {distance:0.00}");
        if (!world.AllCaptured) { text.Append(CultureInfo.InvariantCulture, $"  concentration {world.Field.Concentration(world.Robots[0]):0.0000}"); }
        return text.ToString();

        void Draw(PointSet points, char symbol)
        {
            for (var i = 0; i < points.Count; i++)
            {
                var column = (int)Math.Floor(Fraction(points[i].X, world) * Columns);
                var row = Rows - 1 - (int)Math.Floor(Fraction(points[i].Y, world) * Rows);
                if (column is >= 0 and < Columns && row is >= 0 and < Rows) { canvas[row, column] = symbol; }
            }
        }
    }

    public static RgbImage Image(ChemotaxisWorld3D world)
    {
        var image = new RgbImage(Pixels, Pixels);
        PaintField(image, world);
        var scale = Pixels / (2 * world.Options.HalfEdge);
        for (var i = 0; i < world.Obstacles.Count; i++)
        {
            // Obstacles level with the robot are the ones it can meet: they are drawn brighter.
            var nearness = 1 - Math.Min(1, Math.Abs(world.Obstacles[i].Z - world.Robots[0].Z) / world.Options.HalfEdge);
            var grey = (byte)(70 + 150 * nearness);
            Disc(world.Obstacles[i], Math.Max(1.5, world.Options.ObstacleRadius * scale), grey, grey, grey);
        }
        for (var i = 0; i < world.Field.Particles.Count; i++) { Disc(world.Field.Particles[i], 1, 255, 214, 90); }
        for (var i = 0; i < world.Cells.Count; i++) { Disc(world.Cells[i], 5, 235, 64, 52); }
        for (var i = 0; i < world.Robots.Count; i++) { Disc(world.Robots[i], 4, 64, 224, 235); }
        return image;

        void Disc(Vector3D centre, double radius, byte red, byte green, byte blue)
        {
            var (x, y) = (Fraction(centre.X, world) * Pixels, (1 - Fraction(centre.Y, world)) * Pixels);
            for (var row = (int)(y - radius); row <= y + radius; row++)
            {
                for (var column = (int)(x - radius); column <= x + radius; column++)
                {
                    var (dx, dy) = (column + 0.5 - x, row + 0.5 - y);
                    if (row < 0 || row >= Pixels || column < 0 || column >= Pixels || dx * dx + dy * dy > radius * radius) { continue; }
                    Paint(image, row, column, red, green, blue);
                }
            }
        }
    }

    private static void PaintField(RgbImage image, ChemotaxisWorld3D world)
    {
        // One reading for a block of pixels: the field is smooth.
        const int Block = 10;
        if (world.AllCaptured) { return; }
        for (var top = 0; top < Pixels; top += Block)
        {
            for (var left = 0; left < Pixels; left += Block)
            {
                var x = ((left + Block / 2.0) / Pixels * 2 - 1) * world.Options.HalfEdge;
                var y = (1 - (top + Block / 2.0) / Pixels * 2) * world.Options.HalfEdge;
                var level = world.Field.Concentration(new Vector3D(x, y, world.Robots[0].Z));
                for (var row = top; row < top + Block; row++)
                {
                    for (var column = left; column < left + Block; column++)
                    {
                        Paint(image, row, column, (byte)(20 + 90 * level), (byte)(16 + 30 * level), (byte)(40 + 110 * level));
                    }
                }
            }
        }
    }

    private static void Paint(RgbImage image, int row, int column, byte red, byte green, byte blue)
    {
        var at = (row * Pixels + column) * 3;
        (image.Pixels[at], image.Pixels[at + 1], image.Pixels[at + 2]) = (red, green, blue);
    }

    private static double Fraction(double coordinate, ChemotaxisWorld3D world) => (coordinate / world.Options.HalfEdge + 1) / 2;
}
