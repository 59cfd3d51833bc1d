namespace Bellman.Environments;

/// <summary>One set of colours, so that the pictures look like one family.</summary>
internal static class Palette
{
    public static Rgb Background => new(247, 248, 250);
    public static Rgb Ink => Rgb.Ink;
    public static Rgb Line => new(203, 208, 216);
    public static Rgb Grey => new(128, 136, 148);
    public static Rgb Blue => new(46, 109, 200);
    public static Rgb Sky => new(214, 231, 247);
    public static Rgb Orange => new(232, 137, 49);
    public static Rgb Red => new(205, 66, 62);
    public static Rgb Green => new(62, 150, 92);
    public static Rgb Yellow => new(240, 196, 60);
    public static Rgb Wood => new(191, 146, 96);
    public static Rgb Dark => new(58, 66, 79);
}
