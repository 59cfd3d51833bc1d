using System.Text;

namespace Bellman.Mujoco.Rendering;

/// <summary>The bodies' outlines, seen along an axis: round shapes as thick lines and discs, boxes as polygons. Needs no OpenGL.</summary>
internal static class PlainDrawing
{
    private static readonly Rgb Background = new(247, 248, 250);
    private static readonly Rgb Ground = new(226, 230, 235);
    private static readonly Rgb Mark = new(170, 177, 188);

    private enum GeomType
    {
        Plane = 0,
        Capsule = 3,
        Cylinder = 5,
        Box = 6,
    }

    /// <summary>A geom in the plane of the picture, in metres.</summary>
    /// <param name="Corners">Both ends of a line with round ends, or a polygon's corners.</param>
    /// <param name="Radius">Half the line's thickness; 0 for a polygon.</param>
    /// <param name="Colour">Its colour.</param>
    /// <param name="Depth">Larger is nearer.</param>
    private sealed record Shape((double X, double Y)[] Corners, double Radius, Rgb Colour, double Depth);

    /// <summary>A picture of what <paramref name="shown"/> holds.</summary>
    public static RgbImage Picture(MujocoSimulation shown, MujocoView view)
    {
        var canvas = new Canvas(view.Width, view.Height, Background);
        var scale = view.Width / view.Across;
        var middle = Middle(shown, view);
        (double X, double Y) Pixel((double X, double Y) at) => (view.Width / 2.0 + (at.X - middle) * scale, view.Height / 2.0 - (at.Y - view.CentreY) * scale);
        if (HasGround(shown, view)) { DrawGround(canvas, middle, view.Across, Pixel); }
        foreach (var shape in Shapes(shown, view))
        {
            var corners = Array.ConvertAll(shape.Corners, Pixel);
            if (shape.Radius > 0) { canvas.Line(corners[0].X, corners[0].Y, corners[1].X, corners[1].Y, 2 * shape.Radius * scale, shape.Colour); }
            else { canvas.Polygon(shape.Colour, corners); }
        }
        return canvas.Image;
    }

    /// <summary>The same with letters: '#' where a body is, '=' for the ground.</summary>
    public static string Text(MujocoSimulation shown, MujocoView view)
    {
        const int Columns = 60;
        // A letter is about twice as high as wide.
        var rows = Columns * view.Height / view.Width / 2;
        var (cell, middle) = (view.Across / Columns, Middle(shown, view));
        var shapes = Shapes(shown, view).Where(shape => !Fills(shape, view)).ToArray();
        var ground = HasGround(shown, view);
        var text = new StringBuilder();
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                var (x, y) = (middle + (column + 0.5 - Columns / 2.0) * cell, view.CentreY + (rows / 2.0 - row - 0.5) * 2 * cell);
                text.Append(shapes.Any(shape => Covers(shape, x, y, cell)) ? '#' : ground && y < 0 ? '=' : ' ');
            }
            text.Length -= Columns - text.ToString(text.Length - Columns, Columns).TrimEnd().Length;
            text.Append('\n');
        }
        return text.ToString();
    }

    private static bool HasGround(MujocoSimulation shown, MujocoView view) =>
        !view.FromAbove && shown.Model.Read<int>(shown.Model.Api.Layout.GeomType, shown.Model.Counts.Geoms).Contains((int)GeomType.Plane);

    private static double Middle(MujocoSimulation shown, MujocoView view) => view.Follows ? shown.Read(shown.Model.Api.Layout.BodyPositions, 6)[3] : view.CentreX;

    private static void DrawGround(Canvas canvas, double middle, double across, Func<(double X, double Y), (double X, double Y)> pixel)
    {
        var line = pixel((0, 0)).Y;
        canvas.Rectangle(0, line, canvas.Image.Width, canvas.Image.Height - line, Ground);
        // Marks every half metre, longer at whole ones: a following picture shows by them that the body moves.
        for (var half = Math.Ceiling(2 * (middle - across / 2)); half <= 2 * (middle + across / 2); half++)
        {
            canvas.Rectangle(pixel((half / 2, 0)).X - 1, line, 2, half % 2 == 0 ? 16 : 8, Mark);
        }
    }

    private static List<Shape> Shapes(MujocoSimulation shown, MujocoView view)
    {
        var (model, layout) = (shown.Model, shown.Model.Api.Layout);
        var count = model.Counts.Geoms;
        var types = model.Read<int>(layout.GeomType, count);
        var sizes = model.Read<double>(layout.GeomSize, 3 * count);
        var colours = model.Read<float>(layout.GeomRgba, 4 * count);
        var places = shown.Read(layout.GeomPositions, 3 * count);
        var turns = shown.Read(layout.GeomMatrices, 9 * count);
        var shapes = new List<Shape>();
        for (var i = 0; i < count; i++)
        {
            var colour = colours.Slice(4 * i, 4);
            if ((GeomType)types[i] == GeomType.Plane || colour[3] == 0) { continue; }
            shapes.Add(Outline((GeomType)types[i], sizes.Slice(3 * i, 3), places.Slice(3 * i, 3), turns.Slice(9 * i, 9), view.FromAbove, Mixed(colour)));
        }
        // Far ones first; at one depth in the model's order.
        return [.. shapes.OrderBy(shape => shape.Depth)];
    }

    private static Shape Outline(GeomType type, ReadOnlySpan<double> size, ReadOnlySpan<double> place, ReadOnlySpan<double> turn, bool fromAbove, Rgb colour)
    {
        // Rows of the picture's axes: x across; y up and z near from above, z up and -y near from the side.
        var up = fromAbove ? 1 : 2;
        var depth = fromAbove ? place[2] : -place[1];
        var (x, y) = (place[0], place[up]);
        switch (type)
        {
            case GeomType.Capsule or GeomType.Cylinder:
                var (dx, dy) = (turn[2] * size[1], turn[3 * up + 2] * size[1]);
                return new Shape([(x - dx, y - dy), (x + dx, y + dy)], size[0], colour, depth);
            case GeomType.Box:
                var corners = new (double X, double Y)[8];
                for (var c = 0; c < 8; c++)
                {
                    var (a, b, d) = ((c & 1) == 0 ? size[0] : -size[0], (c & 2) == 0 ? size[1] : -size[1], (c & 4) == 0 ? size[2] : -size[2]);
                    corners[c] = (x + turn[0] * a + turn[1] * b + turn[2] * d, y + turn[3 * up] * a + turn[3 * up + 1] * b + turn[3 * up + 2] * d);
                }
                return new Shape(Hull(corners), 0, colour, depth);
            default:
                return new Shape([(x, y), (x, y)], Math.Max(size[0], Math.Max(size[1], size[2])), colour, depth);
        }
    }

    /// <summary>The convex hull, counter-clockwise (Andrew's monotone chain).</summary>
    private static (double X, double Y)[] Hull((double X, double Y)[] points)
    {
        Array.Sort(points);
        var hull = new List<(double X, double Y)>();
        foreach (var pass in (IEnumerable<(double X, double Y)>[])[points, points.Reverse()])
        {
            var first = hull.Count;
            foreach (var point in pass)
            {
                while (hull.Count >= first + 2 && Turn(hull[^2], hull[^1], point) <= 1e-12) { hull.RemoveAt(hull.Count - 1); }
                hull.Add(point);
            }
            hull.RemoveAt(hull.Count - 1);
        }
        return [.. hull];
    }

    private static double Turn((double X, double Y) a, (double X, double Y) b, (double X, double Y) c) => (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);

    private static Rgb Mixed(ReadOnlySpan<float> rgba)
    {
        static byte Channel(float value) => (byte)Math.Round(255 * Math.Clamp(value, 0, 1));
        return Background.Mix(new Rgb(Channel(rgba[0]), Channel(rgba[1]), Channel(rgba[2])), rgba[3]);
    }

    /// <summary>A table under everything says nothing in letters.</summary>
    private static bool Fills(Shape shape, MujocoView view) =>
        shape.Radius == 0 && shape.Corners.Max(corner => corner.X) - shape.Corners.Min(corner => corner.X) > 0.85 * view.Across;

    private static bool Covers(Shape shape, double x, double y, double cell)
    {
        if (shape.Radius == 0)
        {
            for (var i = 0; i < shape.Corners.Length; i++)
            {
                if (Turn(shape.Corners[i], shape.Corners[(i + 1) % shape.Corners.Length], (x, y)) < 0) { return false; }
            }
            return true;
        }
        var (a, b) = (shape.Corners[0], shape.Corners[1]);
        var (dx, dy) = (b.X - a.X, b.Y - a.Y);
        var squared = dx * dx + dy * dy;
        var along = squared > 0 ? Math.Clamp(((x - a.X) * dx + (y - a.Y) * dy) / squared, 0, 1) : 0;
        var (px, py) = (x - a.X - along * dx, y - a.Y - along * dy);
        var reach = Math.Max(shape.Radius, cell);
        return px * px + py * py <= reach * reach;
    }
}
