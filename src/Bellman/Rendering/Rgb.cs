namespace Bellman;

/// <summary>A colour, 8 bits a channel.</summary>
/// <param name="R">Red.</param>
/// <param name="G">Green.</param>
/// <param name="B">Blue.</param>
public readonly record struct Rgb(byte R, byte G, byte B)
{
    /// <summary>(255, 255, 255).</summary>
    public static Rgb White => new(255, 255, 255);

    /// <summary>A soft black for lines and letters.</summary>
    public static Rgb Ink => new(38, 43, 51);

    /// <summary>The colour a fraction of the way to <paramref name="other"/>, 0 for this and 1 for the other.</summary>
    public Rgb Mix(Rgb other, double fraction) => new(Blend(R, other.R, fraction), Blend(G, other.G, fraction), Blend(B, other.B, fraction));

    private static byte Blend(byte from, byte to, double fraction) => (byte)Math.Round(from + (to - from) * Math.Clamp(fraction, 0, 1));
}
