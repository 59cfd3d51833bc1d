using System.Globalization;

namespace Bellman.Language.Tasks.Problems;

/// <summary>Whole numbers joined by +, - and *, worked out one operation at a time: products first, then from the left.</summary>
internal static class OperationChain
{
    /// <summary>One operation carried out.</summary>
    public readonly record struct Step(long Left, char Operator, long Right, long Result);

    /// <summary>Draws operands below 10^<paramref name="digits"/> and operators among <paramref name="operators"/>.</summary>
    public static (long[] Operands, char[] Operators) Draw(int operations, int digits, string operators, RandomStream random)
    {
        var limit = (int)Math.Pow(10, digits);
        var operands = new long[operations + 1];
        var chosen = new char[operations];
        for (var i = 0; i < operands.Length; i++) { operands[i] = random.NextInt32(limit); }
        for (var i = 0; i < operations; i++) { chosen[i] = operators[random.NextInt32(operators.Length)]; }
        return (operands, chosen);
    }

    public static string Write(long[] operands, char[] operators, string space = "")
    {
        var text = operands[0].ToString(CultureInfo.InvariantCulture);
        for (var i = 0; i < operators.Length; i++) { text += $"{space}{operators[i]}{space}{operands[i + 1].ToString(CultureInfo.InvariantCulture)}"; }
        return text;
    }

    /// <summary>Carries the operations out; <paramref name="reduce"/> is applied to every result.</summary>
    public static (long Value, IReadOnlyList<Step> Steps) Evaluate(long[] operands, char[] operators, Func<long, long> reduce)
    {
        var (numbers, signs, steps) = (operands.ToList(), operators.ToList(), new List<Step>());
        while (signs.Count > 0)
        {
            var at = Math.Max(0, signs.IndexOf('*'));
            var (left, right) = (numbers[at], numbers[at + 1]);
            var result = reduce(signs[at] switch { '+' => left + right, '-' => left - right, _ => left * right });
            steps.Add(new Step(left, signs[at], right, result));
            numbers[at] = result;
            numbers.RemoveAt(at + 1);
            signs.RemoveAt(at);
        }
        return (reduce(numbers[0]), steps);
    }
}
