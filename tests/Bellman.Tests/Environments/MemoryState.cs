using System.Runtime.InteropServices;

namespace Bellman.Tests.Environments;

/// <summary>Keeps saved state as bytes by name, the plainest exact implementation there can be.</summary>
public sealed class MemoryState : StateExchange
{
    private readonly Dictionary<string, byte[]> values = [];
    private readonly Stack<string> scopes = new();
    private bool loading;

    public override bool IsLoading => loading;

    /// <summary>Overrides one value, as a user who sets a state does.</summary>
    public void Set<T>(string name, T value) where T : unmanaged => values[name] = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value)).ToArray();

    public void SetList<T>(string name, params T[] items) where T : unmanaged => values[name] = MemoryMarshal.AsBytes(items.AsSpan()).ToArray();

    /// <summary>The singles of every block whose name begins with <paramref name="part"/>, in order of name.</summary>
    public float[] Blocks(string part) =>
        [.. values.Where(entry => entry.Key.StartsWith(part + "/", StringComparison.Ordinal)).OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => MemoryMarshal.Cast<byte, float>(entry.Value).ToArray())];

    public static MemoryState Save(IStateful stateful)
    {
        var state = new MemoryState();
        stateful.Exchange(state);
        return state;
    }

    public void Load(IStateful stateful)
    {
        loading = true;
        stateful.Exchange(this);
        loading = false;
    }

    public override void Value<T>(string name, ref T value)
    {
        if (loading) { value = MemoryMarshal.Read<T>(values[Path(name)]); }
        else { Add(name, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(ref value))); }
    }

    public override void Text(string name, ref string? value)
    {
        if (loading) { value = values[Path(name)] is { Length: > 0 } bytes ? System.Text.Encoding.UTF8.GetString(bytes.AsSpan(1)) : null; }
        else { Add(name, value is null ? [] : [1, .. System.Text.Encoding.UTF8.GetBytes(value)]); }
    }

    public override void Array<T>(string name, Memory<T> values)
    {
        if (loading) { MemoryMarshal.Cast<byte, T>(this.values[Path(name)]).CopyTo(values.Span); }
        else { Add(name, MemoryMarshal.AsBytes(values.Span)); }
    }

    public override void List<T>(string name, ref T[] values)
    {
        if (loading) { values = MemoryMarshal.Cast<byte, T>(this.values[Path(name)]).ToArray(); }
        else { Add(name, MemoryMarshal.AsBytes(values.AsSpan())); }
    }

    protected override void Enter(string name) => scopes.Push(Path(name) + "/");

    protected override void Leave() => scopes.Pop();

    // Names must be unique: saving one twice would lose the first.
    private void Add(string name, ReadOnlySpan<byte> bytes) => values.Add(Path(name), bytes.ToArray());

    private string Path(string name) => (scopes.TryPeek(out var scope) ? scope : "") + name;
}
