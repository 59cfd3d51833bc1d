using System.Text.Json.Nodes;
using Bellman.Runs;

namespace Bellman;

/// <summary>
/// Restores state from a tree of JSON objects and, where blocks were kept apart, from tensors. Values that a partial
/// tree does not mention stay as they are.
/// </summary>
internal sealed class StateReader : StateExchange
{
    private readonly Stack<(string Path, JsonObject? Values)> scopes = new();
    private readonly SafetensorsFile? blocks;
    private readonly bool partial;
    private readonly string source;

    /// <summary>Reads from <paramref name="root"/>, whose blocks are in <paramref name="blocks"/> under names that begin with <paramref name="prefix"/>.</summary>
    public StateReader(JsonObject root, string source, bool partial = false, SafetensorsFile? blocks = null, string prefix = "")
    {
        this.source = source;
        this.partial = partial;
        this.blocks = blocks;
        scopes.Push((prefix, root));
    }

    public override bool IsLoading => true;

    public override void Value<T>(string name, ref T value)
    {
        if (!Find(name, out var node)) { return; }
        if (!StateElement.TryFromJson<T>(node, out var read)) { throw Refuse(name, $"is {Show(node)}; it must be {StateElement.Valid<T>()}"); }
        value = read;
    }

    public override void Text(string name, ref string? value)
    {
        if (!Find(name, out var node)) { return; }
        value = node is null ? null
            : node is JsonValue text && text.TryGetValue(out string? read) ? read
            : throw Refuse(name, $"is {Show(node)}; it must be a text or null");
    }

    public override void Array<T>(string name, Memory<T> values)
    {
        if (blocks is not null)
        {
            blocks.Read(scopes.Peek().Path + name, values.Span);
            return;
        }
        if (!Find(name, out var node)) { return; }
        var array = RequireArray<T>(name, node);
        if (array.Count != values.Length) { throw Refuse(name, $"has {array.Count} numbers; it must have {values.Length}"); }
        Fill(name, array, values.Span);
    }

    public override void List<T>(string name, ref T[] values)
    {
        if (blocks is not null)
        {
            var read = new T[checked((int)blocks.Find(scopes.Peek().Path + name).Count)];
            blocks.Read<T>(scopes.Peek().Path + name, read);
            values = read;
            return;
        }
        if (!Find(name, out var node)) { return; }
        var array = RequireArray<T>(name, node);
        var list = new T[array.Count];
        Fill<T>(name, array, list);
        values = list;
    }

    protected override void Enter(string name)
    {
        JsonObject? inner = null;
        if (Find(name, out var node))
        {
            inner = node as JsonObject ?? throw Refuse(name, $"is {Show(node)}; it must be an object of named values");
        }
        scopes.Push(($"{scopes.Peek().Path}{name}.", inner));
    }

    protected override void Leave() => scopes.Pop();

    private bool Find(string name, out JsonNode? node)
    {
        node = null;
        if (scopes.Peek().Values is { } values && values.TryGetPropertyValue(name, out node)) { return true; }
        return partial ? false : throw Refuse(name, "is missing");
    }

    private JsonArray RequireArray<T>(string name, JsonNode? node) where T : unmanaged =>
        node as JsonArray ?? throw Refuse(name, $"is {Show(node)}; it must be a list, each {StateElement.Valid<T>()}");

    private void Fill<T>(string name, JsonArray array, Span<T> values) where T : unmanaged
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (!StateElement.TryFromJson(array[i], out values[i]))
            {
                throw Refuse($"{name}[{i}]", $"is {Show(array[i])}; it must be {StateElement.Valid<T>()}");
            }
        }
    }

    private UsageException Refuse(string name, string problem) =>
        new($"{source}: '{scopes.Peek().Path}{name}' {problem}.{(partial ? " Correct it or leave it out; what is left out stays as it is." : "")}");

    private static string Show(JsonNode? node)
    {
        var text = node?.ToJsonString() ?? "null";
        return text.Length <= 40 ? text : text[..40] + "...";
    }
}
