using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Bellman.Language.Tasks.Problems;

/// <summary>Options of the countdown game.</summary>
public sealed record CountdownOptions : TaskOptions
{
    /// <summary>The largest number that is given.</summary>
    [Description("The largest of the given numbers.")]
    [Range(2, 1000)]
    public int Largest { get; init; } = 9;
}

/// <summary>
/// Countdown: make the target from numbers, each used exactly once, with + - * / and brackets: <c>3,4,5&gt;17=</c> is answered by
/// <c>3*4+5</c> or any other expression that is right. The level plus one is how many numbers are given.
/// </summary>
internal sealed class CountdownProblems(CountdownOptions options) : IProblemGenerator
{
    private const long LargestTarget = 1000;

    public int MaximumLevel => 6;

    public string Alphabet => "0123456789+-*/(),>=";

    public TextProblem Create(int level, RandomStream random)
    {
        while (true)
        {
            var numbers = new int[level + 1];
            for (var i = 0; i < numbers.Length; i++) { numbers[i] = 1 + random.NextInt32(options.Largest); }
            if (Combine(numbers, random) is not { } made) { continue; }
            var answer = made.Expression[0] == '(' ? made.Expression[1..^1] : made.Expression;
            var given = string.Join(",", numbers);
            return new TextProblem(
                $"{given}>{made.Value}=",
                $"Use each of the numbers {string.Join(", ", numbers)} exactly once, with + - * / and brackets, to make {made.Value}.",
                [.. made.Steps.SkipLast(1)], made.Steps, answer, new CountdownRule(numbers, made.Value));
        }
    }

    /// <summary>Joins two of the terms until one is left; null when the result is no target.</summary>
    private static (long Value, string Expression, List<string> Steps)? Combine(int[] numbers, RandomStream random)
    {
        var terms = numbers.Select(number => ((long)number, number.ToString(CultureInfo.InvariantCulture))).ToList();
        var steps = new List<string>();
        while (terms.Count > 1)
        {
            var (first, firstText) = Take(terms, random);
            var (second, secondText) = Take(terms, random);
            var operation = "+-*/"[random.NextInt32(4)];
            if (operation is '-' or '/' && first < second) { (first, firstText, second, secondText) = (second, secondText, first, firstText); }
            if (operation == '/' && (second == 0 || first % second != 0)) { operation = '*'; }
            var value = operation switch { '+' => first + second, '-' => first - second, '*' => first * second, _ => first / second };
            if (value > LargestTarget) { return null; }
            steps.Add(string.Create(CultureInfo.InvariantCulture, $"{first}{operation}{second}={value}"));
            terms.Add((value, $"({firstText}{operation}{secondText})"));
        }
        return terms[0].Item1 > 0 ? (terms[0].Item1, terms[0].Item2, steps) : null;
    }

    private static (long, string) Take(List<(long, string)> terms, RandomStream random)
    {
        var at = random.NextInt32(terms.Count);
        var term = terms[at];
        terms.RemoveAt(at);
        return term;
    }
}

/// <summary>An expression over exactly the given numbers whose value is exactly the target.</summary>
internal sealed class CountdownRule(int[] numbers, long target) : IAnswerRule, IEquatable<CountdownRule>
{
    private readonly int[] numbers = [.. numbers.Order()];

    public bool IsWellFormed(string answer) => Expression.Parse(answer) is not null;

    public bool IsRight(string answer) =>
        Expression.Parse(answer) is { Value: { } value } parsed && value.Denominator.IsOne && value.Numerator == target && parsed.Numbers.Order().SequenceEqual(numbers);

    public bool Equals(CountdownRule? other) => other is not null && other.IsFor(target, numbers);

    public override bool Equals(object? obj) => Equals(obj as CountdownRule);

    public override int GetHashCode() => target.GetHashCode();

    private bool IsFor(long otherTarget, int[] otherNumbers) => target == otherTarget && numbers.SequenceEqual(otherNumbers);
}
