using System.Text.Json.Nodes;
using Bellman.Runs;

namespace Bellman.Language;

/// <summary>
/// The tensors of a Hugging Face folder: <c>model.safetensors</c>, or shards and <c>model.safetensors.index.json</c>.
/// Headers are read and checked at once, data when asked for.
/// </summary>
internal sealed class CheckpointFiles : IDisposable
{
    private const string Single = "model.safetensors";
    private const string Index = "model.safetensors.index.json";
    private const long LargestIndex = 64 << 20;

    private readonly string folder;
    private readonly List<SafetensorsFile> files = [];
    private readonly Dictionary<string, SafetensorsFile> byTensor = [];

    private CheckpointFiles(string folder) => this.folder = folder;

    public IReadOnlyCollection<string> Names => byTensor.Keys;

    /// <exception cref="BellmanException">A file is missing or damaged, or the index and the shards disagree.</exception>
    public static CheckpointFiles Open(string folder)
    {
        var opened = new CheckpointFiles(folder);
        var whole = false;
        try
        {
            if (File.Exists(Path.Combine(folder, Index))) { opened.OpenShards(BoundedJson.Read(Path.Combine(folder, Index), LargestIndex)); }
            else if (File.Exists(Path.Combine(folder, Single))) { opened.Add(Single); }
            else { throw new UsageException($"{folder} holds neither {Single} nor {Index}. Copy the model's weights there (safetensors; other formats can execute code and are not read), or name another folder."); }
            whole = true;
            return opened;
        }
        finally
        {
            if (!whole) { opened.Dispose(); }
        }
    }

    public TensorEntry Find(string name) => byTensor.TryGetValue(name, out var file) ? file.Find(name)
        : throw new UsageException($"{folder} lacks the tensor '{name}'{Near(name)}. Its config.json and its weights do not belong together, or a shard is missing.");

    public void Read(string name, Span<float> destination) => byTensor[name].ReadSingles(name, destination);

    public void Dispose()
    {
        foreach (var file in files) { file.Dispose(); }
    }

    private void OpenShards(JsonObject index)
    {
        var path = Path.Combine(folder, Index);
        if (index["weight_map"] is not JsonObject map || map.Count == 0) { throw BoundedJson.Refuse(path, "it holds no weight_map"); }
        var places = map.Select(pair => (Tensor: pair.Key, File: pair.Value is JsonValue value && value.TryGetValue(out string? file) ? file : "")).ToList();
        foreach (var file in places.Select(place => place.File).Distinct())
        {
            if (file.Length == 0 || file != Path.GetFileName(file) || !file.EndsWith(".safetensors", StringComparison.Ordinal)) { throw BoundedJson.Refuse(path, $"'{file}' is not the name of a safetensors file in this folder"); }
            if (!File.Exists(Path.Combine(folder, file))) { throw new UsageException($"{folder} lacks the shard {file}, which {Index} names. Copy it there."); }
            Add(file);
        }
        foreach (var (tensor, file) in places)
        {
            if (!byTensor.ContainsKey(tensor)) { throw BoundedJson.Refuse(path, $"it promises '{tensor}' in {file}, which is not there"); }
        }
    }

    private void Add(string name)
    {
        var file = SafetensorsFile.Open(Path.Combine(folder, name));
        files.Add(file);
        foreach (var tensor in file.Tensors.Keys)
        {
            if (!byTensor.TryAdd(tensor, file)) { throw new UsageException($"{folder} holds the tensor '{tensor}' in two shards. Use an intact copy."); }
        }
    }

    private string Near(string name)
    {
        var near = NearNames.Find(name, byTensor.Keys);
        return near.Count > 0 ? $" (near: {string.Join(", ", near)})" : "";
    }
}
