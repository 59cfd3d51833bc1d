using System.Text.Json;
using System.Text.Json.Nodes;
using Bellman.Runs;

namespace Bellman.Language;

/// <summary>Low-rank adapters as PEFT stores them: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
internal static class AdapterFolder
{
    private const string Configuration = "adapter_config.json";
    private const string Tensors = "adapter_model.safetensors";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Write(string folder, LowRankAdapters adapters, string baseModel)
    {
        var json = new JsonObject
        {
            ["peft_type"] = "LORA",
            ["task_type"] = "CAUSAL_LM",
            ["base_model_name_or_path"] = baseModel,
            ["r"] = adapters.Options.Rank,
            ["lora_alpha"] = adapters.Options.Alpha,
            ["lora_dropout"] = 0.0,
            ["bias"] = "none",
            ["fan_in_fan_out"] = false,
            ["use_rslora"] = false,
            ["target_modules"] = new JsonArray([.. adapters.Options.Targets.Select(target => JsonValue.Create(target))]),
        };
        var blocks = adapters.Tensors.Select(tensor => TensorBlock.Of<float>(tensor.Name, TensorState.ToArray(tensor.Value), tensor.Value.shape)).ToList();
        try
        {
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, Tensors);
            DurableFile.Write(path + ".writing", stream => SafetensorsWriter.Write(stream, blocks, new Dictionary<string, string> { ["format"] = "pt" }));
            File.Move(path + ".writing", path, overwrite: true);
            DurableFile.Replace(Path.Combine(folder, Configuration), json.ToJsonString(Indented) + "\n");
        }
        catch (Exception error) when (DurableFile.IsFailure(error))
        {
            throw new BellmanException($"The adapters could not be written to {folder}: {error.Message} Free space, or choose a folder that can be written.", error);
        }
    }

    public static LowRankOptions ReadOptions(string folder)
    {
        var path = Path.Combine(folder, Configuration);
        var json = BoundedJson.Read(path, 1 << 20);
        if (json["peft_type"]?.ToString() != "LORA") { throw BoundedJson.Refuse(path, $"its peft_type is '{json["peft_type"]}'; only LORA is supported"); }
        foreach (var name in new[] { "use_rslora", "use_dora", "fan_in_fan_out" })
        {
            if (json[name] is JsonValue flag && flag.TryGetValue(out bool set) && set) { throw BoundedJson.Refuse(path, $"{name} is true, which is not supported"); }
        }
        if (json["r"] is not JsonValue rank || !rank.TryGetValue(out int r) || json["lora_alpha"] is not JsonValue alpha || !alpha.TryGetValue(out double a)
            || json["target_modules"] is not JsonArray targets)
        {
            throw BoundedJson.Refuse(path, "it needs r, lora_alpha and a list target_modules");
        }
        return new LowRankOptions { Rank = r, Alpha = a, Targets = [.. targets.Select(target => target?.ToString() ?? "")] }.Validated();
    }

    /// <exception cref="UsageException">A matrix is missing, left over or of another shape.</exception>
    public static void ReadTensors(string folder, LowRankAdapters adapters)
    {
        var path = Path.Combine(folder, Tensors);
        if (!File.Exists(path)) { throw new UsageException($"{path} is missing. Copy the adapters' file there."); }
        using var file = SafetensorsFile.Open(path);
        var wanted = adapters.Tensors.ToList();
        if (file.Tensors.Keys.FirstOrDefault(name => wanted.All(tensor => tensor.Name != name)) is { } extra)
        {
            throw new UsageException($"{path} holds '{extra}', which adapters of its adapter_config.json on this model do not have. Use the base model and the configuration that belong to it.");
        }
        using var without = TorchSharp.torch.no_grad();
        foreach (var (name, target) in wanted)
        {
            var entry = file.Find(name);
            if (!entry.Shape.SequenceEqual(target.shape)) { throw new UsageException($"'{name}' in {path} is [{string.Join(", ", entry.Shape)}] where [{string.Join(", ", target.shape)}] is wanted. Use the base model that belongs to it."); }
            var values = new float[entry.Count];
            file.ReadSingles(name, values);
            using var source = TorchSharp.torch.tensor(values, target.shape);
            target.copy_(source);
        }
    }
}
