namespace Bellman;

/// <summary>Suggests the known names closest to a mistyped one (Damerau-Levenshtein distance, case ignored).</summary>
public static class NearNames
{
    /// <summary>
    /// The error for a name that is not known: it says what was given, the nearest names, and where the full list is.
    /// </summary>
    public static UsageException Unknown(string kind, string name, IEnumerable<string> known, string howToList)
    {
        var near = Find(name, known);
        var suggestion = near.Count > 0 ? $" Did you mean {string.Join(" or ", near)}?" : "";
        return new UsageException($"Unknown {kind} '{name}'.{suggestion} {howToList}");
    }

    /// <summary>Up to <paramref name="count"/> names near <paramref name="name"/>, nearest first.</summary>
    public static IReadOnlyList<string> Find(string name, IEnumerable<string> known, int count = 3)
    {
        var wanted = name.ToUpperInvariant();
        return known
            .Select(candidate => (candidate, distance: Distance(wanted, candidate.ToUpperInvariant())))
            .Where(pair => pair.distance <= Math.Max(2, pair.candidate.Length / 3)
                || (wanted.Length >= 3 && pair.candidate.Contains(wanted, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(pair => pair.distance).ThenBy(pair => pair.candidate, StringComparer.Ordinal)
            .Take(count).Select(pair => pair.candidate).ToList();
    }

    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) { d[i, 0] = i; }
        for (var j = 0; j <= b.Length; j++) { d[0, j] = j; }
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }
        return d[a.Length, b.Length];
    }
}
