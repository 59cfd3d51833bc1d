namespace Bellman.Language.Tokenizers;

/// <summary>What becomes of the matches at which text is split.</summary>
internal sealed record SplitBehaviour(string Name)
{
    public static SplitBehaviour Removed { get; } = new("Removed");

    private static readonly string[] Known = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];

    /// <exception cref="UsageException">It is none of the known ones.</exception>
    public static SplitBehaviour Read(JsonField field) =>
        Known.Contains(field.Text()) ? new SplitBehaviour(field.Text()) : throw field.Refuse($"is '{field.Text()}'; it is one of {string.Join(", ", Known)}.");

    /// <summary>The pieces that remain, in order.</summary>
    public IEnumerable<(int Start, int End)> Apply(List<(int Start, int End, bool IsMatch)> pieces) => Name switch
    {
        "Removed" => pieces.Where(piece => !piece.IsMatch).Select(piece => (piece.Start, piece.End)),
        "Isolated" => pieces.Select(piece => (piece.Start, piece.End)),
        "Contiguous" => Merge(pieces, (before, now) => before.IsMatch == now.IsMatch),
        "MergedWithPrevious" => Merge(pieces, (before, now) => now.IsMatch && !before.IsMatch),
        _ => Merge(pieces, (before, now) => before.IsMatch && !now.IsMatch),
    };

    private static List<(int, int)> Merge(
        List<(int Start, int End, bool IsMatch)> pieces, Func<(int Start, int End, bool IsMatch), (int Start, int End, bool IsMatch), bool> belongs)
    {
        var merged = new List<(int Start, int End)>();
        for (var i = 0; i < pieces.Count; i++)
        {
            if (i > 0 && belongs(pieces[i - 1], pieces[i])) { merged[^1] = (merged[^1].Start, pieces[i].End); }
            else { merged.Add((pieces[i].Start, pieces[i].End)); }
        }
        return merged;
    }
}
