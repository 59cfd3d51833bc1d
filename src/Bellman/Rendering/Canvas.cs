namespace Bellman;

/// <summary>
/// Draws antialiased shapes into an <see cref="RgbImage"/>, in pixels from the top left corner; pixel (0, 0) covers the
/// square from (0, 0) to (1, 1). What lies outside the picture is cut off.
/// </summary>
public sealed class Canvas
{
    // Each pixel of a polygon is sampled on a grid of 4 x 4 points.
    private const int Samples = 4;

    /// <summary>A picture filled with <paramref name="background"/>.</summary>
    public Canvas(int width, int height, Rgb background)
    {
        Image = new RgbImage(width, height);
        for (var i = 0; i < Image.Pixels.Length; i += 3)
        {
            (Image.Pixels[i], Image.Pixels[i + 1], Image.Pixels[i + 2]) = (background.R, background.G, background.B);
        }
    }

    /// <summary>The picture.</summary>
    public RgbImage Image { get; }

    /// <summary>A filled rectangle with its top left corner at (<paramref name="x"/>, <paramref name="y"/>).</summary>
    public void Rectangle(double x, double y, double width, double height, Rgb colour)
    {
        var (left, right, top, bottom) = (Pixel(x, Image.Width), Pixel(x + width + 1, Image.Width), Pixel(y, Image.Height), Pixel(y + height + 1, Image.Height));
        for (var row = top; row < bottom; row++)
        {
            var covered = Overlap(row, y, y + height);
            for (var column = left; column < right; column++) { Blend(column, row, colour, Overlap(column, x, x + width) * covered); }
        }
    }

    /// <summary>A straight line with round ends.</summary>
    public void Line(double x0, double y0, double x1, double y1, double thickness, Rgb colour)
    {
        var radius = thickness / 2;
        var (dx, dy) = (x1 - x0, y1 - y0);
        var squared = dx * dx + dy * dy;
        foreach (var (column, row) in Within(Math.Min(x0, x1) - radius, Math.Min(y0, y1) - radius, Math.Max(x0, x1) + radius, Math.Max(y0, y1) + radius))
        {
            var (px, py) = (column + 0.5 - x0, row + 0.5 - y0);
            var along = squared > 0 ? Math.Clamp((px * dx + py * dy) / squared, 0, 1) : 0;
            var distance = Math.Sqrt(Square(px - along * dx) + Square(py - along * dy));
            // Thinner than a pixel: fainter instead of broken.
            Blend(column, row, colour, Math.Clamp(radius + 0.5 - distance, 0, 1) * Math.Min(1, thickness));
        }
    }

    /// <summary>A filled circle.</summary>
    public void Disc(double x, double y, double radius, Rgb colour) => Line(x, y, x, y, 2 * radius, colour);

    /// <summary>A circle's edge, <paramref name="thickness"/> wide with its middle on <paramref name="radius"/>.</summary>
    public void Ring(double x, double y, double radius, double thickness, Rgb colour)
    {
        var outer = radius + thickness / 2;
        foreach (var (column, row) in Within(x - outer, y - outer, x + outer, y + outer))
        {
            var distance = Math.Sqrt(Square(column + 0.5 - x) + Square(row + 0.5 - y));
            Blend(column, row, colour, Math.Clamp(thickness / 2 + 0.5 - Math.Abs(distance - radius), 0, 1));
        }
    }

    /// <summary>A filled polygon (even-odd rule).</summary>
    public void Polygon(Rgb colour, params (double X, double Y)[] corners)
    {
        var (left, right) = (Pixel(corners.Min(c => c.X), Image.Width), Pixel(corners.Max(c => c.X) + 1, Image.Width));
        var (top, bottom) = (Pixel(corners.Min(c => c.Y), Image.Height), Pixel(corners.Max(c => c.Y) + 1, Image.Height));
        // Samples inside, of each pixel of a row.
        var inside = new int[right];
        var crossings = new List<double>();
        for (var row = top; row < bottom; row++)
        {
            Array.Clear(inside);
            for (var line = 0; line < Samples; line++)
            {
                Crossings(corners, row + (line + 0.5) / Samples, crossings);
                for (var i = 0; i + 1 < crossings.Count; i += 2) { CountBetween(crossings[i], crossings[i + 1], left * Samples, inside); }
            }
            for (var column = left; column < right; column++) { Blend(column, row, colour, (double)inside[column] / (Samples * Samples)); }
        }
    }

    /// <summary>
    /// Letters, digits and a little punctuation in capitals, with the top left corner at (<paramref name="x"/>,
    /// <paramref name="y"/>); a letter is 5 x <paramref name="scale"/> pixels high.
    /// </summary>
    public void Write(string text, double x, double y, double scale, Rgb colour)
    {
        foreach (var letter in text)
        {
            var rows = PixelFont.Glyph(letter);
            for (var row = 0; row < rows.Length; row++)
            {
                for (var column = 0; column < rows[row].Length; column++)
                {
                    if (rows[row][column] == '#') { Rectangle(x + column * scale, y + row * scale, scale, scale, colour); }
                }
            }
            x += (rows[0].Length + 1) * scale;
        }
    }

    /// <summary>Writes with the middle of the text at (<paramref name="x"/>, <paramref name="y"/>).</summary>
    public void WriteCentred(string text, double x, double y, double scale, Rgb colour) =>
        Write(text, Math.Round(x - PixelFont.Width(text) * scale / 2), Math.Round(y - PixelFont.Height * scale / 2), scale, colour);

    private IEnumerable<(int Column, int Row)> Within(double left, double top, double right, double bottom)
    {
        // NaN bounds give an empty range: a state that is not finite draws nothing.
        var (firstColumn, firstRow) = (Pixel(left, Image.Width), Pixel(top, Image.Height));
        var (endColumn, endRow) = (Pixel(right + 1, Image.Width), Pixel(bottom + 1, Image.Height));
        for (var row = firstRow; row < endRow; row++)
        {
            for (var column = firstColumn; column < endColumn; column++) { yield return (column, row); }
        }
    }

    private static int Pixel(double position, int size) => (int)Math.Clamp(Math.Floor(position), 0, size);

    private void Blend(int column, int row, Rgb colour, double coverage)
    {
        if (!(coverage > 0)) { return; }
        var at = (row * Image.Width + column) * 3;
        var pixels = Image.Pixels;
        var mixed = coverage == 1 ? colour : new Rgb(pixels[at], pixels[at + 1], pixels[at + 2]).Mix(colour, coverage);
        (pixels[at], pixels[at + 1], pixels[at + 2]) = (mixed.R, mixed.G, mixed.B);
    }

    /// <summary>Where the outline crosses the horizontal at <paramref name="y"/>, from left to right: between the first and the second, the third and the fourth, ... is inside.</summary>
    private static void Crossings((double X, double Y)[] corners, double y, List<double> crossings)
    {
        crossings.Clear();
        var (previousX, previousY) = corners[^1];
        foreach (var (cornerX, cornerY) in corners)
        {
            if (cornerY > y != previousY > y) { crossings.Add((previousX - cornerX) * (y - cornerY) / (previousY - cornerY) + cornerX); }
            (previousX, previousY) = (cornerX, cornerY);
        }
        crossings.Sort();
    }

    /// <summary>Counts the samples from <paramref name="first"/> on in [<paramref name="from"/>, <paramref name="to"/>), each for its pixel.</summary>
    private static void CountBetween(double from, double to, int first, int[] counts)
    {
        var end = Math.Ceiling(Math.Min(to * Samples - 0.5, counts.Length * Samples));
        for (var sample = (int)Math.Max(first, Math.Ceiling(from * Samples - 0.5)); sample < end; sample++) { counts[sample / Samples]++; }
    }

    private static double Overlap(int pixel, double low, double high) => Math.Clamp(Math.Min(pixel + 1, high) - Math.Max(pixel, low), 0, 1);

    private static double Square(double value) => value * value;
}
