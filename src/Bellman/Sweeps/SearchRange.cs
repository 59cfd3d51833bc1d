using System.Globalization;

namespace Bellman.Sweeps;

/// <summary>
/// The values that a sweep tries for one option, as written on the command line: <c>0.99</c> (fixed),
/// <c>uniform(0.9,0.999)</c>, <c>log(1e-4,1e-2)</c> (uniform in the logarithm) or a choice, <c>32,32|64,64</c>.
/// </summary>
public abstract record SearchRange
{
    private const string HowTo = "Write a value, uniform(low,high), log(low,high), or values separated by '|'.";

    /// <summary>Whether there is anything to search.</summary>
    public virtual bool IsFixed => false;

    /// <summary>Values from which it can be told that all others are valid too.</summary>
    public abstract IReadOnlyList<string> Extremes { get; }

    /// <summary>One value, as a user would write it.</summary>
    public abstract string Draw(RandomStream random);

    /// <summary>Where a value lies on an axis, for plots; NaN where values have no order.</summary>
    public virtual double Position(string value) => double.NaN;

    /// <summary>Reads a range.</summary>
    /// <param name="option">The option's name, for messages.</param>
    /// <param name="text">What was written after the equals sign.</param>
    /// <param name="whole">Whether the option takes whole numbers: draws are then rounded.</param>
    /// <exception cref="UsageException">The range is malformed, empty or the wrong way round.</exception>
    public static SearchRange Parse(string option, string text, bool whole)
    {
        if (text.Contains('|', StringComparison.Ordinal)) { return ParseChoice(option, text); }
        var open = text.IndexOf('(', StringComparison.Ordinal);
        if (open < 0) { return new FixedValue(text); }
        var kind = text[..open].Trim();
        if (!kind.Equals("uniform", StringComparison.OrdinalIgnoreCase) && !kind.Equals("log", StringComparison.OrdinalIgnoreCase))
        {
            throw NearNames.Unknown($"range of --set {option}:", kind, ["uniform", "log"], HowTo);
        }
        if (!text.EndsWith(')')) { throw Malformed(option, text, "its bracket is not closed"); }
        var parts = text[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length != 2) { throw Malformed(option, text, $"it has {parts.Length} numbers where two are needed"); }
        var (low, high) = (Number(option, text, parts[0]), Number(option, text, parts[1]));
        if (!(low < high)) { throw Malformed(option, text, $"{parts[0]} is not below {parts[1]}"); }
        var logarithmic = kind.Equals("log", StringComparison.OrdinalIgnoreCase);
        if (logarithmic && low <= 0) { throw Malformed(option, text, $"a logarithm needs numbers above 0, and {parts[0]} is not"); }
        return new NumberRange(low, high, logarithmic, whole);
    }

    private static ChoiceRange ParseChoice(string option, string text)
    {
        var values = text.Split('|', StringSplitOptions.TrimEntries);
        if (values.Any(value => value.Length == 0)) { throw Malformed(option, text, "one of its values is empty"); }
        if (values.FirstOrDefault(value => value.Contains('(', StringComparison.Ordinal)) is { } nested) { throw Malformed(option, text, $"'{nested}' is a range within a choice"); }
        if (values.Distinct().Count() != values.Length) { throw Malformed(option, text, "one of its values is there twice"); }
        return new ChoiceRange(values);
    }

    private static double Number(string option, string text, string part) =>
        double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number : throw Malformed(option, text, $"'{part}' is not a number");

    private static UsageException Malformed(string option, string text, string problem) => new($"--set {option}={text} is not a range: {problem}. {HowTo}");
}

/// <summary>Always the same value.</summary>
/// <param name="Value">The value.</param>
public sealed record FixedValue(string Value) : SearchRange
{
    /// <inheritdoc/>
    public override bool IsFixed => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extremes => [Value];

    /// <inheritdoc/>
    public override string Draw(RandomStream random) => Value;
}

/// <summary>One of some values, each as likely.</summary>
/// <param name="Values">The values.</param>
public sealed record ChoiceRange(IReadOnlyList<string> Values) : SearchRange
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Extremes => Values;

    /// <inheritdoc/>
    public override string Draw(RandomStream random) => Values[random.NextInt32(Values.Count)];

    /// <inheritdoc/>
    public override double Position(string value) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
}

/// <summary>A number between two others.</summary>
/// <param name="Low">The lowest.</param>
/// <param name="High">The highest, above <paramref name="Low"/>.</param>
/// <param name="Logarithmic">Whether its logarithm is uniform instead of itself.</param>
/// <param name="Whole">Whether it is rounded to a whole number.</param>
public sealed record NumberRange(double Low, double High, bool Logarithmic, bool Whole) : SearchRange
{
    // Enough to tell trials apart, few enough to type again.
    private const string Digits = "G5";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extremes => [Text(Low), Text(High)];

    /// <inheritdoc/>
    public override string Draw(RandomStream random)
    {
        var value = Logarithmic ? Math.Exp(random.NextUniform(Math.Log(Low), Math.Log(High))) : random.NextUniform(Low, High);
        if (Whole) { return Text(Math.Clamp(Math.Round(value), Math.Ceiling(Low), Math.Floor(High))); }
        var rounded = double.Parse(value.ToString(Digits, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return Text(Math.Clamp(rounded, Low, High));
    }

    /// <summary>The value, or its logarithm to base 10 where the range is logarithmic.</summary>
    public override double Position(string value)
    {
        var number = double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture);
        return Logarithmic ? Math.Log10(number) : number;
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
