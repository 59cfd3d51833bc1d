using System.Text.Json;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>What a run learns from, kept in its folder: a resumed run trains on the same data, which it could not draw again.</summary>
/// <param name="run">The run.</param>
/// <param name="fileName">Name of the file.</param>
internal sealed class RunData<T>(Run run, string fileName)
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public IReadOnlyList<T> Get(Func<IReadOnlyList<T>> make)
    {
        var path = Path.Combine(run.Folder, fileName);
        if (File.Exists(path) && JsonSerializer.Deserialize<List<T>>(File.ReadAllText(path), Json) is { Count: > 0 } kept) { return kept; }
        var made = make();
        run.Write(fileName, JsonSerializer.Serialize(made, Json));
        return made;
    }
}
