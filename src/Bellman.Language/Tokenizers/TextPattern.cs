namespace Bellman.Language.Tokenizers;

/// <summary>What a tokenizer.json searches for: <c>{"Regex": ...}</c> or <c>{"String": ...}</c>.</summary>
internal sealed class TextPattern
{
    private readonly RunePattern? expression;
    private readonly string? text;

    /// <summary>A regular expression.</summary>
    public TextPattern(RunePattern expression) => this.expression = expression;

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="UsageException">It is neither, empty, or an expression that cannot be compiled.</exception>
    public TextPattern(JsonField pattern)
    {
        var field = pattern.Required()["Regex"];
        if (field.IsNull)
        {
            text = pattern["String"].Text();
            if (text.Length == 0) { throw pattern["String"].Refuse("is empty."); }
            return;
        }
        try
        {
            expression = new RunePattern(field.Text());
        }
        catch (ArgumentException error)
        {
            throw field.Refuse($"is an expression that cannot be used: {error.Message}");
        }
    }

    /// <summary>The whole text in pieces, each a match or what lies between matches; none is empty.</summary>
    public IEnumerable<(int Start, int End, bool IsMatch)> Pieces(string subject)
    {
        var done = 0;
        foreach (var (start, end) in expression is null ? Occurrences(subject, text ?? "") : expression.Matches(subject))
        {
            if (start > done) { yield return (done, start, false); }
            if (end > start) { yield return (start, end, true); }
            done = end;
        }
        if (done < subject.Length) { yield return (done, subject.Length, false); }
    }

    /// <summary>The text with every match replaced.</summary>
    public string Replace(string subject, string replacement) =>
        string.Concat(Pieces(subject).Select(piece => piece.IsMatch ? replacement : subject[piece.Start..piece.End]));

    private static List<(int, int)> Occurrences(string subject, string text)
    {
        var found = new List<(int, int)>();
        for (var at = subject.IndexOf(text, StringComparison.Ordinal); at >= 0; at = subject.IndexOf(text, at + text.Length, StringComparison.Ordinal)) { found.Add((at, at + text.Length)); }
        return found;
    }
}
