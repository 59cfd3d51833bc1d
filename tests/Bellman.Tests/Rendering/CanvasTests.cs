using CsCheck;
using Xunit;

namespace Bellman.Tests.Rendering;

public class CanvasTests
{
    private static readonly Rgb Black = new(0, 0, 0);

    [Fact]
    public void A_rectangle_covers_its_pixels_and_half_of_those_on_its_edge()
    {
        var canvas = new Canvas(4, 4, Black);
        canvas.Rectangle(1, 1, 1.5, 1, Rgb.White);
        Assert.Equal([0, 255, 128, 0], Row(canvas, 1));
        Assert.Equal([0, 0, 0, 0], Row(canvas, 2));
    }

    [Fact]
    public void A_disc_has_the_area_of_a_circle()
    {
        var canvas = new Canvas(60, 60, Black);
        canvas.Disc(30, 30, 20, Rgb.White);
        Assert.InRange(Ink(canvas), Math.PI * 400 * .99, Math.PI * 400 * 1.01);
    }

    [Fact]
    public void A_polygon_has_its_area_and_a_ring_leaves_its_middle_free()
    {
        var canvas = new Canvas(60, 60, Black);
        canvas.Polygon(Rgb.White, (10, 10), (50, 10), (10, 50));
        Assert.InRange(Ink(canvas), 790, 810);
        var ring = new Canvas(60, 60, Black);
        ring.Ring(30, 30, 20, 4, Rgb.White);
        Assert.InRange(Ink(ring), 2 * Math.PI * 20 * 4 * .98, 2 * Math.PI * 20 * 4 * 1.02);
        Assert.Equal(0, Row(ring, 30)[30]);
    }

    /// <summary>Also where edges cross one another, run along samples, or leave the picture.</summary>
    [Fact]
    public void A_polygon_covers_of_each_pixel_the_samples_that_lie_inside() =>
        Gen.Select(Gen.Int[-8, 40], Gen.Int[-8, 40]).Array[3, 9].Sample(places =>
        {
            (double X, double Y)[] corners = [.. places.Select(place => (place.Item1 / 2.0, place.Item2 / 2.0))];
            var canvas = new Canvas(16, 16, Black);
            canvas.Polygon(Rgb.White, corners);
            bool Inside(double x, double y) => corners.Zip([corners[^1], .. corners]).Count(edge =>
                edge.First.Y > y != edge.Second.Y > y && x < (edge.Second.X - edge.First.X) * (y - edge.First.Y) / (edge.Second.Y - edge.First.Y) + edge.First.X) % 2 == 1;
            return Enumerable.Range(0, 256).All(pixel =>
            {
                var inside = Enumerable.Range(0, 16).Count(i => Inside(pixel % 16 + (i % 4 + 0.5) / 4, pixel / 16 + (i / 4 + 0.5) / 4));
                return canvas.Image.Pixels[pixel * 3] == Black.Mix(Rgb.White, inside / 16.0).R;
            });
        }, iter: 200);

    [Fact]
    public void What_lies_outside_is_cut_off()
    {
        var canvas = new Canvas(8, 8, Black);
        canvas.Disc(-100, 4, 20, Rgb.White);
        canvas.Line(-50, 4, 50, 4, 1, Rgb.White);
        canvas.Write("W", 6, 6, 3, Rgb.White);
        canvas.Disc(double.NaN, 4, 3, Rgb.White);
        Assert.True(Ink(canvas) > 0);
    }

    [Fact]
    public void Letters_differ_and_the_unknown_is_a_question_mark()
    {
        static double[] Written(string text)
        {
            var canvas = new Canvas(8, 8, Black);
            canvas.Write(text, 1, 1, 1, Rgb.White);
            return canvas.Image.Pixels.Select(value => (double)value).ToArray();
        }

        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        Assert.Equal(Letters.Length, Letters.Select(letter => string.Join(',', Written(letter.ToString()))).Distinct().Count());
        Assert.Equal(Written("a"), Written("A"));
        Assert.Equal(Written("?"), Written("~"));
    }

    private static byte[] Row(Canvas canvas, int row) =>
        Enumerable.Range(0, canvas.Image.Width).Select(column => canvas.Image.Pixels[(row * canvas.Image.Width + column) * 3]).ToArray();

    private static double Ink(Canvas canvas) => canvas.Image.Pixels.Sum(value => value / 255.0) / 3;
}
