using ScottPlot;
using SkiaSharp;

namespace Bellman.Experiments;

/// <summary>
/// The font of every plot, carried inside the library: a container with only the .NET SDK has none, and plots would then be
/// drawn without any text.
/// </summary>
public sealed class PlotFont : IFontResolver
{
    /// <summary>The font's name.</summary>
    public const string Name = "DejaVu Sans";

    private static readonly Lazy<SKData> Data = new(Load);

    private static readonly Lazy<bool> Registered = new(() =>
    {
        Fonts.FontResolvers.Insert(0, new PlotFont());
        Fonts.Default = Name;
        return true;
    });

    /// <summary>Makes it the default of all plots; calling it again does nothing. A paper that draws a plot of its own calls it first.</summary>
    public static bool Register() => Registered.Value;

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => Create(fontName);

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => Create(fontName);

    private static SKTypeface? Create(string fontName) => fontName == Name ? SKTypeface.FromData(Data.Value) : null;

    private static SKData Load()
    {
        using var resource = typeof(PlotFont).Assembly.GetManifestResourceStream("Bellman.Assets.DejaVuSans.ttf")
            ?? throw new BellmanException("The plot font is missing from Bellman.dll. Build the library again from unmodified sources.");
        return SKData.Create(resource);
    }
}
