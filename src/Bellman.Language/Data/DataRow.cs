using System.Text.Json.Nodes;

namespace Bellman.Language.Data;

/// <summary>A record of a data file.</summary>
/// <param name="Values">Its columns.</param>
/// <param name="Place">Where it stands, for messages: the file and the line or row.</param>
public sealed record DataRow(JsonObject Values, string Place)
{
    /// <summary>The value of a column, which may lie inside another: <c>reward_model.ground_truth</c>. Null when there is none.</summary>
    public JsonNode? Find(string column)
    {
        if (Values[column] is { } direct) { return direct; }
        JsonNode? node = Values;
        foreach (var part in column.Split('.')) { node = (node as JsonObject)?[part]; }
        return node;
    }

    /// <summary>The value of a column that must be there.</summary>
    /// <exception cref="UsageException">It is missing or null; the message lists the columns that are there.</exception>
    public JsonNode Require(string column) =>
        Find(column) ?? throw new UsageException($"{Place} has no column '{column}'. It has: {string.Join(", ", Values.Select(pair => pair.Key))}. Name another with --columns.");

    /// <summary>A column as text; numbers and truth values as they are written.</summary>
    /// <exception cref="UsageException">It is missing, or a list or an object.</exception>
    public string Text(string column) => Require(column) is JsonValue value
        ? value.TryGetValue<string>(out var text) ? text : value.ToJsonString()
        : throw new UsageException($"{Place}: column '{column}' is a list or an object; a text is needed. Name another with --columns.");
}
