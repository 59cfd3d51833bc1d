using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bellman;

/// <summary>One number of state as JSON, exactly: shortest round-trip digits, and words where JSON has no number.</summary>
internal static class StateElement
{
    /// <summary>The JSON form of a value.</summary>
    public static JsonNode ToJson<T>(T value) where T : unmanaged => value switch
    {
        bool flag => JsonValue.Create(flag),
        float number => float.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(number.ToString(CultureInfo.InvariantCulture)),
        double number => double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(number.ToString(CultureInfo.InvariantCulture)),
        byte number => JsonValue.Create(number),
        sbyte number => JsonValue.Create(number),
        short number => JsonValue.Create(number),
        ushort number => JsonValue.Create(number),
        int number => JsonValue.Create(number),
        uint number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        ulong number => JsonValue.Create(number),
        Enum when Unsafe.SizeOf<T>() == sizeof(int) => JsonValue.Create(Unsafe.BitCast<T, int>(value)),
        _ => throw Unsupported<T>(),
    };

    /// <summary>Reads a value; false if the JSON is of another kind or out of range.</summary>
    public static bool TryFromJson<T>(JsonNode? node, out T value) where T : unmanaged
    {
        value = default;
        if (node is not JsonValue) { return false; }
        var kind = node.GetValueKind();
        if (value is bool)
        {
            value = Unsafe.BitCast<bool, T>(kind == JsonValueKind.True);
            return kind is JsonValueKind.True or JsonValueKind.False;
        }
        var real = value is float or double;
        var text = kind switch
        {
            JsonValueKind.Number => node.ToJsonString(),
            JsonValueKind.String when real => node.GetValue<string>(),
            _ => "",
        };
        if (kind == JsonValueKind.String && text is not ("NaN" or "Infinity" or "-Infinity")) { return false; }
        var culture = CultureInfo.InvariantCulture;
        var style = real ? NumberStyles.Float : NumberStyles.AllowLeadingSign;
        object? parsed = value switch
        {
            float => float.TryParse(text, style, culture, out var number) ? number : null,
            double => double.TryParse(text, style, culture, out var number) ? number : null,
            byte => byte.TryParse(text, style, culture, out var number) ? number : null,
            sbyte => sbyte.TryParse(text, style, culture, out var number) ? number : null,
            short => short.TryParse(text, style, culture, out var number) ? number : null,
            ushort => ushort.TryParse(text, style, culture, out var number) ? number : null,
            int => int.TryParse(text, style, culture, out var number) ? number : null,
            uint => uint.TryParse(text, style, culture, out var number) ? number : null,
            long => long.TryParse(text, style, culture, out var number) ? number : null,
            ulong => ulong.TryParse(text, style, culture, out var number) ? number : null,
            Enum when Unsafe.SizeOf<T>() == sizeof(int) => int.TryParse(text, style, culture, out var number) ? Enum.ToObject(typeof(T), number) : null,
            _ => throw Unsupported<T>(),
        };
        if (parsed is null) { return false; }
        value = (T)parsed;
        return true;
    }

    /// <summary>What a valid value is, in words.</summary>
    public static string Valid<T>() where T : unmanaged => default(T) switch
    {
        bool => "true or false",
        float or double => "a number (or \"NaN\", \"Infinity\", \"-Infinity\")",
        byte => "a whole number from 0 to 255",
        ushort => "a whole number from 0 to 65535",
        short => "a whole number from -32768 to 32767",
        uint or ulong => $"a whole number from 0 of at most {8 * Unsafe.SizeOf<T>()} bits",
        _ => $"a whole number of at most {8 * Unsafe.SizeOf<T>()} bits",
    };

    private static NotSupportedException Unsupported<T>() =>
        new($"State of type {typeof(T)} cannot be stored. Use a number, a bool or an enum stored as int.");
}
