using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;
using Parquet;
using Parquet.Meta.Proto;
using Parquet.Serialization;

namespace Bellman.Language.Data;

/// <summary>Rows of a Parquet file as the same records that JSON gives, lists and structures included.</summary>
internal static class ParquetData
{
    public static IEnumerable<DataRow> Read(string path)
    {
        IList<Dictionary<string, object?>> rows;
        try
        {
            rows = ReadAsync(path).GetAwaiter().GetResult();
        }
        catch (Exception error) when (IsDamage(error))
        {
            throw new UsageException($"{path} is no Parquet file that can be read: {error.Message} Download or write it anew.", error);
        }
        for (var i = 0; i < rows.Count; i++) { yield return new DataRow(Record(rows[i]), $"{path}, row {i + 1}"); }
    }

    /// <summary>What the library throws for a damaged file depends on where it is damaged; these were seen under mutation, or are their kin.</summary>
    private static bool IsDamage(Exception error) => error is ParquetException or ThriftProtocolException or IOException or InvalidDataException or UnauthorizedAccessException
        or NotSupportedException or InvalidOperationException or ArgumentException or IndexOutOfRangeException or NullReferenceException or OverflowException or FormatException;

    private static async Task<IList<Dictionary<string, object?>>> ReadAsync(string path)
    {
        await using var stream = File.OpenRead(path);
        ParquetFooter.Check(stream);
        var result = await ParquetSerializer.DeserializeUntypedAsync(stream).ConfigureAwait(false);
        return [.. result.Data.Select(row => row.ToDictionary(pair => pair.Key, pair => (object?)pair.Value))];
    }

    private static JsonObject Record(IEnumerable<KeyValuePair<string, object?>> values)
    {
        var record = new JsonObject();
        foreach (var (name, value) in values) { record[name] = Node(value); }
        return record;
    }

    private static JsonNode? Node(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        byte[] bytes => JsonValue.Create(System.Text.Encoding.UTF8.GetString(bytes)),
        float number => JsonValue.Create(number),
        double number => JsonValue.Create(number),
        decimal number => JsonValue.Create(number),
        sbyte or short or int or long or byte or ushort or uint => JsonValue.Create(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        ulong number => JsonValue.Create(number),
        IDictionary<string, object?> members => Record(members),
        IDictionary members => Record(members.Cast<DictionaryEntry>().Select(entry => new KeyValuePair<string, object?>(Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? "", entry.Value))),
        IEnumerable items => new JsonArray([.. items.Cast<object?>().Select(Node)]),
        IFormattable other => JsonValue.Create(other.ToString(null, CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(value.ToString()),
    };
}
