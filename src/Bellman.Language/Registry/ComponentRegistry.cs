namespace Bellman.Language;

/// <summary>One technique: the key it is asked for by, what it does, and the type that does it.</summary>
/// <param name="Key">Family and name, e.g. <c>loss.ppo</c>.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Type">The type: a record whose properties are its options, or the class that holds its functions.</param>
public sealed record ComponentEntry(string Key, string Summary, Type Type)
{
    /// <summary>Its options, as <c>--set</c> and the listings show them; null for a class of functions.</summary>
    public OptionSet? Options => Type.IsAbstract || Type.GetConstructor([]) is null ? null : OptionSet.Of(Type, Key);
}

/// <summary>Every technique of post-training by key. A name that is not known is answered with the nearest ones.</summary>
public static class ComponentRegistry
{
    /// <summary>All of them, families together.</summary>
    public static IReadOnlyList<ComponentEntry> All { get; } = [.. PolicyComponents.All, .. PreferenceComponents.All, .. OtherComponents.All];

    /// <summary>The component with this key.</summary>
    /// <exception cref="UsageException">There is none; the message names the nearest.</exception>
    public static ComponentEntry Find(string key) =>
        All.FirstOrDefault(entry => entry.Key.Equals(key, StringComparison.OrdinalIgnoreCase))
        ?? throw NearNames.Unknown("component", key, All.Select(entry => entry.Key), "docs/taxonomy-rl-for-llms.md lists all of them.");

    /// <summary>Keys of the components that are a <typeparamref name="T"/> and can be made from options.</summary>
    public static IReadOnlyList<string> Keys<T>() => [.. All.Where(entry => typeof(T).IsAssignableFrom(entry.Type) && entry.Options is not null).Select(entry => entry.Key)];

    /// <summary>The component with this key and these options.</summary>
    /// <exception cref="UsageException">The key or an option is unknown, or a value out of range.</exception>
    public static T Create<T>(string key, IEnumerable<KeyValuePair<string, string>>? options = null) where T : class
    {
        var entry = All.FirstOrDefault(candidate => candidate.Key.Equals(key, StringComparison.OrdinalIgnoreCase) && typeof(T).IsAssignableFrom(candidate.Type) && candidate.Options is not null)
            ?? throw NearNames.Unknown("component", key, Keys<T>(), $"There are: {string.Join(", ", Keys<T>())}.");
        return (T)OptionSet.Of(entry.Type, entry.Key).Create(options ?? []);
    }
}
