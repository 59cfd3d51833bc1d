namespace Bellman.Algorithms;

/// <summary>The scale that policies act on and the bounds of a Box.</summary>
internal static class BoxScale
{
    /// <summary>[-1, 1] becomes the range of a bounded component; what lies outside is clipped. An unbounded component is taken as it is.</summary>
    public static void Clip(Box box, ReadOnlySpan<float> action, Span<float> element)
    {
        for (var i = 0; i < element.Length; i++)
        {
            var (low, high) = (box.Low[i], box.High[i]);
            element[i] = float.IsFinite(low) && float.IsFinite(high)
                ? Math.Clamp(low + (action[i] + 1) * 0.5f * (high - low), low, high)
                : Math.Clamp(action[i], low, high);
        }
    }

    /// <summary>[0, 1] becomes the range of component <paramref name="i"/>.</summary>
    public static float FromUnit(Box box, int i, float share) => Math.Clamp(box.Low[i] + share * (box.High[i] - box.Low[i]), box.Low[i], box.High[i]);
}
