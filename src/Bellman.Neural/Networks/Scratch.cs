namespace Bellman.Neural;

/// <summary>Blocks between networks, which grow with the largest batch and are then used again.</summary>
internal static class Scratch
{
    /// <summary>The first <paramref name="size"/> numbers of a block, which is made anew when it has fewer; what they hold is not defined.</summary>
    public static Span<float> Sized(ref float[] block, int size)
    {
        if (block.Length < size) { block = new float[size]; }
        return block.AsSpan(0, size);
    }
}
