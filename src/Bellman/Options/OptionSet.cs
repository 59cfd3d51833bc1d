using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Bellman;

/// <summary>One option of a record: its name as users write it, what it does, its default and its valid values.</summary>
/// <param name="Name">camelCase name, as in <c>--set learningRate=0.001</c>.</param>
/// <param name="Description">What it is and what raising it does.</param>
/// <param name="Default">The default as a user would write it.</param>
/// <param name="Valid">The valid values in words, e.g. <c>a number from 0 to 1</c>.</param>
/// <param name="Property">The property of the record.</param>
public sealed record OptionDescription(string Name, string Description, string Default, string Valid, PropertyInfo Property)
{
    /// <summary>The property that holds the record this option belongs to, where options are grouped; null for one of the record itself.</summary>
    internal PropertyInfo? Group { get; init; }

    /// <summary>Its value in <paramref name="options"/>.</summary>
    internal object? Read(object options) => Property.GetValue(Owner(options));

    /// <summary>Replaces its value in <paramref name="options"/>.</summary>
    internal void Write(object options, object? value) => Property.SetValue(Owner(options), value);

    private object? Owner(object options) => Group is null ? options : Group.GetValue(options);
}

/// <summary>
/// A record of options that other records hold as a property, so that several algorithms share them: option <c>members</c> of the
/// property <c>Model</c> is written <c>--set model.members=5</c>.
/// </summary>
public interface IOptionGroup;

/// <summary>
/// The options of a record, found by reflection: <see cref="DescriptionAttribute"/> says what each does,
/// <see cref="RangeAttribute"/> bounds it. One definition serves C#, <c>--set</c>, YAML files and listings.
/// </summary>
public sealed class OptionSet
{
    private readonly string owner;

    private OptionSet(Type type, string owner)
    {
        Type = type;
        this.owner = owner;
        var defaults = Activator.CreateInstance(type) ?? throw new ArgumentException($"{type} has no default constructor.", nameof(type));
        Options = [.. Describe(type, defaults, null)];
    }

    private static IEnumerable<OptionDescription> Describe(Type type, object? defaults, PropertyInfo? group)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite && property.GetIndexParameters().Length == 0).OrderBy(property => property.MetadataToken))
        {
            if (property.PropertyType.IsAssignableTo(typeof(IOptionGroup)))
            {
                foreach (var inner in Describe(property.PropertyType, property.GetValue(defaults), property)) { yield return inner with { Name = $"{NameOf(property)}.{inner.Name}" }; }
                continue;
            }
            yield return new OptionDescription(
                NameOf(property), property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "", Format(property.GetValue(defaults)), Valid(property), property)
            { Group = group };
        }
    }

    private static string NameOf(PropertyInfo property) => char.ToLowerInvariant(property.Name[0]) + property.Name[1..];

    /// <summary>The record.</summary>
    public Type Type { get; }

    /// <summary>Its options, in the order they are declared.</summary>
    public IReadOnlyList<OptionDescription> Options { get; }

    /// <summary>The options of <typeparamref name="T"/>; <paramref name="owner"/> names them in messages, e.g. "algorithm ppo".</summary>
    public static OptionSet Of<T>(string owner) where T : class, new() => new(typeof(T), owner);

    /// <summary>The options of <paramref name="type"/>, which has a parameterless constructor.</summary>
    public static OptionSet Of(Type type, string owner) => new(type, owner);

    /// <summary>Returns <paramref name="options"/> if every value is within its range.</summary>
    /// <exception cref="UsageException">Names the first option that is not, its value and what is valid.</exception>
    public static T Validated<T>(T options, string owner) where T : class, new()
    {
        Of<T>(owner).Validate(options);
        return options;
    }

    /// <summary>A record with the given values and defaults elsewhere, validated.</summary>
    /// <exception cref="UsageException">An option is unknown, given twice, malformed or out of range.</exception>
    public T Create<T>(IEnumerable<KeyValuePair<string, string>> values) where T : class => (T)Create(values);

    /// <inheritdoc cref="Create{T}"/>
    public object Create(IEnumerable<KeyValuePair<string, string>> values)
    {
        var options = Activator.CreateInstance(Type) ?? throw new InvalidOperationException($"{Type} could not be created.");
        var given = new HashSet<string>();
        foreach (var (name, value) in values)
        {
            var option = Find(name);
            if (!given.Add(option.Name)) { throw new UsageException($"Option '{option.Name}' of {owner} was given twice. Give it once."); }
            option.Write(options, Parse(option, value));
        }
        Validate(options);
        return options;
    }

    /// <summary>The values of a record as JSON, every option present.</summary>
    public JsonObject ToJson(object options)
    {
        var json = new JsonObject();
        foreach (var option in Options) { json[option.Name] = Format(option.Read(options)); }
        return json;
    }

    /// <summary>The option called <paramref name="name"/>, in any case, with or without dashes.</summary>
    /// <exception cref="UsageException">There is none; the message lists the nearest names.</exception>
    public OptionDescription Find(string name)
    {
        var plain = name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        return Options.FirstOrDefault(option => option.Name.Equals(plain, StringComparison.OrdinalIgnoreCase))
            ?? throw NearNames.Unknown($"option of {owner}:", name, Options.Select(option => option.Name),
                Options.Count == 0 ? "It takes no options." : $"It takes: {string.Join(", ", Options.Select(option => option.Name))}.");
    }

    /// <summary>Refuses a value that the option cannot have, whatever the other options are.</summary>
    /// <exception cref="UsageException">The value is malformed or out of range.</exception>
    public void RequireValid(OptionDescription option, string text) => Check(option, Parse(option, text));

    private void Check(OptionDescription option, object? value)
    {
        var numbers = value is IEnumerable many and not string ? many.Cast<object?>() : [value];
        foreach (var number in numbers)
        {
            var bad = number is double.NaN or float.NaN
                || option.Property.GetCustomAttribute<RangeAttribute>() is { } range && number is not null && !InRange(range, number)
                || option.Property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed && !allowed.Values.Contains(number)
                || number is Enum choice && !Enum.IsDefined(choice.GetType(), choice);
            if (bad) { throw Refuse(option, Format(value)); }
        }
    }

    private void Validate(object options)
    {
        foreach (var option in Options) { Check(option, option.Read(options)); }
        foreach (var part in Options.Select(option => option.Group).OfType<PropertyInfo>().Distinct().Select(group => group.GetValue(options)).Prepend(options))
        {
            if (part is IValidatableObject validatable
                && validatable.Validate(new ValidationContext(part)).FirstOrDefault() is { ErrorMessage: { } message })
            {
                throw new UsageException($"The options of {owner} do not fit together: {message}");
            }
        }
    }

    private UsageException Refuse(OptionDescription option, string value) =>
        new($"Option '{option.Name}' of {owner} cannot be '{value}': it is {option.Valid} (default {option.Default}).");

    private object? Parse(OptionDescription option, string text)
    {
        var type = option.Property.PropertyType;
        try
        {
            return type.IsArray ? ParseArray(type, text) : ParseValue(type, text);
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
        {
            throw Refuse(option, text);
        }
    }

    private static Array ParseArray(Type type, string text)
    {
        var element = type.GetElementType() ?? throw new ArgumentException("not an array", nameof(type));
        // 64x64 is how people write sizes; in texts and names an x is a letter.
        var items = element.IsPrimitive
            ? text.Trim('[', ']').Split([',', 'x'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [.. Inside(text).Split(',').Select(item => item.Trim(' ')).Where(item => item.Length > 0)];
        var array = Array.CreateInstance(element, items.Length);
        for (var i = 0; i < items.Length; i++) { array.SetValue(ParseValue(element, items[i]), i); }
        return array;
    }

    // The brackets of a list; those of a single text, such as [/INST], are its own.
    private static string Inside(string text) => text is ['[', .. var inside, ']'] && (inside.Length == 0 || inside.Contains(',', StringComparison.Ordinal)) ? inside : text;

    private static object? ParseValue(Type type, string text)
    {
        var underlying = Nullable.GetUnderlyingType(type);
        if (underlying is not null && text is "" or "none" or "null") { return null; }
        type = underlying ?? type;
        if (type == typeof(string)) { return text; }
        if (type == typeof(bool)) { return bool.Parse(text); }
        if (type.IsEnum)
        {
            return char.IsAsciiLetter(text.FirstOrDefault()) ? Enum.Parse(type, text.Replace("-", "", StringComparison.Ordinal), ignoreCase: true) : throw new FormatException(text);
        }
        if (type == typeof(int) || type == typeof(long))
        {
            // 1e6 and 500_000 are how people write step counts.
            var number = decimal.Parse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture);
            if (number != decimal.Truncate(number)) { throw new FormatException(text); }
            return Convert.ChangeType(number, type, CultureInfo.InvariantCulture);
        }
        return Convert.ChangeType(text, type, CultureInfo.InvariantCulture);
    }

    private static bool InRange(RangeAttribute range, object value)
    {
        var number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        var low = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture);
        var high = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
        return (range.MinimumIsExclusive ? number > low : number >= low) && (range.MaximumIsExclusive ? number < high : number <= high);
    }

    private static string Valid(PropertyInfo property)
    {
        var type = property.PropertyType;
        var element = type.GetElementType() ?? Nullable.GetUnderlyingType(type) ?? type;
        string noun;
        if (element.IsEnum)
        {
            noun = "one of " + string.Join(", ", Enum.GetNames(element).Select(name => char.ToLowerInvariant(name[0]) + name[1..]));
        }
        else if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed)
        {
            noun = "one of " + string.Join(", ", allowed.Values);
        }
        else
        {
            noun = element == typeof(bool) ? "true or false"
                : element == typeof(int) || element == typeof(long) ? "a whole number"
                : element == typeof(string) ? "a text" : "a number";
        }
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            var low = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture);
            var high = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
            noun += range.MinimumIsExclusive ? $" above {Number(low)}" : $" from {Number(low)}";
            if (high < int.MaxValue) { noun += range.MaximumIsExclusive ? $" to below {Number(high)}" : $" to {Number(high)}"; }
            else if (!range.MinimumIsExclusive) { noun += " up"; }
        }
        if (type.IsArray) { noun = "a list, each " + noun; }
        return Nullable.GetUnderlyingType(type) is null ? noun : noun + ", or none";
    }

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static string Format(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "true" : "false",
        Enum choice => char.ToLowerInvariant(choice.ToString()[0]) + choice.ToString()[1..],
        string text => text,
        Array { Length: 0 } => "[]",
        IEnumerable many => string.Join(",", many.Cast<object?>().Select(Format)),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
