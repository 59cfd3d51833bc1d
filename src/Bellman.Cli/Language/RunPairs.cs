using System.Text.Json;
using Bellman.Language;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>The pairs of a run, kept in its folder: a resumed run trains on the same ones, which it could not draw again.</summary>
internal sealed class RunPairs(Run run)
{
    private const string FileName = "pairs.json";

    private static readonly JsonSerializerOptions Json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public IReadOnlyList<PreferenceExample> Get(Func<IReadOnlyList<PreferenceExample>> make)
    {
        var path = Path.Combine(run.Folder, FileName);
        if (File.Exists(path) && JsonSerializer.Deserialize<List<PreferenceExample>>(File.ReadAllText(path), Json) is { Count: > 0 } kept) { return kept; }
        var pairs = make();
        run.Write(FileName, JsonSerializer.Serialize(pairs, Json));
        return pairs;
    }
}
