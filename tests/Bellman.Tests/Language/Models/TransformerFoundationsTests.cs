using System.Runtime.Intrinsics;
using Bellman.Language;
using Bellman.Neural;
using TorchSharp;
using Xunit;

namespace Bellman.Tests.Language.Models;

/// <summary>The numbers of the foundations, F52 to F55 and F58, and the published rotary variants.</summary>
public sealed unsafe class TransformerFoundationsTests
{
    // Torch must be loaded by us before anything else touches it.
    public TransformerFoundationsTests() => TorchRuntime.EnsureLoaded();

    [Fact]
    public void F52_Norm_divides_by_the_root_of_the_mean_square()
    {
        float[] x = [1, 2, 3, 4], gain = [1, 1, 0.5f, 2], y = new float[4];
        fixed (float* from = x, g = gain, to = y)
        {
            RowKernels<float, OperationsScalar>.Norm(from, 4, g, to, 4, null, 1, 4, 1e-6f);
            Scores.Close([0.365148f, 0.730297f, 0.547723f, 2.921187f], y, 1e-6);
            if (Vector128.IsHardwareAccelerated) { RowKernels<Vector128<float>, Operations128>.Norm(from, 4, g, to, 4, null, 1, 4, 1e-6f); }
        }
        Scores.Close([0.365148f, 0.730297f, 0.547723f, 2.921187f], y, 1e-6);
    }

    [Fact]
    public void F53_Rotation_pairs_a_number_with_the_one_half_a_head_further()
    {
        Scores.Close([-1.413353f, 1.879118f, -2.828857f, 4.058191f], Rotated([1, 2, 3, 4], 3), 1e-6);
        float Product(int query, int key) => Rotated([1, 2, 3, 4], query).Zip(Rotated([0.5f, -1, 2, 0], key), (a, b) => a * b).Sum();
        Assert.Equal(-4.169911, Product(5, 3), 1e-5);
        Assert.Equal(-4.169911, Product(12, 10), 1e-5);
    }

    [Fact]
    public void F54_Query_heads_share_keys_and_see_nothing_later()
    {
        var model = new TransformerConfiguration { VocabularySize = 8, HiddenSize = 4, IntermediateSize = 4, Layers = 1, Heads = 2, KeyValueHeads = 1 };
        var shape = new KernelShape(model);
        // Rows: two queries, a key, a value; the queries of the first row do not matter for the second.
        var joint = new float[2 * shape.JointStride];
        new float[] { 9, 9, -9, 9, 1, 0, 1, 2 }.CopyTo(joint, 0);
        new float[] { 1, 1, 1, -1, 0, 2, 3, 4 }.CopyTo(joint, shape.JointStride);
        var (output, sums, scratch) = (new float[2 * shape.QueryStride], new float[4], new float[AttentionScratch.Size(shape, 2)]);
        fixed (float* rows = joint, to = output, logSums = sums, memory = scratch)
        {
            AttentionKernel<float, OperationsScalar>.Forward(shape, rows, 2, to, logSums, AttentionScratch.Over(memory, shape, 2));
        }
        Scores.Close([1, 2, 1, 2], output[..4], 1e-6);
        Scores.Close([2.339523f, 3.339523f, 1.214084f, 2.214084f], output[shape.QueryStride..(shape.QueryStride + 4)], 1e-6);
    }

    [Fact]
    public void F54_SwiGlu_multiplies_the_gate_into_the_other_half()
    {
        float[] gateUp = [1, 2], y = new float[1];
        fixed (float* from = gateUp, to = y) { RowKernels<float, OperationsScalar>.SwiGlu(from, 2, to, 1, 1, 1); }
        Assert.Equal(1.462117, y[0], 1e-6);
    }

    [Fact]
    public void F55_Adapters_add_their_product()
    {
        using var scope = torch.NewDisposeScope();
        // W = I, A = (1, 2), B = (.5, -1)ᵀ, x = (1, 1), α / r = 2
        var layout = new TransformerLayout(new TransformerConfiguration { VocabularySize = 4, HiddenSize = 2, IntermediateSize = 2, Layers = 1, Heads = 1, KeyValueHeads = 1 });
        using var adapters = new LowRankAdapters(layout, new LowRankOptions { Rank = 1, Alpha = 2, Targets = ["o_proj"] }, torch.CPU, null);
        using var without = torch.no_grad();
        var (name, pair) = adapters.Pairs.Single();
        pair.Down.copy_(torch.tensor(new[] { 1f, 2f }, 1, 2));
        pair.Up.copy_(torch.tensor(new[] { 0.5f, -1f }, 2, 1));
        var y = (torch.eye(2) + adapters.Delta(name)).mv(torch.ones(2));
        Scores.Close([4, -5], Scores.Array(y), 1e-6);
    }

    [Fact]
    public void F58_Truncation_keeps_the_tokens_the_definitions_say()
    {
        float[] logits = [2, 1, 0.5f, -1];
        Draws(new SamplingOptions(), logits, 0.609460, 0.224208, 0.135989, 0.030343);
        Draws(new SamplingOptions { TopK = 2 }, logits, 0.731059, 0.268941, 0, 0);
        Draws(new SamplingOptions { TopP = 0.8 }, logits, 0.731059, 0.268941, 0, 0);
        Draws(new SamplingOptions { TopP = 0.9 }, logits, 0.628532, 0.231224, 0.140244, 0);
        Draws(new SamplingOptions { MinP = 0.2 }, logits, 0.628532, 0.231224, 0.140244, 0);
        Draws(new SamplingOptions { Temperature = 0.5 }, logits, 0.842034, 0.113957, 0.041922, 0.002087);
        Draws(new SamplingOptions { Temperature = 0 }, logits, 1, 0, 0, 0);
    }

    [Fact]
    public void Repetition_penalty_divides_positive_logits_and_multiplies_negative_ones()
    {
        float[] logits = [2, 1, 0.5f, -1];
        // 2 / 4, 1, .5, -1 * 4
        Draws(new SamplingOptions { RepetitionPenalty = 4 }, logits, 0.273237, 0.450491, 0.273237, 0.003035, new HashSet<int> { 0, 3 });
    }

    [Fact]
    public void Draw_reports_the_whole_distribution_whatever_is_cut_off()
    {
        var drawn = new TokenDraw(new SamplingOptions { TopK = 1, Temperature = 0.5 }, 4).Draw([2, 1, 0.5f, -1], null, RandomStream.Create(1));
        Assert.Equal(0, drawn.Token);
        Assert.Equal(Math.Log(0.842034), drawn.LogProbability, 1e-5);
        Assert.Equal(-(0.842034 * Math.Log(0.842034) + 0.113957 * Math.Log(0.113957) + 0.041922 * Math.Log(0.041922) + 0.002087 * Math.Log(0.002087)), drawn.Entropy, 1e-4);
    }

    // One block of the running sum, just one, just more than one, several.
    [Theory]
    [InlineData(61)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(3000)]
    public void Draws_in_torch_operations_are_those_of_the_host(int vocabulary)
    {
        TorchRuntime.EnsureLoaded();
        var random = RandomStream.Create(5);
        const int rows = 40;
        float[] logits = [.. Enumerable.Range(0, rows * vocabulary).Select(_ => (float)(2 * random.NextGaussian()))];
        // What cannot be drawn adds nothing to the entropy.
        logits[7] = float.NegativeInfinity;
        double[] uniforms = [.. Enumerable.Range(0, rows).Select(row => RandomStream.Create((ulong)row).NextDouble())];
        foreach (var temperature in new[] { 1, 0.5, 0 })
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            var drawn = new DrawnToken[rows];
            TorchDraw.Draw(TorchSharp.torch.tensor(logits, rows, vocabulary), uniforms, temperature, drawn);
            var draw = new TokenDraw(new SamplingOptions { Temperature = temperature }, vocabulary);
            for (var row = 0; row < rows; row++)
            {
                var expected = draw.Draw(logits.AsSpan(row * vocabulary, vocabulary), null, RandomStream.Create((ulong)row));
                Assert.Equal(expected.Token, drawn[row].Token);
                Assert.Equal(expected.LogProbability, drawn[row].LogProbability, 1e-4);
                Assert.Equal(expected.Entropy, drawn[row].Entropy, 1e-3);
            }
        }
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(4)]
    public void Cut_off_distributions_are_those_of_a_full_sort(double spread)
    {
        const int vocabulary = 3000;
        var random = RandomStream.Create(5);
        float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(spread * random.NextGaussian()))];
        // Equal weights at the edge: the lower ids are kept.
        logits.AsSpan(100, 40).Fill((float)(2 * spread));
        SamplingOptions[] all =
        [
            new() { TopK = 1 }, new() { TopK = 60 }, new() { TopK = 2999 }, new() { TopP = 0.1 }, new() { TopP = 0.9 }, new() { TopP = 0.999 },
            new() { MinP = 0.02 }, new() { TopK = 70, TopP = 0.8 }, new() { TopP = 0.9, MinP = 0.01 }, new() { TopK = 500, TopP = 0.95, MinP = 0.001, Temperature = 0.8 },
        ];
        foreach (var options in all)
        {
            var draw = new TokenDraw(options, vocabulary);
            for (var seed = 0UL; seed < 50; seed++)
            {
                var (expected, actual) = (Sorted(logits, options, RandomStream.Create(seed).NextDouble()), draw.Draw(logits, null, RandomStream.Create(seed)).Token);
                Assert.True(expected == actual, $"{options}, seed {seed}: token {actual} instead of {expected}");
            }
        }
    }

    // Frequencies of a head of 8 at base 10000: 1, .1, .01, .001.
    [Theory]
    [InlineData(RotaryScalingKind.None, 1, 0.1, 0.01, 0.001, 1)]
    [InlineData(RotaryScalingKind.Linear, 0.25, 0.025, 0.0025, 0.00025, 1)]
    // Turns over 1000 positions: 159.2, 15.9, 1.59, .159; between 1 and 4 the share is (1.59155 - 1) / 3 = .197183.
    [InlineData(RotaryScalingKind.Llama3, 1, 0.1, 0.0039788735772973836, 0.00025, 1)]
    // Pairs with 32 turns and with 1: 2.79 / .696..., rounded outwards 0 and 3, so shares 0, 1/3, 2/3, 1; amplitude .1 ln 4 + 1.
    [InlineData(RotaryScalingKind.Yarn, 1, 0.075, 0.005, 0.00025, 1.138629)]
    // Base 10000 (4 * 4 - 3)^(8/6) over a context of 4000.
    [InlineData(RotaryScalingKind.Dynamic, 1, 0.04253, 0.0018087, 0.0000769231, 1)]
    public void Frequencies_of_the_published_scalings(RotaryScalingKind kind, double first, double second, double third, double fourth, double amplitude)
    {
        var scaling = new RotaryScaling { Kind = kind, Factor = 4, OriginalContext = 1000 };
        var model = new TransformerConfiguration { VocabularySize = 4, HiddenSize = 8, Heads = 1, KeyValueHeads = 1, ContextLength = 4000, Scaling = scaling };
        var expected = new[] { first, second, third, fourth };
        var actual = scaling.Frequencies(model);
        for (var i = 0; i < 4; i++) { Assert.True(Math.Abs(actual[i] / expected[i] - 1) < 1e-4, $"{kind} {i}: {actual[i]} instead of {expected[i]}"); }
        Assert.Equal(amplitude, scaling.Amplitude, 1e-5);
    }

    /// <summary>Everything sorted, then cut off.</summary>
    private static int Sorted(float[] logits, SamplingOptions options, double uniform)
    {
        var maximum = logits.Max();
        var order = logits.Select((logit, token) => (Weight: Math.Exp((logit - maximum) / options.Temperature), Token: token)).OrderByDescending(entry => entry.Weight).ThenBy(entry => entry.Token).ToList();
        if (options.TopK > 0) { order = order[..Math.Min(order.Count, options.TopK)]; }
        var limit = options.TopP * order.Sum(entry => entry.Weight);
        var (kept, sum) = (0, 0.0);
        while (options.TopP < 1 && kept < order.Count && sum < limit) { sum += order[kept++].Weight; }
        if (options.TopP < 1) { order = order[..kept]; }
        order = [.. order.Where(entry => entry.Weight >= options.MinP * order[0].Weight)];
        var threshold = uniform * order.Sum(entry => entry.Weight);
        return order.First(entry => (threshold -= entry.Weight) < 0).Token;
    }

    private static float[] Rotated(float[] head, int position)
    {
        var table = new RotaryTable(new TransformerConfiguration { VocabularySize = 4, HiddenSize = 4, Heads = 1, KeyValueHeads = 1 }).Upto(16);
        var turned = (float[])head.Clone();
        fixed (float* x = turned, rotations = table) { RowKernels<float, OperationsScalar>.Rotate(x, 1, 2, rotations + position * 4, 1); }
        return turned;
    }

    /// <summary>Frequencies of 100,000 draws within 4 standard errors.</summary>
    private static void Draws(SamplingOptions options, float[] logits, double p0, double p1, double p2, double p3, IReadOnlySet<int>? seen = null)
    {
        const int draws = 100_000;
        var (draw, random, counts) = (new TokenDraw(options, 4), RandomStream.Create(7), new int[4]);
        for (var i = 0; i < draws; i++) { counts[draw.Draw(logits, seen, random).Token]++; }
        double[] expected = [p0, p1, p2, p3];
        for (var token = 0; token < 4; token++)
        {
            var error = 4 * Math.Sqrt(expected[token] * (1 - expected[token]) / draws);
            Assert.True(Math.Abs(counts[token] / (double)draws - expected[token]) <= error, $"{options}: token {token} was drawn {counts[token]} times in {draws} where {expected[token]} is its probability");
        }
    }
}
