using Bellman.Language;
using Bellman.Neural;
using TorchSharp;
using Xunit;

namespace Bellman.Tests.Language.Models;

/// <summary>
/// The kernels' scores and gradients are those of torch's operations and autograd; neither depends on which rows lie
/// together, on what is computed again, or on threads.
/// </summary>
public sealed class EngineAgreementTests
{
    // Torch must be loaded by us before anything else touches it.
    public EngineAgreementTests() => TorchRuntime.EnsureLoaded();

    public static TheoryData<TransformerFamily, bool, int, bool> Models()
    {
        // Head sizes of 16, 8, 4 and 2 reach every width of the vectors.
        var data = new TheoryData<TransformerFamily, bool, int, bool>();
        data.Add(TransformerFamily.Llama, true, 16, false);
        data.Add(TransformerFamily.Llama, false, 8, false);
        data.Add(TransformerFamily.Qwen2, true, 4, false);
        data.Add(TransformerFamily.Qwen3, false, 16, false);
        data.Add(TransformerFamily.Qwen3, true, 2, false);
        data.Add(TransformerFamily.Qwen2, false, 32, true);
        return data;
    }

    // Guards against value gradients of one head instead of the sum over those that share it, a missing derivative of the head norms,
    // and a rotation that is not turned back.
    [Theory]
    [MemberData(nameof(Models))]
    public void Kernels_and_torch_agree_on_scores_and_gradients(TransformerFamily family, bool tied, int head, bool adapters)
    {
        using var kernels = Model(family, tied, head, TransformerEngine.Simd, adapters);
        using var reference = Model(family, tied, head, TransformerEngine.Torch, adapters);
        using var scope = torch.NewDisposeScope();
        var batch = Rows();
        var expected = Backward(reference, batch, 0.8);
        var actual = Backward(kernels, batch, 0.8);
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (name, values) in expected) { Near(values, actual[name], name); }
    }

    [Theory]
    [InlineData(TransformerEngine.Simd)]
    [InlineData(TransformerEngine.Torch)]
    public void Embeddings_take_the_place_of_tokens_and_get_gradients(TransformerEngine engine)
    {
        using var model = Model(TransformerFamily.Llama, true, 16, engine, false);
        using var reference = Model(TransformerFamily.Llama, true, 16, TransformerEngine.Torch, false);
        using var scope = torch.NewDisposeScope();
        var batch = Rows();
        var vectors = model.Embed(batch).detach().requires_grad_();
        var scores = model.Score(vectors, batch);
        Scores.Close(Scores.Array(model.Score(batch).LogProbabilities), Scores.Array(scores.LogProbabilities), 1e-6);
        Weighted(scores.LogProbabilities).backward();
        var same = reference.Embed(batch).detach().requires_grad_();
        Weighted(reference.Score(same, batch).LogProbabilities).backward();
        Near(Scores.Array(same.grad), Scores.Array(vectors.grad), "embeddings");
        Assert.Throws<ArgumentException>(() => model.Score(vectors.narrow(1, 0, 2), batch));
    }

    // Guards against attention that crosses from one packed row into the next, and positions that run on.
    [Theory]
    [InlineData(TransformerEngine.Simd)]
    [InlineData(TransformerEngine.Torch)]
    public void Scores_of_a_row_do_not_depend_on_the_rows_beside_it(TransformerEngine engine)
    {
        using var model = Model(TransformerFamily.Qwen3, true, 16, engine, false);
        using var scope = torch.NewDisposeScope();
        var batch = Rows();
        var together = Scores.Array(model.Score(batch).LogProbabilities);
        for (var row = 0; row < batch.Rows; row++)
        {
            var start = row * batch.Length;
            var alone = new TokenBatch([batch.Tokens[start..(start + batch.Lengths[row])]], [batch.Mask[start..(start + batch.Lengths[row])]]);
            Scores.Close(Scores.Array(model.Score(alone).LogProbabilities), together[start..(start + batch.Lengths[row])], 1e-5);
            Assert.All(together[(start + batch.Lengths[row])..(start + batch.Length)], value => Assert.Equal(0, value));
        }
    }

    [Theory]
    [InlineData(TransformerEngine.Simd)]
    [InlineData(TransformerEngine.Torch)]
    public void Checkpointing_changes_no_gradient(TransformerEngine engine)
    {
        using var plain = Model(TransformerFamily.Qwen2, true, 16, engine, false);
        using var checkpointed = Model(TransformerFamily.Qwen2, true, 16, engine, false, checkpointing: true);
        using var scope = torch.NewDisposeScope();
        var batch = Rows();
        var expected = Backward(plain, batch, 1);
        foreach (var (name, values) in Backward(checkpointed, batch, 1)) { Scores.Close(expected[name], values, 1e-6, name); }
    }

    [Fact]
    public void Kernels_give_the_same_bits_with_any_number_of_threads()
    {
        using var one = Model(TransformerFamily.Llama, true, 16, TransformerEngine.Simd, false, threads: 1);
        using var three = Model(TransformerFamily.Llama, true, 16, TransformerEngine.Simd, false, threads: 3);
        using var scope = torch.NewDisposeScope();
        var batch = TinyModels.Batch([.. Enumerable.Range(0, 70).Select(row => TinyModels.Tokens(20 + row % 40, (ulong)row))]);
        var expected = Backward(one, batch, 1);
        foreach (var (name, values) in Backward(three, batch, 1)) { Assert.Equal(expected[name], values); }
    }

    [Fact]
    public void Gradients_of_two_scorings_add_up()
    {
        using var model = Model(TransformerFamily.Llama, true, 16, TransformerEngine.Simd, false);
        using var reference = Model(TransformerFamily.Llama, true, 16, TransformerEngine.Torch, false);
        using var scope = torch.NewDisposeScope();
        var (first, second) = (TinyModels.Batch(TinyModels.Tokens(12, 1)), TinyModels.Batch(TinyModels.Tokens(20, 2), TinyModels.Tokens(7, 3)));
        foreach (var each in new[] { model, reference })
        {
            var (a, b) = (each.Score(first).LogProbabilities.sum(), each.Score(second).LogProbabilities.sum());
            (a * b).backward();
            (each.Score(first).LogProbabilities * 2).sum().backward();
        }
        foreach (var (expected, actual) in reference.Trainable.Zip(model.Trainable)) { Near(Scores.Array(expected.Value.grad), Scores.Array(actual.Value.grad), expected.Name); }
    }

    // Torch's own zeros for what a loss does not use lie in the scope that scored: with them the process dies in the backward pass.
    [Theory]
    [InlineData(ScoreOutputs.None)]
    [InlineData(ScoreOutputs.Entropies)]
    [InlineData(ScoreOutputs.Hidden)]
    [InlineData(ScoreOutputs.Logits)]
    public void A_loss_may_use_one_score_and_outlive_the_scope_of_the_others(ScoreOutputs used)
    {
        using var model = Model(TransformerFamily.Llama, true, 16, TransformerEngine.Simd, false);
        using var reference = Model(TransformerFamily.Llama, true, 16, TransformerEngine.Torch, false);
        using var scope = torch.NewDisposeScope();
        foreach (var each in new[] { model, reference })
        {
            torch.Tensor loss;
            using (torch.NewDisposeScope())
            {
                var scores = each.Score(Rows(), 0.8, ScoreOutputs.Entropies | ScoreOutputs.Hidden | ScoreOutputs.Logits);
                var one = used switch
                {
                    ScoreOutputs.Entropies => scores.Entropies,
                    ScoreOutputs.Hidden => scores.Hidden,
                    ScoreOutputs.Logits => scores.Logits,
                    _ => scores.LogProbabilities,
                };
                Assert.NotNull(one);
                loss = Weighted(one).MoveToOuterDisposeScope();
            }
            loss.backward();
        }
        foreach (var (expected, actual) in reference.Trainable.Zip(model.Trainable)) { Near(Scores.Array(expected.Value.grad), Scores.Array(actual.Value.grad), expected.Name); }
    }

    [Fact]
    public void Scoring_without_gradients_keeps_none()
    {
        using var model = Model(TransformerFamily.Llama, true, 16, TransformerEngine.Simd, false);
        using var scope = torch.NewDisposeScope();
        using var without = torch.no_grad();
        Assert.False(model.Score(Rows()).LogProbabilities.requires_grad);
    }

    [Fact]
    public void Row_that_does_not_fit_the_model_is_refused()
    {
        using var model = Model(TransformerFamily.Llama, true, 16, TransformerEngine.Simd, false);
        Assert.Contains("65 tokens does not fit", Assert.Throws<UsageException>(() => model.Score(TinyModels.Batch(TinyModels.Tokens(65, 1)))).Message, StringComparison.Ordinal);
        Assert.Contains("token 61", Assert.Throws<UsageException>(() => model.Score(TinyModels.Batch([1, 61]))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Score(Rows(), 0));
    }

    internal static Transformer Model(TransformerFamily family, bool tied, int head, TransformerEngine engine, bool adapters, bool checkpointing = false, int threads = 1)
    {
        var shape = TinyModels.Shape(family, tied) with { HeadDimension = head, IntermediateSize = head == 2 ? 46 : 48, InitialDeviation = 0.15 };
        var model = Transformer.Create(shape, RandomStream.Create(11), new TransformerOptions { Engine = engine, Threads = threads, Checkpointing = checkpointing });
        // Gains and biases away from one and zero, so that their gradients matter.
        using var without = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var random = RandomStream.Create(12);
        if (adapters) { model.AddAdapters(new LowRankOptions { Rank = 3, Alpha = 5, Targets = ["q_proj", "v_proj", "down_proj"] }, random); }
        foreach (var (_, value) in model.Trainable.Where(tensor => adapters || tensor.Value.dim() == 1))
        {
            value.add_(torch.tensor(Enumerable.Range(0, (int)value.numel()).Select(_ => (float)(0.2 * random.NextGaussian())).ToArray(), value.shape));
        }
        return model;
    }

    /// <summary>Rows of uneven lengths, some so short that several share a line, with masks that begin after a prompt.</summary>
    private static TokenBatch Rows()
    {
        var rows = new[] { TinyModels.Tokens(40, 1), TinyModels.Tokens(9, 2), TinyModels.Tokens(17, 3), TinyModels.Tokens(2, 4), TinyModels.Tokens(64, 5), TinyModels.Tokens(33, 6) };
        return new TokenBatch(rows, [.. rows.Select(row => row.Select((_, t) => t > row.Length / 3).ToArray())]);
    }

    /// <summary>Everything a scoring gives, and the gradients of a loss that all of it enters.</summary>
    private static SortedDictionary<string, float[]> Backward(Transformer model, TokenBatch batch, double temperature)
    {
        var scores = model.Score(batch, temperature, ScoreOutputs.Entropies | ScoreOutputs.Hidden | ScoreOutputs.Logits);
        Assert.NotNull(scores.Entropies);
        Assert.NotNull(scores.Hidden);
        Assert.NotNull(scores.Logits);
        var loss = Weighted(scores.LogProbabilities) + 0.5 * Weighted(scores.Entropies) + 0.1 * Weighted(scores.Hidden) + 0.1 * Weighted(scores.Logits);
        loss.backward();
        var found = new SortedDictionary<string, float[]>(StringComparer.Ordinal)
        {
            ["log-probabilities"] = Scores.Array(scores.LogProbabilities),
            ["entropies"] = Scores.Array(scores.Entropies),
            ["hidden"] = Scores.Array(scores.Hidden),
            ["logits"] = Scores.Array(scores.Logits),
        };
        foreach (var (name, value) in model.Trainable) { found[name] = Scores.Array(value.grad); }
        return found;
    }

    private static torch.Tensor Weighted(torch.Tensor scores)
    {
        var random = RandomStream.Create(8);
        return (scores * torch.tensor(Enumerable.Range(0, (int)scores.numel()).Select(_ => (float)random.NextGaussian()).ToArray(), scores.shape)).sum();
    }

    /// <summary>
    /// Within 5e-4 of the largest number: a gradient of two numbers, sums over all tokens that nearly cancel, loses so much in float32
    /// (against differences of the reference in float64 both engines err, by as much).
    /// </summary>
    private static void Near(float[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        var scale = Math.Max(1e-3, expected.Max(Math.Abs));
        for (var i = 0; i < expected.Length; i++) { Assert.True(Math.Abs(expected[i] - actual[i]) <= 5e-4 * scale, $"{what} {i}: {actual[i]} instead of {expected[i]} (largest {scale})"); }
    }
}
