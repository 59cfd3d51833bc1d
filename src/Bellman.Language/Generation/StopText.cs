namespace Bellman.Language;

/// <summary>Stop texts in a response that is complete, or still growing.</summary>
public static class StopText
{
    /// <summary>The text up to the first stop text in it.</summary>
    public static string Cut(string text, IReadOnlyList<string> stops)
    {
        var end = text.Length;
        foreach (var stop in stops)
        {
            var at = stop.Length > 0 ? text.IndexOf(stop, StringComparison.Ordinal) : -1;
            if (at >= 0) { end = Math.Min(end, at); }
        }
        return text[..end];
    }

    /// <summary>How much of a growing text can be shown: up to a stop text, or up to an end that may become one.</summary>
    public static int Shown(string text, IReadOnlyList<string> stops)
    {
        var end = Cut(text, stops).Length;
        if (end < text.Length) { return end; }
        for (var at = Math.Max(0, text.Length - stops.Select(stop => stop.Length).DefaultIfEmpty(0).Max()); at < text.Length; at++)
        {
            if (stops.Any(stop => stop.AsSpan().StartsWith(text.AsSpan(at), StringComparison.Ordinal))) { return at; }
        }
        return text.Length;
    }
}
