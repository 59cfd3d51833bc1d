using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Bellman.Language.Tokenizers;

/// <summary>
/// A regular expression over Unicode characters rather than UTF-16 units: characters beyond U+FFFF are matched as a stand-in of
/// the same category, so that <c>\p{L}</c> finds an old Italic letter as it finds an a. Matching takes bounded time.
/// </summary>
internal sealed class RunePattern
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    // One character below U+10000 of each category, rare enough that no expression names it; unassigned stands for the rest.
    private static readonly Dictionary<UnicodeCategory, char> StandIns = new()
    {
        [UnicodeCategory.UppercaseLetter] = '\u04C0',
        [UnicodeCategory.LowercaseLetter] = '\u1D6B',
        [UnicodeCategory.TitlecaseLetter] = '\u1F88',
        [UnicodeCategory.ModifierLetter] = '\u02B9',
        [UnicodeCategory.OtherLetter] = '\u01BB',
        [UnicodeCategory.NonSpacingMark] = '\u0F35',
        [UnicodeCategory.SpacingCombiningMark] = '\u0F3E',
        [UnicodeCategory.EnclosingMark] = '\u0488',
        [UnicodeCategory.DecimalDigitNumber] = '\u0F20',
        [UnicodeCategory.LetterNumber] = '\u16EE',
        [UnicodeCategory.OtherNumber] = '\u0F2A',
        [UnicodeCategory.ConnectorPunctuation] = '\uFE4D',
        [UnicodeCategory.DashPunctuation] = '\u1806',
        [UnicodeCategory.OpenPunctuation] = '\u0F3A',
        [UnicodeCategory.ClosePunctuation] = '\u0F3B',
        [UnicodeCategory.InitialQuotePunctuation] = '\u2E02',
        [UnicodeCategory.FinalQuotePunctuation] = '\u2E03',
        [UnicodeCategory.OtherPunctuation] = '\u0F04',
        [UnicodeCategory.MathSymbol] = '\u2A00',
        [UnicodeCategory.CurrencySymbol] = '\u0E3F',
        [UnicodeCategory.ModifierSymbol] = '\uA700',
        [UnicodeCategory.OtherSymbol] = '\u0F01',
        [UnicodeCategory.Format] = '\u206A',
        [UnicodeCategory.PrivateUse] = '\uE000',
    };

    private readonly Regex expression;

    /// <summary>Compiles an expression.</summary>
    /// <exception cref="ArgumentException">It is malformed, or uses what this engine lacks.</exception>
    public RunePattern(string pattern) =>
        expression = new Regex(PortableSyntax(pattern), RegexOptions.CultureInvariant | RegexOptions.Compiled, Timeout);

    /// <summary>The matches in order: start and end as positions in <paramref name="text"/>, which is valid UTF-16.</summary>
    /// <exception cref="UsageException">The expression takes too long on this text.</exception>
    public List<(int Start, int End)> Matches(string text)
    {
        var positions = Positions(text, out var plain);
        var matches = new List<(int, int)>();
        try
        {
            foreach (var match in expression.EnumerateMatches(plain))
            {
                matches.Add(positions is null ? (match.Index, match.Index + match.Length) : (positions[match.Index], positions[match.Index + match.Length]));
            }
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new UsageException($"The tokenizer's expression takes longer than {Timeout.TotalSeconds:0} s on a text of {text.Length} characters. Split the text, or check the expression in tokenizer.json.", error);
        }
        return matches;
    }

    /// <summary>The text with one unit a character, and where each unit lies; null when every character is one unit already.</summary>
    private static int[]? Positions(string text, out string plain)
    {
        plain = text;
        if (!text.Any(char.IsSurrogate)) { return null; }
        var (units, positions) = (new StringBuilder(text.Length), new List<int>(text.Length + 1));
        for (var at = 0; at < text.Length;)
        {
            var rune = Rune.GetRuneAt(text, at);
            positions.Add(at);
            units.Append(rune.IsBmp ? (char)rune.Value : StandIns.GetValueOrDefault(Rune.GetUnicodeCategory(rune), '\uFDD0'));
            at += rune.Utf16SequenceLength;
        }
        positions.Add(text.Length);
        plain = units.ToString();
        return [.. positions];
    }

    /// <summary>Possessive quantifiers, which .NET writes as atomic groups, occur in published expressions only after one item.</summary>
    private static string PortableSyntax(string pattern) => PossessiveQuantifier.Replace(pattern, "(?>$1$2)");

    private static readonly Regex PossessiveQuantifier = new(
        @"((?:\\p\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*\]|[^\\\[\]()|?*+{}]))([?*+])\+", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
}
