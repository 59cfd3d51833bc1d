using System.Globalization;

namespace Bellman.Cli;

/// <summary>Numbers as people write them on a command line.</summary>
internal static class Quantity
{
    /// <summary>Steps, episodes, seeds: whole numbers, also as 1e6 or 1_000_000.</summary>
    public static long Whole(string? text, string name, long fallback, long minimum) => Whole(text, name, fallback, minimum, long.MaxValue);

    /// <summary>Trials, episodes: as <see cref="Whole(string?, string, long, long)"/>, up to two billion.</summary>
    public static int Count(string? text, string name, int fallback, int minimum) => (int)Whole(text, name, fallback, minimum, int.MaxValue);

    private static long Whole(string? text, string name, long fallback, long minimum, long maximum)
    {
        if (text is null) { return fallback; }
        if (decimal.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number == decimal.Truncate(number) && number >= minimum && number <= maximum)
        {
            return (long)number;
        }
        throw new UsageException($"{name} cannot be '{text}': it is a whole number from {minimum} {(maximum < long.MaxValue ? $"to {maximum}" : "up")}, e.g. 100000 or 1e5.");
    }

    /// <summary>A finite number, or null if none was given.</summary>
    public static double? Real(string? text, string name)
    {
        if (text is null) { return null; }
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number
            : throw new UsageException($"{name} cannot be '{text}': it is a number, e.g. 475 or -13.5.");
    }
}
