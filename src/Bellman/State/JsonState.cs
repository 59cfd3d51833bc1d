using System.Text.Json.Nodes;

namespace Bellman;

/// <summary>State as one JSON document, for people and for small things; checkpoints keep blocks apart instead.</summary>
public static class JsonState
{
    /// <summary>The whole state of <paramref name="part"/>; parts within it are nested objects.</summary>
    public static JsonObject Save(IStateful part) => StateWriter.ToJson(part);

    /// <summary>Replaces the state of <paramref name="part"/>.</summary>
    /// <param name="part">What is restored; if anything is refused it stays as it was.</param>
    /// <param name="values">Values by name.</param>
    /// <param name="partial">Whether values that are not mentioned stay as they are; otherwise they are refused as missing.</param>
    /// <param name="source">What the values are called in messages, e.g. <c>--state</c>.</param>
    /// <exception cref="UsageException">A name is unknown (the message lists the valid ones), or a value has another type or length.</exception>
    public static void Load(IStateful part, JsonObject values, bool partial = false, string source = "The state")
    {
        var before = StateWriter.ToJson(part);
        RefuseUnknown(values, before, "", source);
        var loaded = false;
        try
        {
            part.Exchange(new StateReader(values, source, partial));
            loaded = true;
        }
        finally
        {
            if (!loaded) { part.Exchange(new StateReader(before, source)); }
        }
    }

    private static void RefuseUnknown(JsonObject values, JsonObject known, string path, string source)
    {
        foreach (var (name, value) in values)
        {
            if (!known.TryGetPropertyValue(name, out var match))
            {
                var names = known.Select(pair => path + pair.Key).ToList();
                throw NearNames.Unknown($"value in {char.ToLowerInvariant(source[0])}{source[1..]}:", path + name, names,
                    names.Count == 0 ? "It has no values." : $"It has: {string.Join(", ", names)}.");
            }
            if (value is JsonObject inner && match is JsonObject knownInner) { RefuseUnknown(inner, knownInner, $"{path}{name}.", source); }
        }
    }
}
