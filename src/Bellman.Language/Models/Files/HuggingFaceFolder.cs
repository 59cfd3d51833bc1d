using System.Text.Json;
using System.Text.Json.Nodes;
using Bellman.Runs;

namespace Bellman.Language;

/// <summary>What a folder said beyond the shape: kept so that it is written back as it was read.</summary>
/// <param name="Configuration">The whole of <c>config.json</c>.</param>
/// <param name="Types">The format each tensor was stored in.</param>
internal sealed record FolderOrigin(JsonObject Configuration, IReadOnlyDictionary<string, TensorType> Types);

/// <summary>Reads and writes a transformer as a Hugging Face folder.</summary>
internal static class HuggingFaceFolder
{
    private const string Configuration = "config.json";
    private const string Generation = "generation_config.json";
    private const long LargestConfiguration = 1 << 20;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static (TransformerConfiguration Model, JsonObject Json) ReadConfiguration(string folder)
    {
        if (!Directory.Exists(folder)) { throw new UsageException($"There is no folder {folder}. Give the folder of a model: config.json, safetensors and tokenizer.json."); }
        var path = Path.Combine(folder, Configuration);
        var json = BoundedJson.Read(path, LargestConfiguration);
        var model = HuggingFaceConfiguration.Read(json, path);
        var generation = Path.Combine(folder, Generation);
        if (!File.Exists(generation)) { return (model, json); }
        // Chat models name further end tokens here.
        var ends = BoundedJson.Read(generation, LargestConfiguration)["eos_token_id"] switch
        {
            JsonArray list => list.Select(item => item as JsonValue),
            JsonValue one => [one],
            _ => [],
        };
        var tokens = ends.Select(value => value is not null && value.TryGetValue(out int token) ? token : -1).Where(token => token >= 0 && token < model.VocabularySize);
        return (model with { EndTokens = [.. model.EndTokens.Concat(tokens).Distinct()] }, json);
    }

    /// <summary>Fills <paramref name="weights"/> from the folder's files; every tensor is accounted for.</summary>
    /// <exception cref="UsageException">A tensor is missing, left over, or of another shape or format; it is named.</exception>
    public static FolderOrigin ReadWeights(string folder, JsonObject json, WeightStore weights)
    {
        using var files = CheckpointFiles.Open(folder);
        var layout = weights.Layout;
        var types = new Dictionary<string, TensorType>();
        foreach (var place in layout.Weights)
        {
            var entry = files.Find(place.Name);
            if (!entry.Shape.SequenceEqual(place.Shape))
            {
                throw new UsageException($"The tensor '{place.Name}' in {folder} is [{string.Join(", ", entry.Shape)}] where config.json asks for [{string.Join(", ", place.Shape)}]. Use the config.json that belongs to these weights.");
            }
            if (entry.Type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16))
            {
                throw new UsageException($"The tensor '{place.Name}' in {folder} is of type {entry.Type}, which is not supported. Supported are F32, F16 and BF16.");
            }
            types.Add(place.Name, entry.Type);
        }
        RefuseOthers(folder, files, layout);
        foreach (var place in layout.Weights)
        {
            if (weights.Flat is null)
            {
                var values = new float[place.Size];
                files.Read(place.Name, values);
                weights.Write(place, values);
            }
            else { files.Read(place.Name, weights.Read(place).Span); }
        }
        return new FolderOrigin(json, types);
    }

    /// <summary>Writes config.json and the weights, each whole or not at all.</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="model">The shape.</param>
    /// <param name="tensors">Every tensor's numbers.</param>
    /// <param name="origin">What the model was read from, if it was.</param>
    /// <param name="largestShard">Bytes of a file above which the weights are cut into several.</param>
    /// <exception cref="BellmanException">The folder cannot be written.</exception>
    public static void Write(string folder, TransformerConfiguration model, IReadOnlyList<(WeightPlace Place, Memory<float> Values)> tensors, FolderOrigin? origin, long largestShard)
    {
        var blocks = tensors.Select(tensor => TensorBlock.Rounded(tensor.Place.Name, tensor.Values, origin?.Types[tensor.Place.Name] ?? TensorType.F32, tensor.Place.Shape)).ToList();
        var dtype = (origin?.Types.Values.GroupBy(type => type).MaxBy(group => group.Count())?.Key ?? TensorType.F32) switch { TensorType.F16 => "float16", TensorType.BF16 => "bfloat16", _ => "float32" };
        try
        {
            Directory.CreateDirectory(folder);
            WriteBlocks(folder, blocks, largestShard);
            DurableFile.Replace(Path.Combine(folder, Configuration), HuggingFaceConfiguration.Write(model, origin?.Configuration, dtype).ToJsonString(Indented) + "\n");
        }
        catch (Exception error) when (DurableFile.IsFailure(error))
        {
            throw new BellmanException($"The model could not be written to {folder}: {error.Message} Free space, or choose a folder that can be written.", error);
        }
    }

    private static void RefuseOthers(string folder, CheckpointFiles files, TransformerLayout layout)
    {
        foreach (var name in files.Names.Where(name => !layout.Contains(name)))
        {
            // Old files keep the rotary frequencies, which follow from config.json; tied models may repeat the embedding.
            if (name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || IsEmbedding(files, name)) { continue; }
            throw new UsageException($"{folder} holds the tensor '{name}', which a model of its config.json does not have. Use the config.json that belongs to these weights.");
        }
    }

    private static bool IsEmbedding(CheckpointFiles files, string name)
    {
        const string embedding = "model.embed_tokens.weight";
        if (name != "lm_head.weight" || files.Find(name).Count != files.Find(embedding).Count) { return false; }
        if (files.Find(name).Type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16)) { return false; }
        var (head, same) = (new float[files.Find(name).Count], new float[files.Find(name).Count]);
        files.Read(name, head);
        files.Read(embedding, same);
        return head.AsSpan().SequenceEqual(same);
    }

    private static void WriteBlocks(string folder, List<TensorBlock> blocks, long largestShard)
    {
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        var shards = new List<List<TensorBlock>>();
        var size = 0L;
        foreach (var block in blocks)
        {
            var bytes = block.Count * block.Type.Size();
            if (shards.Count == 0 || (size + bytes > largestShard && size > 0))
            {
                shards.Add([]);
                size = 0;
            }
            shards[^1].Add(block);
            size += bytes;
        }
        string Name(int shard) => shards.Count == 1 ? "model.safetensors" : $"model-{shard + 1:D5}-of-{shards.Count:D5}.safetensors";
        for (var shard = 0; shard < shards.Count; shard++)
        {
            var path = Path.Combine(folder, Name(shard));
            DurableFile.Write(path + ".writing", stream => SafetensorsWriter.Write(stream, shards[shard], metadata));
            File.Move(path + ".writing", path, overwrite: true);
        }
        var index = Path.Combine(folder, "model.safetensors.index.json");
        if (shards.Count == 1)
        {
            File.Delete(index);
            return;
        }
        var map = new JsonObject();
        for (var shard = 0; shard < shards.Count; shard++)
        {
            foreach (var block in shards[shard]) { map[block.Name] = Name(shard); }
        }
        var total = blocks.Sum(block => block.Count * block.Type.Size());
        DurableFile.Replace(index, new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = total }, ["weight_map"] = map }.ToJsonString(Indented));
        File.Delete(Path.Combine(folder, "model.safetensors"));
    }
}
