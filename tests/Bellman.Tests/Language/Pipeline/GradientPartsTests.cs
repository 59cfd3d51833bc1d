using Bellman.Language;
using Bellman.Tests.Language.Models;
using Xunit;

namespace Bellman.Tests.Language;

/// <summary>A mini-batch that is computed in parts gives the gradient of the whole, whatever the loss compares or averages over.</summary>
[Collection("torch alone")]
public sealed class GradientPartsTests
{
    private const int End = 7;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Transformer Model() => Transformer.Create(
        new TransformerConfiguration { VocabularySize = 8, HiddenSize = 16, IntermediateSize = 32, Layers = 1, Heads = 2, KeyValueHeads = 2, ContextLength = 16, EndTokens = [End], InitialDeviation = 0.3 },
        RandomStream.Create(1), new TransformerOptions { Threads = 1 });

    /// <summary>Plain gradient descent: parameters move by the gradient itself.</summary>
    [Theory]
    [InlineData("grpo+entropy+kl")]
    [InlineData("dapo")]
    [InlineData("drgrpo")]
    [InlineData("gspo")]
    [InlineData("cispo")]
    [InlineData("rloo")]
    [InlineData("ppo")]
    [InlineData("vapo")]
    public void Policy_moves_as_by_the_whole_mini_batch(string method)
    {
        (Dictionary<string, float[]> Weights, double Norm) Trained(int tokensAtOnce)
        {
            using var model = Model();
            using var critic = new HiddenStateCritic(model);
            var builder = new PostTraining(model)
                .Prompts([new PromptItem("a", [1, 2]), new PromptItem("b", [3, 2]), new PromptItem("c", [4, 4, 2])])
                .Reward(new FunctionReward("threes", rollout => rollout.Tokens.Count(token => token == 3)))
                .Seed(5)
                .Options(options => options with { PromptsPerStep = 3, GroupSize = 8, MaximumNewTokens = 6, LearningRate = .1, Optimizer = OptimizerKind.Sgd, MaximumGradientNorm = 1e9, TokensAtOnce = tokensAtOnce, MiniBatches = 2 })
                .Method(method);
            using var trainer = (builder.NeedsCritic ? builder.Critic(critic) : builder).Build();
            var metrics = new Recorded();
            for (var i = 0; i < 3; i++) { trainer.Advance(metrics); }
            return (model.Trainable.Concat(critic.Trainable.Select(tensor => tensor with { Name = "critic." + tensor.Name })).ToDictionary(tensor => tensor.Name, tensor => Scores.Array(tensor.Value)), metrics.Last["gradient/norm"]);
        }
        var (whole, norm) = Trained(0);
        var start = Start();
        Assert.Contains(whole, entry => start.TryGetValue(entry.Key, out var before) && !before.SequenceEqual(entry.Value));
        foreach (var tokensAtOnce in new[] { 1, 25 })
        {
            var (parted, other) = Trained(tokensAtOnce);
            Numbers.Near(norm, other, 1e-4 * norm);
            foreach (var (name, expected) in whole) { Near(expected, parted[name], name); }
        }
    }

    [Theory]
    [InlineData("pref.dpo")]
    [InlineData("pref.rpo")]
    [InlineData("pref.cpo")]
    [InlineData("pref.orpo")]
    [InlineData("pref.kto")]
    [InlineData("pref.tdpo2")]
    [InlineData("pref.wpo")]
    [InlineData("imitation")]
    [InlineData("ilql")]
    public void Offline_trainer_moves_as_by_the_whole_batch(string kind)
    {
        var random = RandomStream.Create(3);
        int[] Response() => [.. Enumerable.Range(0, 2 + random.NextInt32(4)).Select(_ => random.NextInt32(End)), End];
        var pairs = Enumerable.Range(0, 12).Select(i => new PreferenceExample([1 + i % 3, 2], [3, .. Response()], [4, .. Response()])).ToList();
        Dictionary<string, float[]> Trained(int tokensAtOnce)
        {
            using var model = Model();
            var options = new OfflineTrainingOptions { BatchSize = 12, LearningRate = .1, Optimizer = OptimizerKind.Sgd, MaximumGradientNorm = 1e9, TokensAtOnce = tokensAtOnce };
            using OfflineTrainer trainer = kind switch
            {
                "imitation" => new ImitationTrainer(model, [.. pairs.Select(pair => new TokenExample(pair.Prompt, pair.Chosen))], options),
                "ilql" => new IlqlTrainer(model, null, [.. pairs.Select((pair, i) => new LoggedResponse(pair.Prompt, pair.Chosen, i % 2))], new IlqlOptions(), options),
                _ => new PreferenceTrainer(model, pairs, ComponentRegistry.Create<PreferenceLoss>(kind), options),
            };
            trainer.Run(3, cancellation: Cancellation);
            return model.Trainable.ToDictionary(tensor => tensor.Name, tensor => Scores.Array(tensor.Value));
        }
        var whole = Trained(0);
        var parted = Trained(20);
        Assert.Contains(whole, entry => !Start()[entry.Key].SequenceEqual(entry.Value));
        foreach (var (name, expected) in whole) { Near(expected, parted[name], name); }
    }

    private static Dictionary<string, float[]> Start()
    {
        using var model = Model();
        return model.Trainable.ToDictionary(tensor => tensor.Name, tensor => Scores.Array(tensor.Value));
    }

    private static void Near(float[] expected, float[] actual, string name)
    {
        for (var i = 0; i < expected.Length; i++) { Assert.True(Math.Abs(expected[i] - actual[i]) <= 2e-5 * (1 + Math.Abs(expected[i])), $"{name}[{i}]: {expected[i]} and {actual[i]}"); }
    }
}
