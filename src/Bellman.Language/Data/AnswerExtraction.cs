using System.Text.RegularExpressions;

namespace Bellman.Language.Data;

/// <summary>Finds the answer in a response: after the marker, in the last box, or the last number.</summary>
public static partial class AnswerExtraction
{
    /// <summary>What precedes the answer on its line, as in GSM8K.</summary>
    public const string Marker = "####";

    private const string Box = @"\boxed";

    /// <summary>The answer after the marker, else in the last box, else the last number; null when there is none of them.</summary>
    public static string? Find(string text) => AfterMarker(text) ?? Boxed(text) ?? LastNumber(text);

    /// <summary>The rest of the line after the last marker; null without a marker or when nothing follows it.</summary>
    public static string? AfterMarker(string text)
    {
        var start = text.LastIndexOf(Marker, StringComparison.Ordinal);
        if (start < 0) { return null; }
        var rest = text[(start + Marker.Length)..].TrimStart(' ', '\t');
        var answer = rest.Split('\n', 2)[0].Trim();
        return answer.Length == 0 ? null : answer;
    }

    /// <summary>
    /// The content of the last <c>\boxed{...}</c> or <c>\fbox{...}</c>, braces inside it matched; null without one, or when it is
    /// never closed. <c>\boxed 7</c> is read as well.
    /// </summary>
    public static string? Boxed(string text)
    {
        var at = Math.Max(text.LastIndexOf(Box, StringComparison.Ordinal), text.LastIndexOf(@"\fbox", StringComparison.Ordinal));
        if (at < 0) { return null; }
        var start = at + (text[at + 1] == 'b' ? Box.Length : @"\fbox".Length);
        if (start < text.Length && text[start] == ' ')
        {
            var word = text[start..].TrimStart().Split([' ', '\n', '$'], 2)[0];
            if (!word.StartsWith('{')) { return word.Length == 0 ? null : word.TrimEnd('.', ','); }
            start = text.IndexOf('{', start);
        }
        return start < text.Length && text[start] == '{' ? Braced(text, start) : null;
    }

    /// <summary>The last number as it is written, with its sign, separators, decimals and fraction; null without one.</summary>
    public static string? LastNumber(string text)
    {
        string? last = null;
        foreach (var match in Number().EnumerateMatches(text)) { last = text.Substring(match.Index, match.Length); }
        return last;
    }

    /// <summary>What lies between the brace at <paramref name="open"/> and its partner.</summary>
    private static string? Braced(string text, int open)
    {
        var depth = 0;
        for (var i = open; i < text.Length; i++)
        {
            // A brace that is written out, as in \{1, 2\}, opens nothing.
            if (text[i] == '\\') { i++; }
            else if (text[i] == '{') { depth++; }
            else if (text[i] == '}' && --depth == 0) { return text[(open + 1)..i].Trim(); }
        }
        return null;
    }

    // A minus belongs to the number unless something that could be subtracted from stands before it.
    [GeneratedRegex(@"(?<![\w.)])[-\u2212]?[$€£]?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?:\s?/\s?[0-9]+)?|(?<=[^0-9])\.[0-9]+|[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?:/[0-9]+)?", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Number();
}
