namespace Bellman;

/// <summary>A picture of 8-bit red, green and blue, row by row from the top.</summary>
public sealed class RgbImage
{
    /// <summary>A black picture.</summary>
    public RgbImage(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        Width = width;
        Height = height;
        Pixels = new byte[width * height * 3];
    }

    /// <summary>Pixels across.</summary>
    public int Width { get; }

    /// <summary>Pixels down.</summary>
    public int Height { get; }

    /// <summary>[height, width, 3] bytes.</summary>
    public byte[] Pixels { get; }
}
