using ScottPlot;

namespace Bellman.Experiments;

/// <summary>A figure with its place in a report.</summary>
/// <param name="Name">Its file's name without an extension: lower-case letters, digits and hyphens.</param>
/// <param name="Title">What it shows, for readers who do not see it.</param>
/// <param name="Figure">The drawing.</param>
public sealed record NamedFigure(string Name, string Title, Figure Figure);

/// <summary>A finished drawing, to be saved as PNG and SVG.</summary>
public sealed class Figure
{
    private const int PixelsAPoint = 2;

    private readonly Plot plot;
    private readonly int width;
    private readonly int height;

    /// <summary>A drawing of a plot made with ScottPlot itself; <see cref="Plots"/> makes the usual ones.</summary>
    /// <param name="plot">The plot.</param>
    /// <param name="width">Width in points.</param>
    /// <param name="height">Height in points.</param>
    public Figure(Plot plot, int width, int height)
    {
        this.plot = plot;
        this.width = width;
        this.height = height;
    }

    /// <summary>The PNG, twice the SVG's size for sharp screens.</summary>
    public byte[] ToPng()
    {
        plot.ScaleFactor = PixelsAPoint;
        return plot.GetImage(width * PixelsAPoint, height * PixelsAPoint).GetImageBytes(ImageFormat.Png);
    }

    /// <summary>The SVG; its text stays text.</summary>
    public string ToSvg()
    {
        plot.ScaleFactor = 1;
        return plot.GetSvgXml(width, height);
    }

    /// <summary>Writes <c>path.png</c> and <c>path.svg</c>.</summary>
    /// <param name="path">The path without an extension; its folder is made when missing.</param>
    /// <exception cref="BellmanException">The folder cannot be written.</exception>
    public void Save(string path)
    {
        WholeFile.Write(path + ".png", ToPng());
        WholeFile.Write(path + ".svg", ToSvg());
    }
}
