using Bellman.Language;
using Bellman.Language.Tasks.Symbols;
using Bellman.Neural;
using Bellman.Papers.TokenHiddenReward;
using Bellman.Tests.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;
using static TorchSharp.torch;

namespace Bellman.Tests.Papers.TokenHiddenReward;

/// <summary>The score's numbers by hand, by autograd and by the double sum it abbreviates.</summary>
[Collection("torch alone")]
public sealed class HiddenRewardTests
{
    private static readonly TokenHiddenRewardOptions Full = new() { Vocabulary = ErrorVocabulary.Full };

    private static Tensor Output => Table([1, 0], [0, 1], [0, 0]);

    /// <summary>One correct response, token 0 at h = (1, 0), and one wrong, token 1.</summary>
    private static HiddenGroup Pair() => new(Table([1, 0], [.6, .8]), [0, 1], [1, 1], [true, false]);

    [Fact]
    public void Scores_are_those_computed_by_hand() => Near([.269515, .137713], HiddenRewards.Scores(Pair(), Output, Full));

    /// <summary>alpha &lt;h, h'&gt; is the inner product of the tokens' gradients with respect to the output matrix.</summary>
    [Fact]
    public void Score_is_the_tangent_kernel_of_the_output_matrix()
    {
        var output = Output.requires_grad_();
        Tensor Gradient(Tensor hidden, int token)
        {
            if (output.grad is { } old) { old.zero_(); }
            hidden.matmul(output.t()).log_softmax(-1)[0, token].backward();
            return output.grad?.clone() ?? throw new InvalidOperationException("There is no gradient.");
        }
        var (first, second) = (Gradient(Table([1, 0]), 0), Gradient(Table([.6, .8]), 1));
        var scores = HiddenRewards.Scores(Pair(), Output, Full);
        Near(Value((first * first).sum()), scores[0], 1e-12);
        Near(-Value((first * second).sum()), scores[1], 1e-12);
        Near(-.137713, Value((first * second).sum()));
    }

    [Fact]
    public void Weights_are_strict_at_the_threshold_and_follow_the_sign()
    {
        var scores = HiddenRewards.Scores(Pair(), Output, Full);
        double[] advantages = [.707107, -.707107];
        double[] Steered(double[] of, double threshold, double p) => [.. HiddenRewards.Weights(of, threshold, p).Zip(advantages, (weight, advantage) => weight * advantage)];
        Near([.777817, -.777817], Steered(scores, .1, .1));
        Near([.636396, -.636396], Steered(scores, .1, -.1));
        Near([.777817, -.636396], Steered([scores[0], -scores[1]], .1, .1));
        // Its own mean is the threshold of a lone correct token: it is not kept.
        Near(.269515, HiddenRewards.Threshold(scores, [1, 1], [true, false], 1));
        Assert.Equal(0, Steered(scores, HiddenRewards.Threshold(scores, [1, 1], [true, false], 1), .1)[0]);
        // A threshold that is not positive keeps everything; a score of 0 has no sign.
        Near([1.1, 1, .9], HiddenRewards.Weights([1e-9, 0, -1e-9], -.5, .1), 1e-12);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Matrix_form_is_the_double_sum(bool excludeSelf)
    {
        TorchRuntime.EnsureLoaded();
        var random = RandomStream.Create(4);
        double[][] Rows(int count, int width) => [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, width).Select(_ => random.NextGaussian()).ToArray())];
        int[] lengths = [3, 5, 2, 4];
        bool[] correct = [true, false, true, false];
        var (hidden, output) = (Rows(14, 6), Rows(9, 6));
        var tokens = Enumerable.Range(0, 14).Select(_ => random.NextInt32(9)).ToArray();
        var group = new HiddenGroup(Table(hidden), tokens, lengths, correct);
        var expected = DoubleSum(hidden, output, tokens, lengths, correct, excludeSelf);
        var options = Full with { ExcludeSelf = excludeSelf };
        Near(expected, HiddenRewards.Scores(group, Table(output), options), 1e-10);
        // Chunks change nothing, nor does a group that happens to use every token.
        Near(expected, HiddenRewards.Scores(group, Table(output), options with { Chunk = 2 }), 1e-10);
        int[] every = [.. Enumerable.Range(0, 14).Select(i => i % 9)];
        var covering = new HiddenGroup(Table(hidden), every, lengths, correct);
        Near(HiddenRewards.Scores(covering, Table(output), options), HiddenRewards.Scores(covering, Table(output), options with { Vocabulary = ErrorVocabulary.Group }), 1e-12);
    }

    private static double[] DoubleSum(double[][] hidden, double[][] output, int[] tokens, int[] lengths, bool[] correct, bool excludeSelf)
    {
        double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
        var errors = hidden.Select((h, k) =>
        {
            var logits = output.Select(row => Math.Exp(Dot(row, h))).ToArray();
            return logits.Select((weight, v) => (v == tokens[k] ? 1 : 0) - weight / logits.Sum()).ToArray();
        }).ToArray();
        var response = lengths.SelectMany((length, j) => Enumerable.Repeat(j, length)).ToArray();
        return [.. tokens.Select((_, at) => (correct[response[at]] ? 1 : -1) * tokens.Select((_, k) => correct[response[k]] && !(excludeSelf && response[k] == response[at])
            ? Dot(errors[k], errors[at]) * Dot(hidden[k], hidden[at]) / lengths[response[k]] : 0).Sum())];
    }

    [Fact]
    public void Hidden_states_of_both_engines_are_what_the_output_matrix_multiplies()
    {
        foreach (var engine in new[] { TransformerEngine.Simd, TransformerEngine.Torch })
        {
            using var model = SmallBase.Create(RandomStream.Create(3)).CopyTransformer(new TransformerOptions { Engine = engine });
            using var withoutGradients = no_grad();
            var scores = model.Score(new TokenBatch([[3, 4, 5, 6]], [[false, true, true, true]]), outputs: ScoreOutputs.Hidden | ScoreOutputs.Logits);
            var (hidden, logits) = (scores.Hidden ?? throw new InvalidOperationException(), scores.Logits ?? throw new InvalidOperationException());
            Near(Values(logits[0, 2]), Values(hidden[0, 2].matmul(model.OutputWeights.t())), 1e-4);
        }
    }

    [Fact]
    public void Only_influential_tokens_of_wrong_responses_are_damped_by_the_predecessor()
    {
        // Three of four are wrong: eta = 2 |0.5 - 1/4| = 0.5.
        using var model = SmallBase.Create(RandomStream.Create(3));
        var batch = Batch(model, [1, 0, 0, 0]);
        var after = Values(new NegativeTokenHiddenReward(model).Transform(batch.Advantages, batch, new Recorded()));
        var before = Values(batch.Advantages);
        Assert.All(after.Zip(before), pair => Assert.True(pair.First == pair.Second || Math.Abs(pair.First - 0.5 * pair.Second) < 1e-6));
        Assert.Equal(before.Take(before.Length / 4), after.Take(after.Length / 4));
    }

    /// <summary>n = 4 with one correct, K = 2: R = 1 - 3/6, A = (0.5, 0.5 - 2/3) / 0.5.</summary>
    [Fact]
    public void Pass_at_k_training_has_the_numbers_of_its_formula()
    {
        var batch = CreditBatch.Of([1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]);
        Near([1, -1.0 / 3, -1.0 / 3, -1.0 / 3], new PassAtKTrainingCredit { K = 2 }.Assign(batch, new Recorded()).Advantages, 1e-9);
        Near([1.5, -.5, -.5, -.5], new PassAtKTrainingCredit { K = 2, Chi = 0 }.Assign(batch, new Recorded()).Advantages, 1e-5);
        // Where any two hold a correct one, sigma is 0 and nothing is left.
        Near([0, 0, 0, 0], new PassAtKTrainingCredit { K = 2 }.Assign(CreditBatch.Of([1, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]), new Recorded()).Advantages);
    }

    [Fact]
    public void Normalising_by_kept_tokens_scales_by_their_share()
    {
        using var model = SmallBase.Create(RandomStream.Create(3));
        var batch = Batch(model, [1, 0, 1, 0]);
        var metrics = new Recorded();
        var plain = Values(new TokenHiddenRewardTransform(model, new TokenHiddenRewardOptions()).Transform(batch.Advantages, batch, metrics));
        var scaled = Values(new TokenHiddenRewardTransform(model, new TokenHiddenRewardOptions { NormaliseByKept = true }).Transform(batch.Advantages, batch, new Recorded()));
        Assert.InRange(metrics.Last["thr/kept"], 0.01, 0.99);
        Near(Array.ConvertAll(plain, value => value / metrics.Last["thr/kept"]), scaled, 1e-5);
        // Random and entropy controls keep as many.
        foreach (var keep in new[] { KeptTokens.Random, KeptTokens.HighestEntropy })
        {
            var other = new Recorded();
            new TokenHiddenRewardTransform(model, new TokenHiddenRewardOptions { Keep = keep }).Transform(batch.Advantages, batch, other);
            Near(metrics.Last["thr/kept"], other.Last["thr/kept"], 1e-12);
        }
    }

    [Fact]
    public void Bad_input_is_refused_with_what_would_do()
    {
        Assert.Contains("'p' of method thr", Assert.Throws<UsageException>(() => new TokenHiddenRewardTransform(SmallBase.Create(RandomStream.Create(1)), new TokenHiddenRewardOptions { P = 1 })).Message, StringComparison.Ordinal);
        using var table = TabularTraining.Task.Reference();
        Assert.Contains("Use a transformer", Assert.Throws<UsageException>(() => TabularTraining.Builder(table).Grpo().AddTokenHiddenReward()).Message, StringComparison.Ordinal);
        using var model = SmallBase.Create(RandomStream.Create(3));
        var batch = Batch(model, [1, 0.5, 0, 0]);
        Assert.Contains("thr.correctFrom", Assert.Throws<UsageException>(() => new TokenHiddenRewardTransform(model, new TokenHiddenRewardOptions()).Transform(batch.Advantages, batch, new Recorded())).Message, StringComparison.Ordinal);
        new TokenHiddenRewardTransform(model, new TokenHiddenRewardOptions { CorrectFrom = 0.5 }).Transform(batch.Advantages, batch, new Recorded());
        Assert.Contains("compares none", Assert.Throws<UsageException>(() => new PostTraining(model).Prompts([new PromptItem("a", [1])]).Reward(SymbolQuestions.Reward).Method("reinforce").AddTokenHiddenReward().Build()).Message, StringComparison.Ordinal);
    }

    private static PolicyBatch Batch(Transformer model, double[] rewards)
    {
        var random = RandomStream.Create(8);
        var rollouts = rewards.Select((reward, i) => new Rollout
        {
            Prompt = new PromptItem("a", [3, 4]),
            Context = [3, 4],
            Tokens = [.. Enumerable.Range(0, 4).Select(_ => 2 + random.NextInt32(8))],
            Mask = [true, true, true, true],
            LogProbabilities = new float[4],
            Entropies = [.1f, .4f, .2f, .3f],
            Sample = i,
            Reward = reward,
        }).ToList();
        var tokens = new TokenBatch([.. rollouts.Select(rollout => (int[])[.. rollout.Context, .. rollout.Tokens])], [.. rollouts.Select(_ => (bool[])[false, false, true, true, true, true])]);
        using var withoutGradients = no_grad();
        var scores = model.Score(tokens, outputs: ScoreOutputs.Hidden);
        var mask = tensor(tokens.Mask, [tokens.Rows, tokens.Length]);
        var advantages = tensor(rewards.Select(reward => (float)(reward - rewards.Average())).ToArray()).unsqueeze(1) * mask.to(ScalarType.Float32);
        return new PolicyBatch { LogProbabilities = scores.LogProbabilities, OldLogProbabilities = scores.LogProbabilities, Advantages = advantages, Mask = mask, Hidden = scores.Hidden, Rollouts = rollouts };
    }
}
