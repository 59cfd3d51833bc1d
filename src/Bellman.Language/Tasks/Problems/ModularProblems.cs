using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Bellman.Language.Tasks.Problems;

/// <summary>Options of modular arithmetic.</summary>
public sealed record ModularOptions : TaskOptions
{
    /// <summary>The modulus of every item, or 0.</summary>
    [Description("The modulus; 0 draws one from 2 to 9 for every item.")]
    [Range(0, 1_000_000)]
    public int Modulus { get; init; }

    /// <summary>Digits of the operands.</summary>
    [Description("Most digits of an operand.")]
    [Range(1, 6)]
    public int Digits { get; init; } = 1;
}

/// <summary>Chains of sums and products modulo a number: <c>3+4*2%7=</c> means (3 + 4 * 2) mod 7. The level is the number of operations.</summary>
internal sealed class ModularProblems(ModularOptions options) : IProblemGenerator
{
    private const int LargestDrawnModulus = 9;

    public int MaximumLevel => 50;

    public string Alphabet => "0123456789+-*%=";

    public TextProblem Create(int level, RandomStream random)
    {
        var modulus = options.Modulus > 0 ? options.Modulus : 2 + random.NextInt32(LargestDrawnModulus - 1);
        var (operands, operators) = OperationChain.Draw(level, options.Digits, "+-*", random);
        // Every result is reduced at once, so that numbers stay small; the remainder is never negative.
        var (value, steps) = OperationChain.Evaluate(operands, operators, number => ((number % modulus) + modulus) % modulus);
        return new TextProblem(
            $"{OperationChain.Write(operands, operators)}%{modulus}=",
            $"What is the remainder of {OperationChain.Write(operands, operators, " ")} modulo {modulus}, from 0 to {modulus - 1}?",
            [.. steps.SkipLast(1).Select(step => step.Result.ToString(CultureInfo.InvariantCulture))],
            [.. steps.Select(step => $"{step.Left} {step.Operator} {step.Right} = {step.Result} modulo {modulus}")],
            value.ToString(CultureInfo.InvariantCulture), new WholeNumberRule(value));
    }
}
