using System.Globalization;
using System.Text;

namespace Bellman.Language.Tokenizers;

/// <summary>Cuts text into the pieces within which the model joins symbols.</summary>
internal interface IPreTokenizer
{
    /// <summary>The pieces, possibly rewritten; none is empty.</summary>
    /// <param name="text">Not empty.</param>
    /// <param name="isFirst">The text begins what is encoded.</param>
    IEnumerable<string> Split(string text, bool isFirst);
}

/// <summary>Reads <c>pre_tokenizer</c> of a tokenizer.json.</summary>
internal static class PreTokenizer
{
    private static readonly RunePattern Words = new(@"\w+|[^\w\s]+");

    /// <exception cref="UsageException">A kind that is not known, or a field that is missing or wrong.</exception>
    public static IReadOnlyList<IPreTokenizer> Read(JsonField field)
    {
        if (field.IsNull) { return []; }
        var type = field["type"];
        return type.Text() switch
        {
            "Sequence" => [.. field["pretokenizers"].Items().SelectMany(Read)],
            "ByteLevel" => [new ByteLevel(field["add_prefix_space"].Flag(true), field["use_regex"].Flag(true))],
            "Split" => [new SplitAt(new TextPattern(field["pattern"]), SplitBehaviour.Read(field["behavior"]), field["invert"].Flag(false))],
            "Digits" => [new DigitGroups(field["individual_digits"].Flag(false))],
            "Metaspace" => [Metaspace.Read(field)],
            "Whitespace" => [new SplitAt(new TextPattern(Words), SplitBehaviour.Removed, Invert: true)],
            "WhitespaceSplit" => [new SplitAt(new TextPattern(new RunePattern(@"\s")), SplitBehaviour.Removed, Invert: false)],
            var other => throw type.Refuse($"is '{other}'; the pre-tokenizers that can be read are ByteLevel, Split, Digits, Metaspace, Whitespace, WhitespaceSplit and Sequence."),
        };
    }

    /// <summary>A text run through all of them.</summary>
    public static IEnumerable<string> Split(this IReadOnlyList<IPreTokenizer> steps, string text, bool isFirst)
    {
        IEnumerable<(string Text, bool IsFirst)> pieces = [(text, isFirst)];
        foreach (var step in steps)
        {
            pieces = pieces.SelectMany(piece => step.Split(piece.Text, piece.IsFirst).Select((part, index) => (part, piece.IsFirst && index == 0)));
        }
        return pieces.Select(piece => piece.Text);
    }

    /// <summary>Bytes as characters; on its own, also GPT-2's expression.</summary>
    private sealed record ByteLevel(bool PrefixSpace, bool UseExpression) : IPreTokenizer
    {
        private static readonly TextPattern Expression = new(new RunePattern(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"));

        public IEnumerable<string> Split(string text, bool isFirst)
        {
            if (PrefixSpace && text[0] != ' ') { text = " " + text; }
            return UseExpression ? Expression.Pieces(text).Select(piece => ByteAlphabet.Write(text[piece.Start..piece.End])) : [ByteAlphabet.Write(text)];
        }
    }

    private sealed record SplitAt(TextPattern Pattern, SplitBehaviour Behaviour, bool Invert) : IPreTokenizer
    {
        public IEnumerable<string> Split(string text, bool isFirst) =>
            Behaviour.Apply([.. Pattern.Pieces(text).Select(piece => (piece.Start, piece.End, IsMatch: piece.IsMatch != Invert))]).Select(piece => text[piece.Start..piece.End]);
    }

    private sealed record DigitGroups(bool Individual) : IPreTokenizer
    {
        public IEnumerable<string> Split(string text, bool isFirst)
        {
            var start = 0;
            var before = false;
            for (var at = 0; at < text.Length;)
            {
                var rune = Rune.GetRuneAt(text, at);
                var digit = Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
                if (at > 0 && (digit != before || (digit && Individual)))
                {
                    yield return text[start..at];
                    start = at;
                }
                before = digit;
                at += rune.Utf16SequenceLength;
            }
            yield return text[start..];
        }
    }

    /// <summary>Spaces as a visible character, pieces beginning at each.</summary>
    private sealed record Metaspace(string Replacement, string Scheme, bool Splits) : IPreTokenizer
    {
        public static Metaspace Read(JsonField field)
        {
            var replacement = field["replacement"].TextOrNull() ?? "▁";
            if (replacement.Length == 0) { throw field["replacement"].Refuse("is empty."); }
            var scheme = field["prepend_scheme"].TextOrNull() ?? (field["add_prefix_space"].Flag(true) ? "always" : "never");
            if (scheme is not ("always" or "first" or "never")) { throw field["prepend_scheme"].Refuse($"is '{scheme}'; it is always, first or never."); }
            return new Metaspace(replacement, scheme, field["split"].Flag(true));
        }

        public IEnumerable<string> Split(string text, bool isFirst)
        {
            var visible = text.Replace(" ", Replacement, StringComparison.Ordinal);
            if ((Scheme == "always" || (Scheme == "first" && isFirst)) && !visible.StartsWith(Replacement, StringComparison.Ordinal)) { visible = Replacement + visible; }
            var start = 0;
            for (var at = visible.IndexOf(Replacement, 1, StringComparison.Ordinal); Splits && at >= 0; at = visible.IndexOf(Replacement, at + 1, StringComparison.Ordinal))
            {
                yield return visible[start..at];
                start = at;
            }
            yield return visible[start..];
        }
    }
}
