namespace Bellman;

/// <summary>Something whose state can be saved and restored exactly.</summary>
public interface IStateful
{
    /// <summary>
    /// Names every piece of state once. The same method saves and loads: <paramref name="state"/> either reads the
    /// values or replaces them, so that the two directions cannot disagree. Which names there are must not depend on the
    /// values: a loader compares the names and lengths of both sides first, and refuses before it changes anything.
    /// </summary>
    void Exchange(StateExchange state);
}

/// <summary>
/// The visitor that saves or restores state. Names are unique within their scope; values may be any unmanaged number,
/// <see cref="bool"/> or an enum stored as int.
/// </summary>
public abstract class StateExchange
{
    /// <summary>True when values are being restored: derived fields can then be recomputed.</summary>
    public abstract bool IsLoading { get; }

    /// <summary>One number or boolean.</summary>
    public abstract void Value<T>(string name, ref T value) where T : unmanaged;

    /// <summary>A text, or null.</summary>
    public abstract void Text(string name, ref string? value);

    /// <summary>A block of fixed length; restoring refuses another length.</summary>
    public abstract void Array<T>(string name, Memory<T> values) where T : unmanaged;

    /// <summary>A block whose length may have changed; restoring replaces the array.</summary>
    public abstract void List<T>(string name, ref T[] values) where T : unmanaged;

    /// <summary>The state of a part, in a scope of its own.</summary>
    public void Part(string name, IStateful part)
    {
        Enter(name);
        part.Exchange(this);
        Leave();
    }

    /// <summary>Opens a scope: names inside it are apart from those outside.</summary>
    protected abstract void Enter(string name);

    /// <summary>Closes the innermost scope.</summary>
    protected abstract void Leave();
}
