using System.Globalization;
using System.Text.RegularExpressions;
using Bellman.Experiments;
using SkiaSharp;
using Xunit;

namespace Bellman.Tests.Experiments;

public sealed class PlotsTests
{
    [Fact]
    public void Plots_carry_text()
    {
        using var with = SKBitmap.Decode(Plots.Lines("A title of the plot", "steps", "return", [Series]).ToPng());
        using var without = SKBitmap.Decode(Plots.Lines("", "steps", "return", [Series]).ToPng());
        Assert.Equal((1920, 1120), (with.Width, with.Height));
        // The title's ink lies in the top band, which is blank without a title.
        Assert.InRange(InkIn(with, 0, 70), 500, 20_000);
        Assert.Equal(0, InkIn(without, 0, 20));
    }

    [Fact]
    public void Svg_keeps_its_text_as_text()
    {
        var svg = Plots.Bars("Mean score", "score (points)", [new PlotBar("ours", 4, new(3, 5), [3, 4, 5]), new PlotBar("random", double.NaN, Interval.Undefined, [])]).ToSvg();
        Assert.StartsWith("<?xml", svg, StringComparison.Ordinal);
        Assert.Contains("DejaVu Sans", svg, StringComparison.Ordinal);
        Assert.Contains("ours", svg, StringComparison.Ordinal);
        Assert.Contains("not measured", svg, StringComparison.Ordinal);
    }

    [Fact]
    public void Whiskers_reach_from_the_low_end_to_the_high_end()
    {
        var svg = Plots.Bars("", "score", [new PlotBar("ours", 4, new(1, 5), [])]).ToSvg();
        var bar = Regex.Match(svg, "<rect fill=\"#0072B2\"[^>]* x=\"([0-9.]+)\"[^>]* width=\"([0-9.]+)\"");
        var (zero, four) = (Number(bar, 1), Number(bar, 1) + Number(bar, 2));
        // One path: the cap of the low end, the line, the cap of the high end.
        var whisker = Regex.Match(svg, "stroke=\"#333\" stroke-width=\"2\"[^>]* d=\"M[^M]*M([0-9.]+) [0-9.]+L([0-9.]+) ");
        Assert.Equal(1, 4 * (Number(whisker, 1) - zero) / (four - zero), 2);
        Assert.Equal(5, 4 * (Number(whisker, 2) - zero) / (four - zero), 2);

        static double Number(Match match, int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Curves_that_share_their_x_are_summed_up_point_by_point()
    {
        var summary = LearningCurves.Summarise("a", [new Curve("c", [0, 1], [0, 2]), new Curve("c", [0, 1], [2, 6])], statistic: Statistic.Mean);
        Assert.Equal([0, 1], summary.X);
        Assert.Equal([1, 4], summary.Y);
        Assert.Equal(new Interval(2, 6), summary.Band[1]);
    }

    [Fact]
    public void Curves_with_x_of_their_own_are_read_where_all_of_them_are_known()
    {
        // y = 10 x and y = 10 x + 2 on different points.
        var summary = LearningCurves.Summarise("a", [new Curve("c", [0, 1, 4], [0, 10, 40]), new Curve("c", [1, 3], [12, 32])], statistic: Statistic.Mean);
        Assert.Equal((1.0, 3.0), (summary.X[0], summary.X[^1]));
        Assert.All(Enumerable.Range(0, summary.X.Count), i => Assert.Equal(10 * summary.X[i] + 1, summary.Y[i], 9));
    }

    [Fact]
    public void One_seed_has_a_line_and_no_band() =>
        Assert.Empty(LearningCurves.Summarise("a", [new Curve("c", [0, 1], [0, 2])]).Band);

    [Fact]
    public void A_power_law_is_straight_on_logarithmic_axes_and_its_ticks_name_the_places()
    {
        var svg = Plots.Lines("", "horizon", "episodes", [new("ours", [8, 16, 32], [1, 8, 64]) { Style = SeriesStyle.MarkedLine }], logarithmic: LogarithmicAxes.Both).ToSvg();
        foreach (var horizon in new[] { 8, 16, 32 }) { Assert.Matches($">\\s*{horizon}\\s*<", svg); }
        // The line's three points: equal steps across and up.
        var line = Regex.Matches(svg, "stroke=\"#0072B2\"[^>]* d=\"M([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)\"").Select(match => match.Groups).First();
        double At(int group) => double.Parse(line[group].Value, CultureInfo.InvariantCulture);
        Assert.Equal(At(5) - At(3), At(3) - At(1), 1.0);
        Assert.Equal(At(6) - At(4), At(4) - At(2), 1.0);
    }

    [Fact]
    public void What_is_infinite_is_left_out_and_does_not_stretch_the_axis()
    {
        PlotSeries Line(double last) => new("ours", [1, 2, 3], [1, 2, last]) { Style = SeriesStyle.MarkedLine, Band = [new(1, 1), new(1, 3), new(2, last)] };
        var with = Plots.Lines("", "x", "y", [Line(double.PositiveInfinity)]).ToSvg();
        Assert.DoesNotContain("NaN", with, StringComparison.Ordinal);
        // The largest height is the whisker's 3.
        Assert.Matches(">\\s*3\\s*<", with);
        Assert.Equal(2, Regex.Count(with, "<ellipse fill=\"#0072B2\""));
        Assert.Equal(3, Regex.Count(Plots.Lines("", "x", "y", [Line(3)]).ToSvg(), "<ellipse fill=\"#0072B2\""));
    }

    [Fact]
    public void Values_that_are_not_positive_leave_no_mark_on_a_logarithmic_axis()
    {
        var figure = Plots.Lines("", "x", "y", [new("ours", [1, 2], [0, 10]) { Band = [new(-1, 1), new(5, 20)], Style = SeriesStyle.MarkedLine }], logarithmic: LogarithmicAxes.Y);
        Assert.DoesNotContain("NaN", figure.ToSvg(), StringComparison.Ordinal);
    }

    private static PlotSeries Series => new("ours", [0, 1, 2], [0, 2, 3]) { Band = [new(0, 0), new(1, 3), new(2, 4)] };

    private static int InkIn(SKBitmap image, int top, int bottom)
    {
        var ink = 0;
        for (var y = top; y < bottom; y++)
        {
            for (var x = 0; x < image.Width; x++)
            {
                if (image.GetPixel(x, y).Red < 128) { ink++; }
            }
        }
        return ink;
    }
}
