using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Bellman.Language.Tasks.Problems;

/// <summary>Options of the arithmetic chains.</summary>
public sealed record ArithmeticOptions : TaskOptions, IValidatableObject
{
    /// <summary>Digits of the operands.</summary>
    [Description("Most digits of an operand.")]
    [Range(1, 6)]
    public int Digits { get; init; } = 1;

    /// <summary>The operations that are drawn.</summary>
    [Description("The operations: some of + - *; written together, e.g. +-*.")]
    public string Operators { get; init; } = "+-";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Operators.Length == 0 || Operators.Any(character => !"+-*".Contains(character, StringComparison.Ordinal)))
        {
            yield return new ValidationResult($"operators '{Operators}' must be some of + - *, written together.");
        }
    }
}

/// <summary>Chains of additions, subtractions and products: <c>3+4-2=</c>. The level is the number of operations.</summary>
internal sealed class ArithmeticProblems(ArithmeticOptions options) : IProblemGenerator
{
    // Products of six-digit operands stay within 64 bits up to three of them; sums of such products do as well.
    public int MaximumLevel => options.Operators.Contains('*', StringComparison.Ordinal) ? Math.Max(1, (18 / options.Digits) - 1) : 50;

    public string Alphabet => "0123456789+-*=";

    public TextProblem Create(int level, RandomStream random)
    {
        var (operands, operators) = OperationChain.Draw(level, options.Digits, options.Operators, random);
        var (value, steps) = OperationChain.Evaluate(operands, operators, number => number);
        var answer = value.ToString(CultureInfo.InvariantCulture);
        return new TextProblem(
            OperationChain.Write(operands, operators) + "=",
            $"What is {OperationChain.Write(operands, operators, " ")}?",
            [.. steps.SkipLast(1).Select(step => step.Result.ToString(CultureInfo.InvariantCulture))],
            [.. steps.Select(step => $"{step.Left} {step.Operator} {step.Right} = {step.Result}")],
            answer, new WholeNumberRule(value));
    }
}
