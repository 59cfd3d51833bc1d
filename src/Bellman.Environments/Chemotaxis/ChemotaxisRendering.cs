using System.Globalization;
using System.Text;

namespace Bellman.Environments.Chemotaxis;

/// <summary>The world seen along the z axis: a picture over the concentration at the robot's height, or text.</summary>
internal static class ChemotaxisRendering
{
    private const int Pixels = 300;
    private const int FieldBlock = 10;
    private const int Columns = 60;
    private const int Rows = 30;

    private static readonly Rgb Empty = new(20, 16, 40);
    private static readonly Rgb Saturated = new(110, 46, 150);
    private static readonly Rgb Obstacle = new(220, 220, 220);
    private static readonly Rgb Biomarker = new(255, 214, 90);
    private static readonly Rgb Cell = new(235, 64, 52);
    private static readonly Rgb Robot = new(64, 224, 235);

    public static string Text(ChemotaxisWorld3D world)
    {
        var canvas = new char[Rows * Columns];
        Array.Fill(canvas, ' ');
        Mark(canvas, world, world.Obstacles, 'o');
        Mark(canvas, world, world.Field.Particles, '.');
        Mark(canvas, world, world.Cells, 'C');
        Mark(canvas, world, world.Robots, 'R');

        var border = $"+{new string('-', Columns)}+\n";
        var text = new StringBuilder(border);
        for (var row = 0; row < Rows; row++) { text.Append('|').Append(canvas, row * Columns, Columns).Append("|\n"); }
        text.Append(border);
        var robot = world.Robots[0];
        world.NearestCell(robot, out var distance);
        return text.Append(CultureInfo.InvariantCulture,
            $"R robot  C cell  . biomarker  o obstacle (seen along z)  distance {distance:0.00}  concentration {world.Field.Concentration(robot):0.0000}").ToString();
    }

    public static RgbImage Image(ChemotaxisWorld3D world)
    {
        var canvas = new Canvas(Pixels, Pixels, Empty);
        var (edge, height) = (world.Options.HalfEdge, world.Robots[0].Z);
        for (var y = 0; y < Pixels; y += FieldBlock)
        {
            for (var x = 0; x < Pixels; x += FieldBlock)
            {
                // One reading for a block of pixels: the field is smooth.
                var middle = FieldBlock / 2.0;
                var point = new Vector3D(((x + middle) / Pixels * 2 - 1) * edge, (1 - (y + middle) / Pixels * 2) * edge, height);
                canvas.Rectangle(x, y, FieldBlock, FieldBlock, Empty.Mix(Saturated, world.Field.Concentration(point)));
            }
        }
        for (var i = 0; i < world.Obstacles.Count; i++)
        {
            // Obstacles level with the robot are the ones it can meet: they are drawn brighter.
            var nearness = 1 - Math.Min(1, Math.Abs(world.Obstacles[i].Z - height) / edge);
            Disc(world.Obstacles[i], Math.Max(1.5, world.Options.ObstacleRadius * Pixels / (2 * edge)), Empty.Mix(Obstacle, 0.3 + 0.7 * nearness));
        }
        for (var i = 0; i < world.Field.Particles.Count; i++) { Disc(world.Field.Particles[i], 1, Biomarker); }
        for (var i = 0; i < world.Cells.Count; i++) { Disc(world.Cells[i], 5, Cell); }
        for (var i = 0; i < world.Robots.Count; i++) { Disc(world.Robots[i], 4, Robot); }
        return canvas.Image;

        void Disc(Vector3D centre, double radius, Rgb colour) =>
            canvas.Disc(Fraction(centre.X, world) * Pixels, (1 - Fraction(centre.Y, world)) * Pixels, radius, colour);
    }

    private static void Mark(char[] canvas, ChemotaxisWorld3D world, PointSet points, char symbol)
    {
        for (var i = 0; i < points.Count; i++)
        {
            var (x, y) = (Fraction(points[i].X, world), Fraction(points[i].Y, world));
            if (x is < 0 or > 1 || y is < 0 or > 1) { continue; }
            var column = Math.Min(Columns - 1, (int)(x * Columns));
            var row = Math.Min(Rows - 1, (int)((1 - y) * Rows));
            canvas[row * Columns + column] = symbol;
        }
    }

    private static double Fraction(double coordinate, ChemotaxisWorld3D world) => (coordinate / world.Options.HalfEdge + 1) / 2;
}
