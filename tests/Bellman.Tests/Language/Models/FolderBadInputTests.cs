using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Bellman.Language;
using Bellman.Runs;
using Bellman.Tests.Cli;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Language.Models;

/// <summary>What is wrong with a model's folder is said by name, and nothing is loaded.</summary>
public sealed class FolderBadInputTests
{
    [Theory]
    [InlineData("config.json", "config.json is missing")]
    [InlineData("model.safetensors", "holds neither model.safetensors nor model.safetensors.index.json")]
    public void Folder_without_a_file(string file, string expected)
    {
        using var folder = Valid();
        File.Delete(Path.Combine(folder.Path, file));
        Assert.Contains(expected, Refused(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_that_is_not_there() =>
        Assert.Contains("There is no folder", Assert.Throws<UsageException>(() => Transformer.Load("/no/such/model")).Message, StringComparison.Ordinal);

    [Fact]
    public void Shard_that_is_missing_or_promised_or_elsewhere()
    {
        using var folder = Valid(shards: 2);
        var index = Path.Combine(folder.Path, "model.safetensors.index.json");
        var text = File.ReadAllText(index);
        File.WriteAllText(index, text.Replace("\"model.norm.weight\"", "\"model.norm.weigth\"", StringComparison.Ordinal));
        Assert.Contains("promises 'model.norm.weigth'", Refused(folder), StringComparison.Ordinal);
        File.WriteAllText(index, text.Replace("model-00002-of", "../model-00002-of", StringComparison.Ordinal));
        Assert.Contains("not the name of a safetensors file in this folder", Refused(folder), StringComparison.Ordinal);
        File.WriteAllText(index, "{}");
        Assert.Contains("no weight_map", Refused(folder), StringComparison.Ordinal);
        File.WriteAllText(index, text);
        File.Delete(Path.Combine(folder.Path, "model-00002-of-00002.safetensors"));
        Assert.Contains("lacks the shard model-00002-of-00002.safetensors", Refused(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("offset", "data offsets")]
    [InlineData("beyond", "truncated")]
    [InlineData("overlap", "overlaps")]
    [InlineData("header", "at most")]
    public void Weights_with_a_wrong_header(string what, string expected)
    {
        using var folder = Valid();
        var path = Path.Combine(folder.Path, "model.safetensors");
        var bytes = File.ReadAllBytes(path);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var header = JsonNode.Parse(bytes.AsSpan(8, length))?.AsObject() ?? throw new InvalidOperationException();
        var norm = header["model.norm.weight"]?.AsObject() ?? throw new InvalidOperationException();
        var (begin, end) = (norm["data_offsets"]?[0]?.GetValue<long>() ?? 0, norm["data_offsets"]?[1]?.GetValue<long>() ?? 0);
        norm["data_offsets"] = what switch
        {
            "offset" => new JsonArray(end, begin),
            "beyond" => new JsonArray(begin + (1L << 40), end + (1L << 40)),
            "overlap" => new JsonArray(begin - 4, end - 4),
            _ => new JsonArray(begin, end),
        };
        var changed = Encoding.UTF8.GetBytes(header.ToJsonString());
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, what == "header" ? 1L << 50 : changed.Length);
        File.WriteAllBytes(path, [.. prefix, .. changed, .. bytes.AsSpan(8 + length)]);
        var error = Assert.ThrowsAny<BellmanException>(() => Transformer.Load(folder.Path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing", "lacks the tensor 'model.layers.1.mlp.up_proj.weight'")]
    [InlineData("extra", "holds the tensor 'model.layers.9.mlp.up_proj.weight'")]
    [InlineData("shape", "'model.norm.weight' in")]
    [InlineData("type", "is of type I32, which is not supported. Supported are F32, F16 and BF16")]
    public void Tensor_that_does_not_belong(string what, string expected)
    {
        using var folder = Valid();
        var blocks = new List<TensorBlock>();
        foreach (var (name, shape) in TinyModels.Tensors(TinyModels.Shape(TransformerFamily.Llama)))
        {
            var count = (int)shape.Aggregate(1L, (product, side) => product * side);
            if (what == "missing" && name == "model.layers.1.mlp.up_proj.weight") { continue; }
            if (what == "shape" && name == "model.norm.weight") { blocks.Add(TensorBlock.Of<float>(name, new float[count + 1])); continue; }
            if (what == "type" && name == "model.norm.weight") { blocks.Add(TensorBlock.Of<int>(name, new int[count], shape)); continue; }
            blocks.Add(TensorBlock.Of<float>(name, new float[count], shape));
        }
        if (what == "extra") { blocks.Add(TensorBlock.Of<float>("model.layers.9.mlp.up_proj.weight", new float[3])); }
        TinyModels.Save(Path.Combine(folder.Path, "model.safetensors"), blocks);
        Assert.Contains(expected, Refused(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("architectures", """["MambaForCausalLM"]""", "architecture 'MambaForCausalLM', which is not supported. Supported are LlamaForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM")]
    [InlineData("num_key_value_heads", "3", "num_attention_heads 4 is not divisible by num_key_value_heads 3")]
    [InlineData("head_dim", "7", "the size of a head is 7")]
    [InlineData("hidden_size", "\"32\"", "'hidden_size' is \"32\"; it must be a whole number")]
    [InlineData("vocab_size", "-1", "vocab_size is -1")]
    [InlineData("num_hidden_layers", "null", "'num_hidden_layers' is missing")]
    [InlineData("hidden_act", "\"gelu\"", "only 'silu' is supported")]
    [InlineData("attention_bias", "true", "biases on attention")]
    [InlineData("use_sliding_window", "true", "sliding-window")]
    [InlineData("rope_theta", "0", "rope_theta is 0")]
    [InlineData("rope_scaling", """{"rope_type":"longrope","factor":2}""", "type 'longrope'; supported are")]
    [InlineData("rope_scaling", """{"rope_type":"linear","factor":0.5}""", "factor is 0.5; it is at least 1")]
    [InlineData("eos_token_id", "61", "special token 61 is outside")]
    [InlineData("quantization_config", """{"bits":4}""", "quantised weights are not supported")]
    public void Configuration_that_cannot_be_used(string name, string value, string expected)
    {
        using var folder = Valid();
        var json = TinyModels.Configuration(TinyModels.Shape(TransformerFamily.Llama));
        json[name] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), json.ToJsonString());
        Assert.Contains(expected, Refused(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_that_is_too_deep_or_too_large_or_none()
    {
        using var folder = Valid();
        var path = Path.Combine(folder.Path, "config.json");
        File.WriteAllText(path, new string('[', 100_000));
        Assert.Contains("depth", Refused(folder), StringComparison.OrdinalIgnoreCase);
        File.WriteAllText(path, "{\"a\":\"" + new string('x', 2 << 20) + "\"}");
        Assert.Contains("at most 1048576 are read", Refused(folder), StringComparison.Ordinal);
        File.WriteAllText(path, "[1, 2]");
        Assert.Contains("not a JSON object", Refused(folder), StringComparison.Ordinal);
        File.WriteAllText(path, "{");
        Assert.Contains("cannot be used", Refused(folder), StringComparison.Ordinal);
    }

    /// <summary>Bytes flipped, cut, doubled or replaced anywhere in a valid file: it loads, or says what is wrong, in bounded memory.</summary>
    [Fact]
    public void Damaged_weights_never_do_worse_than_a_message()
    {
        using var folder = Valid();
        var path = Path.Combine(folder.Path, "model.safetensors");
        var valid = File.ReadAllBytes(path);
        var header = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(valid);
        var place = Gen.Int[0, 9].SelectMany(where => where < 9 ? Gen.Int[0, header - 1] : Gen.Int[0, valid.Length - 1]);
        Gen.Select(Gen.Int[0, 3], place, Gen.Byte, Gen.Int[1, 64]).Sample((kind, at, value, length) =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            File.WriteAllBytes(path, kind switch
            {
                0 => [.. valid[..at], value, .. valid[(at + 1)..]],
                1 => valid[..at],
                2 => [.. valid[..at], .. valid.AsSpan(at, Math.Min(length, valid.Length - at)), .. valid[at..]],
                _ => [.. valid[..at], .. Enumerable.Repeat(value, Math.Min(length, valid.Length - at)), .. valid[Math.Min(valid.Length, at + length)..]],
            });
            try
            {
                using var model = Transformer.Load(folder.Path, new TransformerOptions { Engine = TransformerEngine.Torch });
            }
            catch (BellmanException error)
            {
                Assert.DoesNotContain("Exception", error.Message, StringComparison.Ordinal);
            }
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 20_000_000, "A damaged file must not make the reader ask for much memory.");
        }, iter: 400, threads: 1);
    }

    private static TemporaryFolder Valid(int shards = 1)
    {
        var folder = new TemporaryFolder();
        TinyModels.Write(folder.Path, TinyModels.Shape(TransformerFamily.Llama), TensorType.F32, shards);
        return folder;
    }

    private static string Refused(TemporaryFolder folder) => Assert.Throws<UsageException>(() => Transformer.Load(folder.Path)).Message;
}
