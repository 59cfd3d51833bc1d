using System.Text.Json.Nodes;
using Bellman.Language;
using Bellman.Neural;
using Bellman.Runs;
using Bellman.Tests.Cli;
using TorchSharp;
using Xunit;

namespace Bellman.Tests.Language.Models;

/// <summary>Adapters: merged equals unmerged, PEFT's layout, frozen weights; and the value head, copies and precisions.</summary>
public sealed class AdapterTests
{
    // Torch must be loaded by us before anything else touches it.
    public AdapterTests() => TorchRuntime.EnsureLoaded();

    [Theory]
    [InlineData(TransformerEngine.Simd)]
    [InlineData(TransformerEngine.Torch)]
    public void Merged_equals_unmerged(TransformerEngine engine)
    {
        using var scope = torch.NewDisposeScope();
        using var model = EngineAgreementTests.Model(TransformerFamily.Qwen2, true, 16, engine, adapters: true);
        var batch = TinyModels.Batch(TinyModels.Tokens(20, 1), TinyModels.Tokens(31, 2));
        var before = Scores.Array(model.Score(batch).LogProbabilities);
        var sampled = new LocalSampler(model).Sample([new SamplingPrompt([5], 1, RandomStream.Create(3))], new SamplingOptions(), TestContext.Current.CancellationToken)[0][0];
        Assert.All(model.Trainable, tensor => Assert.Contains(".lora_", tensor.Name, StringComparison.Ordinal));
        model.MergeAdapters();
        Assert.Null(model.Adapters);
        Scores.Close(before, Scores.Array(model.Score(batch).LogProbabilities), 1e-5);
        Assert.Equal(sampled.Tokens, new LocalSampler(model).Sample([new SamplingPrompt([5], 1, RandomStream.Create(3))], new SamplingOptions(), TestContext.Current.CancellationToken)[0][0].Tokens);
    }

    [Fact]
    public void Adapters_travel_in_the_layout_of_peft()
    {
        using var scope = torch.NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = EngineAgreementTests.Model(TransformerFamily.Llama, true, 16, TransformerEngine.Simd, adapters: true);
        string adapters = Path.Combine(folder.Path, "adapters"), merged = Path.Combine(folder.Path, "merged");
        model.SaveAdapters(adapters, "some/model");
        model.Save(merged);
        using (var file = SafetensorsFile.Open(Path.Combine(adapters, "adapter_model.safetensors")))
        {
            Assert.Equal([3L, 32L], file.Find("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight").Shape);
            Assert.Equal([64L, 3L], file.Find("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight").Shape);
            Assert.Equal(3 * 3 * 2, file.Tensors.Count);
        }
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(adapters, "adapter_config.json")));
        Assert.Equal(("LORA", 3, "some/model"), (json?["peft_type"]?.ToString(), json?["r"]?.GetValue<int>(), json?["base_model_name_or_path"]?.ToString()));

        var batch = TinyModels.Batch(TinyModels.Tokens(20, 1));
        var expected = Scores.Array(model.Score(batch).LogProbabilities);
        using var again = Transformer.Create(model.Configuration, RandomStream.Create(11));
        again.LoadAdapters(adapters);
        using var whole = Transformer.Load(merged);
        Scores.Close(expected, Scores.Array(whole.Score(batch).LogProbabilities), 1e-5);
        Assert.Equal(model.Trainable.SelectMany(tensor => Scores.Array(tensor.Value)), again.Trainable.SelectMany(tensor => Scores.Array(tensor.Value)));

        using var other = Transformer.Create(model.Configuration with { Layers = 2 }, RandomStream.Create(1));
        Assert.Contains("lora", Assert.Throws<UsageException>(() => other.LoadAdapters(adapters)).Message, StringComparison.Ordinal);
        Assert.Contains("already", Assert.Throws<UsageException>(() => again.LoadAdapters(adapters)).Message, StringComparison.Ordinal);
        Assert.Contains("up_proj", Assert.Throws<UsageException>(() => other.AddAdapters(new LowRankOptions { Targets = ["up_prj"] }, RandomStream.Create(1))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Copy_keeps_its_values_when_the_model_moves_on(bool adapters)
    {
        using var scope = torch.NewDisposeScope();
        using var model = EngineAgreementTests.Model(TransformerFamily.Qwen3, false, 16, TransformerEngine.Simd, adapters);
        using var copy = model.Copy();
        var batch = TinyModels.Batch(TinyModels.Tokens(20, 1));
        var before = Scores.Array(model.Score(batch).LogProbabilities);
        using (torch.no_grad()) { foreach (var (_, value) in model.Trainable) { value.add_(0.05); } }
        Assert.Equal(before, Scores.Array(copy.Score(batch).LogProbabilities));
        Assert.NotEqual(before, Scores.Array(model.Score(batch).LogProbabilities));
        Assert.Equal(model.Trainable.Count, copy.Trainable.Count);
        using var frozen = model.CopyTransformer(model.Options with { Frozen = true });
        Assert.Equal(adapters, frozen.Trainable.Count > 0);
    }

    [Fact]
    public void Value_head_learns_from_hidden_states()
    {
        using var scope = torch.NewDisposeScope();
        using var model = EngineAgreementTests.Model(TransformerFamily.Llama, true, 16, TransformerEngine.Simd, false);
        using var head = new ValueHead(model);
        var batch = TinyModels.Batch(TinyModels.Tokens(20, 1));
        var hidden = model.Score(batch, outputs: ScoreOutputs.Hidden).Hidden;
        Assert.NotNull(hidden);
        var values = head.Values(hidden);
        Assert.Equal([1L, 20L], values.shape);
        Assert.All(Scores.Array(values), value => Assert.Equal(0, value));
        (values - 1).square().mean().backward();
        Assert.All(head.Trainable, tensor => Assert.Contains(Scores.Array(tensor.Value.grad), value => value != 0));
    }

    [Fact]
    public void Half_precision_is_close_and_says_where_it_cannot_be()
    {
        using var scope = torch.NewDisposeScope();
        using var full = Transformer.Create(TinyModels.Shape(TransformerFamily.Llama), RandomStream.Create(2));
        using var half = Transformer.Create(TinyModels.Shape(TransformerFamily.Llama), RandomStream.Create(2), new TransformerOptions { Precision = TransformerPrecision.BFloat16 });
        using var frozen = Transformer.Create(TinyModels.Shape(TransformerFamily.Llama), RandomStream.Create(2), new TransformerOptions { Precision = TransformerPrecision.BFloat16, Frozen = true });
        var batch = TinyModels.Batch(TinyModels.Tokens(30, 1));
        var expected = Scores.Array(full.Score(batch).LogProbabilities);
        foreach (var model in new[] { half, frozen }) { Scores.Close(expected, Scores.Array(model.Score(batch).LogProbabilities), 0.3); }
        Assert.Empty(frozen.Trainable);
        Assert.Equal(torch.ScalarType.Float32, half.Trainable[0].Value.dtype);
        half.Score(batch).LogProbabilities.sum().backward();
        Assert.Equal(torch.ScalarType.Float32, half.Trainable[0].Value.grad?.dtype);
        string Refused(TransformerOptions options) => Assert.Throws<UsageException>(() => Transformer.Create(TinyModels.Shape(TransformerFamily.Llama), RandomStream.Create(2), options)).Message;
        Assert.Contains("float32 on the CPU", Refused(new TransformerOptions { Engine = TransformerEngine.Simd, Precision = TransformerPrecision.BFloat16 }), StringComparison.Ordinal);
        Assert.Contains("'tpu' is not known", Refused(new TransformerOptions { Device = "tpu" }), StringComparison.Ordinal);
        if (!torch.cuda.is_available()) { Assert.Contains("'cuda' is not available", Refused(new TransformerOptions { Device = "cuda" }), StringComparison.Ordinal); }
    }
}
