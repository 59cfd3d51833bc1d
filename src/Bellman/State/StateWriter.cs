using System.Text.Json.Nodes;
using Bellman.Runs;

namespace Bellman;

/// <summary>
/// Saves state: scalars into a tree of JSON objects, blocks either beside them as JSON arrays, or as named tensors that
/// refer to the owner's memory without copying it.
/// </summary>
internal sealed class StateWriter : StateExchange
{
    private readonly Stack<(string Path, JsonObject Values)> scopes = new();
    private readonly List<TensorBlock>? blocks;
    private readonly HashSet<string> blockNames = [];
    private readonly HashSet<string> variable = [];

    private StateWriter(bool keepBlocksApart)
    {
        blocks = keepBlocksApart ? [] : null;
        scopes.Push(("", Root));
    }

    public JsonObject Root { get; } = [];

    public IReadOnlyList<TensorBlock> Blocks => blocks ?? [];

    /// <summary>Names of the blocks whose length may differ from what is saved.</summary>
    public IReadOnlySet<string> Variable => variable;

    /// <summary>Everything as JSON.</summary>
    public static JsonObject ToJson(IStateful part)
    {
        var writer = new StateWriter(keepBlocksApart: false);
        part.Exchange(writer);
        return writer.Root;
    }

    /// <summary>Scalars as JSON, blocks as tensors. The blocks are read when they are written: the owner must not run meanwhile.</summary>
    public static StateWriter ToBlocks(IStateful part)
    {
        var writer = new StateWriter(keepBlocksApart: true);
        part.Exchange(writer);
        return writer;
    }

    public override bool IsLoading => false;

    public override void Value<T>(string name, ref T value) => Add(name, StateElement.ToJson(value));

    public override void Text(string name, ref string? value) => Add(name, value is null ? null : JsonValue.Create(value));

    public override void Array<T>(string name, Memory<T> values)
    {
        if (blocks is not null)
        {
            AddBlock(name, TensorBlock.Of<T>(scopes.Peek().Path + name, values));
            return;
        }
        var array = new JsonArray();
        foreach (var value in values.Span) { array.Add(StateElement.ToJson(value)); }
        Add(name, array);
    }

    public override void List<T>(string name, ref T[] values)
    {
        variable.Add(scopes.Peek().Path + name);
        Array(name, values.AsMemory());
    }

    protected override void Enter(string name)
    {
        var inner = new JsonObject();
        Add(name, inner);
        scopes.Push(($"{scopes.Peek().Path}{name}.", inner));
    }

    protected override void Leave() => scopes.Pop();

    private void AddBlock(string name, TensorBlock block)
    {
        if (blocks is null || !blockNames.Add(block.Name)) { throw Twice(name); }
        blocks.Add(block);
    }

    private void Add(string name, JsonNode? node)
    {
        if (!scopes.Peek().Values.TryAdd(name, node)) { throw Twice(name); }
    }

    private InvalidOperationException Twice(string name) =>
        new($"State '{scopes.Peek().Path}{name}' was named twice. Give each piece of state a name of its own within its part.");
}
