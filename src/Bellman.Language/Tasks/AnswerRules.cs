using System.Globalization;

namespace Bellman.Language.Tasks;

/// <summary>A whole number, written with or without thousands separators.</summary>
internal sealed record WholeNumberRule(long Answer) : IAnswerRule
{
    public bool IsWellFormed(string answer) => Parse(answer) is not null;

    public bool IsRight(string answer) => Parse(answer) == Answer;

    private static long? Parse(string answer) =>
        long.TryParse(answer, NumberStyles.AllowLeadingSign | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>Exactly one text, made of known characters; spaces do not count.</summary>
internal sealed record ExactTextRule(string Answer, string Characters) : IAnswerRule
{
    public bool IsWellFormed(string answer) => Plain(answer).All(character => Characters.Contains(character, StringComparison.Ordinal));

    public bool IsRight(string answer) => Plain(answer) == Answer;

    private static string Plain(string text) => text.Replace(" ", "", StringComparison.Ordinal);
}

/// <summary>One of a few words, in any case.</summary>
internal sealed record ChoiceRule(string Answer, IReadOnlyList<string> Choices) : IAnswerRule
{
    public static IReadOnlyList<string> YesNo { get; } = ["yes", "no"];

    public bool IsWellFormed(string answer) => Choices.Contains(answer.Trim(), StringComparer.OrdinalIgnoreCase);

    public bool IsRight(string answer) => Answer.Equals(answer.Trim(), StringComparison.OrdinalIgnoreCase);

    // Two rules over equal lists are equal: records compare lists by identity otherwise.
    public bool Equals(ChoiceRule? other) => other is not null && Answer == other.Answer && Choices.SequenceEqual(other.Choices);

    public override int GetHashCode() => Answer.GetHashCode(StringComparison.Ordinal);
}
