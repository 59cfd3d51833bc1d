using System.Numerics;
using Bellman.Language.Data;

namespace Bellman.Language.Tasks.Problems;

/// <summary>An expression of whole numbers, + - * / and brackets, evaluated exactly.</summary>
/// <param name="Value">Its value; null after a division by zero.</param>
/// <param name="Numbers">Every number in it, as often as it occurs.</param>
internal sealed record Expression(AnswerNumber? Value, IReadOnlyList<int> Numbers)
{
    private const int LongestText = 200;

    /// <summary>Reads an expression, of which a right side <c>=17</c> is ignored; null when it is none.</summary>
    public static Expression? Parse(string text)
    {
        var plain = text.Split('=')[0].Replace(" ", "", StringComparison.Ordinal);
        if (plain.Length is 0 or > LongestText) { return null; }
        var reader = new Reader(plain);
        return reader.Read();
    }

    /// <summary>
    /// sum: product (('+' | '-') product)*; product: factor (('*' | '/') factor)*; factor: number | '(' sum ')'. The length bounds the depth.
    /// </summary>
    private sealed class Reader(string text)
    {
        private readonly List<int> numbers = [];
        private int at;
        private bool malformed;
        private bool undefined;

        public Expression? Read()
        {
            var (numerator, denominator) = Sum();
            if (malformed || at < text.Length) { return null; }
            if (undefined) { return new Expression(null, numbers); }
            var divisor = BigInteger.GreatestCommonDivisor(numerator, denominator) * denominator.Sign;
            return new Expression(new AnswerNumber(numerator / divisor, denominator / divisor), numbers);
        }

        private (BigInteger, BigInteger) Sum()
        {
            var (numerator, denominator) = Product();
            while (!malformed && at < text.Length && text[at] is '+' or '-')
            {
                var sign = text[at++] == '+' ? 1 : -1;
                var (right, under) = Product();
                (numerator, denominator) = ((numerator * under) + (sign * right * denominator), denominator * under);
            }
            return (numerator, denominator);
        }

        private (BigInteger, BigInteger) Product()
        {
            var (numerator, denominator) = Factor();
            while (!malformed && at < text.Length && text[at] is '*' or '/')
            {
                var divides = text[at++] == '/';
                var (right, under) = Factor();
                if (divides && right.IsZero) { (undefined, right) = (true, BigInteger.One); }
                (numerator, denominator) = divides ? (numerator * under, denominator * right) : (numerator * right, denominator * under);
            }
            return (numerator, denominator);
        }

        private (BigInteger, BigInteger) Factor()
        {
            if (at < text.Length && text[at] == '(')
            {
                at++;
                var inside = Sum();
                if (at >= text.Length || text[at++] != ')') { malformed = true; }
                return inside;
            }
            var start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at])) { at++; }
            if (!int.TryParse(text.AsSpan(start, at - start), out var number))
            {
                malformed = true;
                return (BigInteger.Zero, BigInteger.One);
            }
            numbers.Add(number);
            return (number, BigInteger.One);
        }
    }
}
