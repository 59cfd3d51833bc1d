using ScottPlot;
using ScottPlot.Plottables;

namespace Bellman.Experiments;

/// <summary>How a series is drawn.</summary>
public enum SeriesStyle
{
    /// <summary>A line, with a band when the series has one.</summary>
    Line,

    /// <summary>Points.</summary>
    Points,

    /// <summary>A line through marked points, with whiskers when the series has a band: values at a few places.</summary>
    MarkedLine,

    /// <summary>A known value at each place, e.g. the optimum: a muted dotted line.</summary>
    Reference,
}

/// <summary>Which axes of a plot are logarithmic; what is not positive does not show on those.</summary>
[Flags]
public enum LogarithmicAxes
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The horizontal axis.</summary>
    X = 1,

    /// <summary>The vertical axis.</summary>
    Y = 2,

    /// <summary>Both: a power law is a straight line.</summary>
    Both = X | Y,
}

/// <summary>A named series of a plot.</summary>
/// <param name="Name">Its text in the legend.</param>
/// <param name="X">Horizontal positions.</param>
/// <param name="Y">Values, as many; a NaN leaves a gap.</param>
public sealed record PlotSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>The band around the line (whiskers of a marked line), one interval a point; empty draws none.</summary>
    public IReadOnlyList<Interval> Band { get; init; } = [];

    /// <summary>How it is drawn.</summary>
    public SeriesStyle Style { get; init; } = SeriesStyle.Line;
}

/// <summary>A bar with its interval and the values behind it.</summary>
/// <param name="Name">Its text on the axis.</param>
/// <param name="Value">Its length; a NaN draws no bar.</param>
/// <param name="Interval">The whisker.</param>
/// <param name="Points">The single values, drawn as dots.</param>
public sealed record PlotBar(string Name, double Value, Interval Interval, IReadOnlyList<double> Points);

/// <summary>
/// The plots of reports, comparisons and training runs: one look, colours that stay apart for colour-blind readers (Okabe and
/// Ito), a font of their own.
/// </summary>
public static class Plots
{
    // Letters that fit the figure at the title's size.
    private const int TitleWidth = 75;

    // Okabe and Ito's palette with grey for its black, on which whiskers would not show, and without its yellow, which is faint on white.
    private static readonly Color[] Palette =
        [.. new[] { "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#606060" }.Select(Color.FromHex)];

    private static readonly LinePattern[] Patterns = [LinePattern.Solid, LinePattern.Dashed, LinePattern.Dotted];

    private static readonly Color Ink = Color.FromHex("#333333");
    private static readonly Color Muted = Color.FromHex("#777777");

    /// <summary>Lines with bands, or points, over a common x axis: learning curves, comparisons of runs, scatters.</summary>
    /// <param name="title">What is shown.</param>
    /// <param name="xLabel">The x axis, with its unit.</param>
    /// <param name="yLabel">The y axis, with its unit.</param>
    /// <param name="series">What is drawn; series of one name and place share a colour over all plots.</param>
    /// <param name="references">Horizontal lines at known values.</param>
    /// <param name="logarithmic">Axes that are logarithmic, for quantities that grow by factors.</param>
    public static Figure Lines(string title, string xLabel, string yLabel, IReadOnlyList<PlotSeries> series,
        IReadOnlyList<ReferenceLine>? references = null, LogarithmicAxes logarithmic = LogarithmicAxes.None)
    {
        var plot = NewPlot(title, xLabel, yLabel);
        var shown = series.Select(one => Placed(one, logarithmic)).ToList();
        for (var i = 0; i < shown.Count; i++) { AddBand(plot, shown[i], ColorOf(i)); }
        for (var i = 0; i < shown.Count; i++) { AddSeries(plot, shown[i], ColorOf(i), PatternOf(i)); }
        foreach (var reference in references ?? [])
        {
            var line = plot.Add.HorizontalLine(Height(reference.Value, logarithmic), 1.5f, Muted, LinePattern.Dashed);
            line.LegendText = reference.Name;
        }
        plot.Axes.AutoScale();
        if (logarithmic.HasFlag(LogarithmicAxes.X)) { LogarithmicTicks(plot.Axes.Bottom, [.. series.SelectMany(one => one.X)]); }
        if (logarithmic.HasFlag(LogarithmicAxes.Y))
        {
            LogarithmicTicks(plot.Axes.Left, [.. series.SelectMany(one => one.Y.Concat(one.Band.SelectMany(band => new[] { band.Low, band.High })))]);
        }
        ShowLegend(plot, series.Count + (references?.Count ?? 0));
        return new Figure(plot, 960, 560);
    }

    /// <summary>Horizontal bars with intervals and the single values as dots, the first on top.</summary>
    /// <param name="title">What is shown.</param>
    /// <param name="valueLabel">The value axis, with its unit.</param>
    /// <param name="bars">The bars.</param>
    /// <param name="references">Lines at known values.</param>
    public static Figure Bars(string title, string valueLabel, IReadOnlyList<PlotBar> bars, IReadOnlyList<ReferenceLine>? references = null)
    {
        var plot = NewPlot(title, valueLabel, "");
        for (var i = 0; i < bars.Count; i++) { AddBar(plot, bars[i], bars.Count - 1 - i, ColorOf(i)); }
        foreach (var reference in references ?? [])
        {
            var line = plot.Add.VerticalLine(reference.Value, 1.5f, Muted, LinePattern.Dashed);
            line.LegendText = reference.Name;
        }
        var places = Enumerable.Range(0, bars.Count).Select(i => (double)(bars.Count - 1 - i)).ToArray();
        plot.Axes.Left.SetTicks(places, [.. bars.Select(bar => bar.Name)]);
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Grid.YAxisStyle.IsVisible = false;
        FitValueAxis(plot, bars, references ?? []);
        plot.Axes.SetLimitsY(-0.7, bars.Count - 0.3);
        ShowLegend(plot, 1 + (references?.Count ?? 0));
        return new Figure(plot, 960, 190 + 46 * bars.Count);
    }

    private static double Height(double value, LogarithmicAxes logarithmic) =>
        !double.IsFinite(value) ? double.NaN : logarithmic.HasFlag(LogarithmicAxes.Y) ? Logarithm(value) : value;

    private static double Logarithm(double value) => value > 0 ? Math.Log10(value) : double.NaN;

    /// <summary>The series where it lies on the plot: ScottPlot's axes are linear, so logarithms are drawn; what is infinite has no place.</summary>
    private static PlotSeries Placed(PlotSeries series, LogarithmicAxes logarithmic) => series with
    {
        X = logarithmic.HasFlag(LogarithmicAxes.X) ? [.. series.X.Select(Logarithm)] : series.X,
        Y = [.. series.Y.Select(value => Height(value, logarithmic))],
        Band = [.. series.Band.Select(band => new Interval(Height(band.Low, logarithmic), Height(band.High, logarithmic)))],
    };

    /// <summary>Ticks at the values themselves where they are few (8, 16, 32), else at 1, 2 and 5 times the powers of ten, or at the powers alone.</summary>
    private static void LogarithmicTicks(IAxis axis, IReadOnlyList<double> values)
    {
        var places = values.Where(value => value > 0 && double.IsFinite(value)).Distinct().Order().ToList();
        if (places.Count == 0) { return; }
        if (places.Count > 8 || axis is IYAxis)
        {
            var (low, high) = ((int)Math.Floor(Math.Log10(places[0])), (int)Math.Ceiling(Math.Log10(places[^1])));
            double[] steps = high - low > 4 ? [1] : [1, 2, 5];
            places = [.. Enumerable.Range(low, high - low + 1).SelectMany(power => steps.Select(step => step * Math.Pow(10, power)))];
        }
        axis.TickGenerator = new ScottPlot.TickGenerators.NumericManual([.. places.Select(Math.Log10)], [.. places.Select(Numbers.Text)]);
    }

    private static Color ColorOf(int index) => Palette[index % Palette.Length];

    private static LinePattern PatternOf(int index) => Patterns[index / Palette.Length % Patterns.Length];

    private static Plot NewPlot(string title, string xLabel, string yLabel)
    {
        PlotFont.Register();
        var plot = new Plot();
        plot.Font.Set(PlotFont.Name);
        plot.FigureBackground.Color = Colors.White;
        plot.Axes.Color(Ink);
        plot.Title(Wrapped(title), 18);
        plot.Axes.Title.Label.Bold = false;
        plot.XLabel(xLabel, 15);
        plot.YLabel(yLabel, 15);
        plot.Axes.Bottom.Label.Bold = false;
        plot.Axes.Left.Label.Bold = false;
        plot.Axes.Bottom.TickLabelStyle.FontSize = 13;
        plot.Axes.Left.TickLabelStyle.FontSize = 13;
        plot.Axes.Bottom.MinorTickStyle.Length = 0;
        plot.Axes.Left.MinorTickStyle.Length = 0;
        plot.Axes.Top.FrameLineStyle.Width = 0;
        plot.Axes.Right.FrameLineStyle.Width = 0;
        plot.Axes.Right.MinimumSize = 24;
        plot.Grid.MajorLineColor = Color.FromHex("#E6E6E6");
        return plot;
    }

    /// <summary>A long title on several lines, broken between words.</summary>
    private static string Wrapped(string title)
    {
        var lines = new List<string> { "" };
        foreach (var word in title.Split(' '))
        {
            if (lines[^1].Length > 0 && lines[^1].Length + word.Length > TitleWidth) { lines.Add(""); }
            lines[^1] += lines[^1].Length > 0 ? " " + word : word;
        }
        return string.Join('\n', lines);
    }

    private static void AddBand(Plot plot, PlotSeries series, Color color)
    {
        if (series.Band.Count == 0) { return; }
        if (series.Style == SeriesStyle.MarkedLine)
        {
            AddWhiskers(plot, series, color);
            return;
        }
        var points = Enumerable.Range(0, series.Band.Count)
            .Where(i => double.IsFinite(series.Band[i].Low) && double.IsFinite(series.Band[i].High))
            .Select(i => (series.X[i], series.Band[i].Low, series.Band[i].High))
            .ToList();
        if (points.Count < 2) { return; }
        var band = plot.Add.FillY(points, point => point);
        band.FillColor = color.WithAlpha(0.18);
        band.LineWidth = 0;
        band.MarkerSize = 0;
    }

    private static void AddWhiskers(Plot plot, PlotSeries series, Color color)
    {
        var known = Enumerable.Range(0, series.Band.Count)
            .Where(i => double.IsFinite(series.Y[i]) && double.IsFinite(series.Band[i].Low) && double.IsFinite(series.Band[i].High)).ToList();
        if (known.Count == 0) { return; }
        var whiskers = new ErrorBar([.. known.Select(i => series.X[i])], [.. known.Select(i => series.Y[i])], null, null, null, null)
        {
            YErrorNegative = [.. known.Select(i => series.Y[i] - series.Band[i].Low)],
            YErrorPositive = [.. known.Select(i => series.Band[i].High - series.Y[i])],
        };
        plot.Add.Plottable(whiskers);
        whiskers.Color = color;
        whiskers.LineWidth = 1.5f;
        whiskers.CapSize = 5;
    }

    private static void AddSeries(Plot plot, PlotSeries series, Color color, LinePattern pattern)
    {
        if (series.X.Count == 0) { return; }
        var reference = series.Style == SeriesStyle.Reference;
        var scatter = plot.Add.Scatter(series.X.ToArray(), series.Y.ToArray(), reference ? Muted : color);
        scatter.LegendText = series.Name;
        scatter.LinePattern = reference ? LinePattern.Dotted : pattern;
        scatter.LineWidth = series.Style switch { SeriesStyle.Points => 0, SeriesStyle.Reference => 1.5f, _ => 2.5f };
        scatter.MarkerSize = series.Style switch
        {
            SeriesStyle.Points => 7,
            SeriesStyle.MarkedLine => 9,
            _ => series.X.Count == 1 ? 9 : 0,
        };
    }

    private static void AddBar(Plot plot, PlotBar bar, double place, Color color)
    {
        if (!double.IsFinite(bar.Value))
        {
            AddText(plot, "not measured", 0, place, 6);
            return;
        }
        plot.Add.Bar(new Bar
        {
            Position = place,
            Value = bar.Value,
            Size = 0.62,
            Orientation = Orientation.Horizontal,
            FillColor = color.WithAlpha(0.55),
            LineColor = color,
            LineWidth = 1,
        });
        // Dots lie below the whisker, so that neither hides the other.
        var finite = bar.Points.Where(double.IsFinite).ToArray();
        var dots = plot.Add.ScatterPoints(finite, Enumerable.Repeat(place - 0.17, finite.Length).ToArray(), color);
        dots.MarkerStyle = new MarkerStyle(MarkerShape.FilledCircle, 7, Colors.White);
        dots.MarkerStyle.OutlineColor = Ink;
        dots.MarkerStyle.OutlineWidth = 1;
        var end = bar.Value;
        if (double.IsFinite(bar.Interval.Low) && double.IsFinite(bar.Interval.High))
        {
            var whisker = new ErrorBar([bar.Value], [place], null, null, null, null)
            {
                XErrorNegative = [bar.Value - bar.Interval.Low],
                XErrorPositive = [bar.Interval.High - bar.Value],
            };
            plot.Add.Plottable(whisker);
            whisker.Color = Ink;
            whisker.LineWidth = 2;
            whisker.CapSize = 5;
            end = Math.Max(end, bar.Interval.High);
        }
        AddText(plot, Numbers.Text(bar.Value), Math.Max(end, 0), place + 0.04, 8);
    }

    private static void AddText(Plot plot, string text, double x, double y, float offset)
    {
        var label = plot.Add.Text(text, x, y);
        label.LabelFontName = PlotFont.Name;
        label.LabelFontSize = 13;
        label.LabelFontColor = Ink;
        label.LabelAlignment = Alignment.MiddleLeft;
        label.OffsetX = offset;
    }

    /// <summary>From just below zero, so that dots there are whole, to the longest whisker, dot or reference, with room for the value's text.</summary>
    private static void FitValueAxis(Plot plot, IReadOnlyList<PlotBar> bars, IReadOnlyList<ReferenceLine> references)
    {
        var values = bars.SelectMany(bar => bar.Points.Concat([bar.Value, bar.Interval.Low, bar.Interval.High]))
            .Concat(references.Select(reference => reference.Value))
            .Where(double.IsFinite).Append(0).ToList();
        var span = values.Max() - values.Min();
        if (span == 0) { span = 1; }
        plot.Axes.SetLimitsX(values.Min() < 0 ? values.Min() - 0.05 * span : -0.01 * span, values.Max() + 0.12 * span);
    }

    private static void ShowLegend(Plot plot, int entries)
    {
        if (entries < 2)
        {
            plot.HideLegend();
            return;
        }
        plot.Legend.FontName = PlotFont.Name;
        plot.Legend.FontSize = 13;
        plot.Legend.SymbolWidth = 32;
        plot.Legend.OutlineWidth = 0;
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.Legend.BackgroundColor = Colors.White;
        plot.ShowLegend(Edge.Bottom);
        plot.Legend.Orientation = Orientation.Horizontal;
        plot.Legend.TightHorizontalWrapping = true;
    }
}
