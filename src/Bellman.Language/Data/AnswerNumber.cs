using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Bellman.Language.Data;

/// <summary>An exact number read from an answer as people write it: a fraction in lowest terms, its denominator above 0.</summary>
/// <param name="Numerator">With the sign.</param>
/// <param name="Denominator">At least 1.</param>
public readonly partial record struct AnswerNumber(BigInteger Numerator, BigInteger Denominator)
{
    private const int LongestText = 200;

    /// <summary>
    /// Reads a number: thousands separators (commas, spaces), a currency sign before it, a percent sign or unit words after it,
    /// decimals, <c>a/b</c>, <c>\frac{a}{b}</c>, mixed numbers <c>1 1/2</c>, exponents. A percent sign is a unit: 50% is 50.
    /// Null when the text is something else.
    /// </summary>
    public static AnswerNumber? Parse(string text)
    {
        if (text.Length > LongestText) { return null; }
        var plain = Fraction().Replace(Decoration().Replace(text.Replace('\u2212', '-'), ""), " $1/$2").Trim().TrimEnd('.');
        var match = Shape().Match(plain);
        if (!match.Success) { return null; }
        var number = Decimal(Digits(match, "whole"), match.Groups["decimals"].Value, match.Groups["exponent"].Value);
        if (number is null) { return null; }
        var (numerator, denominator) = number.Value;
        if (match.Groups["over"].Success)
        {
            var over = BigInteger.Parse(match.Groups["over"].Value, CultureInfo.InvariantCulture);
            if (over.IsZero) { return null; }
            if (match.Groups["upper"].Success)
            {
                numerator = (numerator * over) + (BigInteger.Parse(match.Groups["upper"].Value, CultureInfo.InvariantCulture) * denominator);
            }
            denominator *= over;
        }
        var divisor = BigInteger.GreatestCommonDivisor(numerator, denominator);
        var sign = match.Groups["sign"].Value == "-" ? -1 : 1;
        return new AnswerNumber(sign * numerator / divisor, denominator / divisor);
    }

    /// <summary>A whole number as digits, anything else as <c>a/b</c>.</summary>
    public override string ToString() =>
        Denominator.IsOne ? Numerator.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{Numerator}/{Denominator}");

    private static string Digits(Match match, string group) => string.Concat(match.Groups[group].Value.Where(char.IsAsciiDigit));

    private static (BigInteger, BigInteger)? Decimal(string whole, string decimals, string exponent)
    {
        if (whole.Length + decimals.Length == 0) { return null; }
        var power = (exponent.Length == 0 ? 0 : int.Parse(exponent, CultureInfo.InvariantCulture)) - decimals.Length;
        var digits = BigInteger.Parse("0" + whole + decimals, CultureInfo.InvariantCulture);
        return power >= 0 ? (digits * BigInteger.Pow(10, power), BigInteger.One) : (digits, BigInteger.Pow(10, -power));
    }

    // What surrounds a number without changing it: mathematics mode, spacing commands, boxes of text, currency.
    [GeneratedRegex(@"\\left|\\right|\\[!,;: ]|\\\$|\\%|\^\\circ|\^\{\\circ\}|\\(?:text|mathrm|mbox)\{[^{}]*\}|[$€£¥%°*]|\b(?:USD|EUR|GBP)\b", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Decoration();

    [GeneratedRegex(@"\\[dtc]?frac\s*\{?\s*([0-9]+)\s*\}?\s*\{?\s*([0-9]+)\s*\}?", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Fraction();

    // Unit words after the number: two letters or more, or one that is a unit; 3x is not 3.
    [GeneratedRegex(
        @"^(?<sign>[-+])?\s*(?<whole>[0-9]{1,3}(?:[,\u00a0\u202f ][0-9]{3})+(?![0-9])|[0-9]*)(?:\.(?<decimals>[0-9]*))?(?:[eE](?<exponent>[-+]?[0-9]{1,2})(?![a-zA-Z0-9]))?(?:(?:\s+(?<upper>[0-9]+))?\s*/\s*(?<over>[0-9]+))?\s*(?:(?:[a-zA-Z]{2}|[mgshLJNWVKC](?![a-zA-Z]))(?:[a-zA-Z/ .²³-]|\^[0-9])*)?$",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Shape();
}
