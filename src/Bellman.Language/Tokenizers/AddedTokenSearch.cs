using System.Globalization;
using System.Text;

namespace Bellman.Language.Tokenizers;

/// <summary>Finds added tokens in text: leftmost first, of those the longest.</summary>
internal sealed class AddedTokenSearch
{
    private readonly Node root = new();

    /// <summary>Searches for tokens, each by the text it has there.</summary>
    public AddedTokenSearch(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        foreach (var (text, token) in tokens)
        {
            var node = root;
            foreach (var character in text)
            {
                if (!node.Children.TryGetValue(character, out var child)) { node.Children[character] = child = new Node(); }
                node = child;
            }
            // The last of two tokens with one text counts.
            if (node != root) { node.Token = token; }
        }
    }

    /// <summary>The text in parts: found tokens, and what lies between them (no token).</summary>
    /// <param name="text">Valid UTF-16.</param>
    /// <param name="allowSpecial">False reads special tokens as ordinary text.</param>
    public IEnumerable<(string Text, AddedToken? Token)> Split(string text, bool allowSpecial)
    {
        var (done, at) = (0, 0);
        while (root.Children.Count > 0 && at < text.Length)
        {
            if (Longest(text, at) is not { } match) { at++; continue; }
            var (token, end) = match;
            var start = at;
            // A match that does not count is passed over whole, as in the reference implementation.
            at = end;
            if ((token.Special && !allowSpecial) || (token.SingleWord && !IsAlone(text, start, end))) { continue; }
            if (token.StripLeft) { while (start > done && char.IsWhiteSpace(text[start - 1])) { start--; } }
            if (token.StripRight) { while (end < text.Length && char.IsWhiteSpace(text[end])) { end++; } }
            if (start > done) { yield return (text[done..start], null); }
            yield return (text[start..end], token);
            (done, at) = (end, end);
        }
        if (done < text.Length) { yield return (text[done..], null); }
    }

    private (AddedToken Token, int End)? Longest(string text, int start)
    {
        (AddedToken, int)? longest = null;
        var node = root;
        for (var i = start; i < text.Length && node.Children.TryGetValue(text[i], out var child); i++)
        {
            node = child;
            if (node.Token is { } token) { longest = (token, i + 1); }
        }
        return longest;
    }

    private static bool IsAlone(string text, int start, int end) =>
        !(start > 0 && IsWord(Before(text, start))) && !(end < text.Length && Rune.TryGetRuneAt(text, end, out var after) && IsWord(after));

    private static Rune Before(string text, int at) =>
        Rune.DecodeLastFromUtf16(text.AsSpan(0, at), out var rune, out _) == System.Buffers.OperationStatus.Done ? rune : Rune.ReplacementChar;

    /// <summary><c>\w</c> of Unicode regular expressions: letters (circled and squared ones too), marks, decimal digits, connectors, joiners.</summary>
    private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter
        or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation
        || rune.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    private sealed class Node
    {
        public Dictionary<char, Node> Children { get; } = [];

        public AddedToken? Token { get; set; }
    }
}
