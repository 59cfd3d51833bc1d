using System.Globalization;

namespace Bellman.Experiments;

/// <summary>Numbers as reports show them: four significant digits, and words for what is not a number.</summary>
internal static class Numbers
{
    internal static string Text(double value)
    {
        if (double.IsNaN(value)) { return "-"; }
        if (double.IsInfinity(value)) { return value > 0 ? "∞" : "-∞"; }
        var size = Math.Abs(value);
        if (size is not 0 and (< 1e-4 or >= 1e9)) { return value.ToString("0.###e0", CultureInfo.InvariantCulture); }
        var decimals = size == 0 ? 0 : Math.Clamp(3 - (int)Math.Floor(Math.Log10(size)), 0, 7);
        return Math.Round(value, decimals).ToString("0.#######", CultureInfo.InvariantCulture);
    }

    internal static string Text(Interval interval) =>
        double.IsNaN(interval.Low) ? "-" : $"[{Text(interval.Low)}, {Text(interval.High)}]";

    internal static string Duration(double seconds) => seconds switch
    {
        < 60 => $"{seconds:0.0} s",
        < 3600 => $"{(int)seconds / 60} min {(int)seconds % 60} s",
        _ => $"{(int)seconds / 3600} h {(int)seconds / 60 % 60} min",
    };
}
