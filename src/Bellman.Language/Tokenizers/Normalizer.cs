namespace Bellman.Language.Tokenizers;

/// <summary>Changes text before it is split.</summary>
internal interface INormalizer
{
    string Apply(string text);
}

/// <summary>Reads <c>normalizer</c> of a tokenizer.json.</summary>
internal static class Normalizer
{
    /// <exception cref="UsageException">A kind that is not known.</exception>
    public static IReadOnlyList<INormalizer> Read(JsonField field)
    {
        if (field.IsNull) { return []; }
        var type = field["type"];
        return type.Text() switch
        {
            "Sequence" => [.. field["normalizers"].Items().SelectMany(Read)],
            "NFC" => [new Composed()],
            "Lowercase" => [new Lowercase()],
            "Prepend" => [new Prepended(field["prepend"].Text())],
            "Replace" => [new Replaced(new TextPattern(field["pattern"]), field["content"].Text())],
            "Strip" => [new Stripped(field["strip_left"].Flag(true), field["strip_right"].Flag(true))],
            var other => throw type.Refuse($"is '{other}'; the normalizers that can be read are NFC, Lowercase, Prepend, Replace, Strip and Sequence."),
        };
    }

    private sealed record Composed : INormalizer
    {
        public string Apply(string text) => UnicodeComposition.Compose(text);
    }

    private sealed record Lowercase : INormalizer
    {
        public string Apply(string text) => text.ToLowerInvariant();
    }

    private sealed record Prepended(string Text) : INormalizer
    {
        public string Apply(string text) => text.Length == 0 ? text : Text + text;
    }

    private sealed record Replaced(TextPattern Pattern, string Content) : INormalizer
    {
        public string Apply(string text) => Pattern.Replace(text, Content);
    }

    private sealed record Stripped(bool Left, bool Right) : INormalizer
    {
        public string Apply(string text) => (Left, Right) switch
        {
            (true, true) => text.Trim(),
            (true, false) => text.TrimStart(),
            (false, true) => text.TrimEnd(),
            _ => text,
        };
    }
}
