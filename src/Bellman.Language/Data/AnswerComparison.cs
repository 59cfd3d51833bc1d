using System.Text.RegularExpressions;

namespace Bellman.Language.Data;

/// <summary>Whether two answers are the same: as exact numbers where both are numbers, as normalised text otherwise.</summary>
public static partial class AnswerComparison
{
    /// <summary>True when both answers mean the same.</summary>
    public static bool Same(string answer, string reference)
    {
        if (AnswerNumber.Parse(answer) is { } first && AnswerNumber.Parse(reference) is { } second) { return first == second; }
        return Normalise(answer) == Normalise(reference);
    }

    /// <summary>
    /// The text without what does not change its meaning: spaces, mathematics mode, sizes of brackets, spacing commands,
    /// <c>\text</c> around words, a full stop at the end; a number in its shortest form.
    /// </summary>
    public static string Normalise(string answer)
    {
        if (AnswerNumber.Parse(answer) is { } number) { return number.ToString(); }
        var text = Words().Replace(answer, "$1");
        text = text.Replace(@"\dfrac", @"\frac", StringComparison.Ordinal).Replace(@"\tfrac", @"\frac", StringComparison.Ordinal);
        text = ShortFraction().Replace(Nothing().Replace(text, ""), @"\frac{$1}{$2}");
        return text.TrimEnd('.', ',').ToLowerInvariant();
    }

    [GeneratedRegex(@"\\(?:text|mathrm|textbf|mbox)\{([^{}]*)\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Words();

    // Spaces between digits stay: 12 3 is not 123.
    [GeneratedRegex(@"\\left|\\right|\\[!,;: ]|(?<![0-9])\s+|\s+(?![0-9])|\$|\\%|%|\^\\circ|\^\{\\circ\}|°", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Nothing();

    [GeneratedRegex(@"\\frac([0-9])([0-9])", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ShortFraction();
}
