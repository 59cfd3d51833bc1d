using Bellman.Language;
using Bellman.Runs;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Language.Models;

/// <summary>A folder in Hugging Face's layout is read, computes what its definition says, and is written back as it was.</summary>
public sealed class TransformerFolderTests
{
    public static TheoryData<TransformerFamily, bool, TensorType, int, TransformerEngine> Folders()
    {
        var data = new TheoryData<TransformerFamily, bool, TensorType, int, TransformerEngine>();
        foreach (var engine in new[] { TransformerEngine.Torch, TransformerEngine.Simd })
        {
            data.Add(TransformerFamily.Llama, false, TensorType.F32, 1, engine);
            data.Add(TransformerFamily.Llama, true, TensorType.F16, 3, engine);
            data.Add(TransformerFamily.Qwen2, true, TensorType.BF16, 1, engine);
            data.Add(TransformerFamily.Qwen3, false, TensorType.BF16, 2, engine);
        }
        return data;
    }

    // Guards against adjacent pairs in the rotation, query heads that share keys in the wrong order, and a bias left out.
    [Theory]
    [MemberData(nameof(Folders))]
    public void Logits_agree_with_a_slow_forward_in_float64(TransformerFamily family, bool tied, TensorType type, int shards, TransformerEngine engine)
    {
        using var folder = new TemporaryFolder();
        var shape = TinyModels.Shape(family, tied);
        var weights = TinyModels.Write(folder.Path, shape, type, shards);
        using var model = Transformer.Load(folder.Path, new TransformerOptions { Engine = engine, Threads = 1 });
        var frequencies = Enumerable.Range(0, shape.HeadSize / 2).Select(i => Math.Pow(10_000, -2.0 * i / shape.HeadSize)).ToArray();
        var reference = new ReferenceTransformer(shape, weights, frequencies);
        var rows = new[] { TinyModels.Tokens(23, 1), TinyModels.Tokens(9, 2), TinyModels.Tokens(11, 3) };
        using var scope = TorchSharp.torch.NewDisposeScope();
        var batch = TinyModels.Batch(rows);
        var logits = Scores.Array(model.Score(batch, outputs: ScoreOutputs.Logits).Logits);
        for (var row = 0; row < rows.Length; row++)
        {
            var expected = reference.Logits(rows[row]);
            for (var t = 1; t < rows[row].Length; t++)
            {
                for (var token = 0; token < shape.VocabularySize; token++)
                {
                    var actual = logits[(row * batch.Length + t) * shape.VocabularySize + token];
                    Assert.True(Math.Abs(actual - expected[t - 1][token]) <= 1e-5 * Math.Max(1, Math.Abs(expected[t - 1][token])), $"row {row}, token {t}, logit {token}: {actual} instead of {expected[t - 1][token]}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Tensors_are_written_back_to_the_byte(TransformerFamily family, bool tied, TensorType type, int shards, TransformerEngine engine)
    {
        using var folder = new TemporaryFolder();
        string source = Path.Combine(folder.Path, "source"), copy = Path.Combine(folder.Path, "copy");
        TinyModels.Write(source, TinyModels.Shape(family, tied), type, shards);
        using (var model = Transformer.Load(source, new TransformerOptions { Engine = engine }))
        {
            model.Save(copy, shards == 1 ? long.MaxValue : 20_000);
        }
        Assert.Equal(TensorBytes(source), TensorBytes(copy));
        Assert.Equal(shards > 1, File.Exists(Path.Combine(copy, "model.safetensors.index.json")));
        Assert.Contains("\"a_key_of_its_own\": \"kept\"", File.ReadAllText(Path.Combine(copy, "config.json")), StringComparison.Ordinal);
        using var again = Transformer.Load(copy);
        Assert.Equal(family, again.Configuration.Family);
    }

    [Fact]
    public void Model_of_ones_own_is_read_back_as_it_was()
    {
        using var folder = new TemporaryFolder();
        var shape = TinyModels.Shape(TransformerFamily.Qwen2) with { Scaling = new RotaryScaling { Kind = RotaryScalingKind.Yarn, Factor = 2, OriginalContext = 32 }, StartToken = 3, EndTokens = [1, 2] };
        using var model = Transformer.Create(shape, RandomStream.Create(4));
        model.Save(folder.Path);
        using var again = Transformer.Load(folder.Path);
        Assert.Equal(shape with { EndTokens = [] }, again.Configuration with { EndTokens = [] });
        Assert.Equal(shape.EndTokens, again.Configuration.EndTokens);
        using var scope = TorchSharp.torch.NewDisposeScope();
        var batch = TinyModels.Batch(TinyModels.Tokens(20, 1));
        Assert.Equal(Scores.Array(model.Score(batch).LogProbabilities), Scores.Array(again.Score(batch).LogProbabilities));
    }

    /// <summary>Every tensor's type, shape and bytes, whichever file they are in.</summary>
    private static SortedDictionary<string, string> TensorBytes(string folder)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder, "*.safetensors"))
        {
            var bytes = File.ReadAllBytes(path);
            using var file = SafetensorsFile.Open(path);
            foreach (var entry in file.Tensors.Values)
            {
                var size = (int)entry.Count * entry.Type.Size();
                found.Add(entry.Name, $"{entry.Type} [{string.Join(',', entry.Shape)}] {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes.AsSpan((int)entry.Offset, size)))}");
            }
        }
        return found;
    }
}
