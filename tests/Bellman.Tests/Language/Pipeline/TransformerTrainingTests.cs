using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;

namespace Bellman.Tests.Language;

/// <summary>The pipeline over a transformer: sampler and learner agree, critics and reward models learn, a restored trainer continues.</summary>
[Collection("torch alone")]
public sealed class TransformerTrainingTests
{
    private const int End = 7;

    private static Transformer Model(ulong seed = 1) => Transformer.Create(
        new TransformerConfiguration { VocabularySize = 8, HiddenSize = 16, IntermediateSize = 32, Layers = 1, Heads = 2, KeyValueHeads = 2, ContextLength = 16, EndTokens = [End], InitialDeviation = 0.3 },
        RandomStream.Create(seed), new TransformerOptions { Threads = 1 });

    private static PostTraining Builder(Transformer model) => new PostTraining(model)
        .Prompts([new PromptItem("a", [1, 2]), new PromptItem("b", [3, 2]), new PromptItem("c", [4, 4, 2])])
        .Reward(new FunctionReward("threes", rollout => rollout.Tokens.Count(token => token == 3)))
        .Seed(5)
        .Options(options => options with { PromptsPerStep = 3, GroupSize = 8, MaximumNewTokens = 6, LearningRate = 5e-3 });

    [Fact]
    public void Sampled_log_probabilities_are_those_that_the_learner_computes()
    {
        using var model = Model();
        using var trainer = Builder(model).Method("grpo", new Dictionary<string, string> { ["epochs"] = "1" }).Build();
        var metrics = new Recorded();
        trainer.Advance(metrics);
        Near(0, metrics.Last["policy/old_kl"], 1e-6);
        Assert.Equal(0, metrics.Last["policy/clip_fraction"]);
    }

    /// <summary>With the advantages' sign flipped the reward falls to .3.</summary>
    [Fact]
    public void Rewarded_token_becomes_likelier()
    {
        using var model = Model();
        using var trainer = Builder(model).Method("grpo").Build();
        var metrics = new Recorded();
        trainer.Advance(metrics);
        var before = metrics.Last["reward/mean"];
        for (var i = 0; i < 30; i++) { trainer.Advance(metrics); }
        Assert.True(metrics.Last["reward/mean"] > before + 1.5, $"{before} to {metrics.Last["reward/mean"]}");
    }

    [Fact]
    public void Critic_is_trained_beside_the_policy_and_travels_in_checkpoints()
    {
        using var model = Model();
        using var critic = new HiddenStateCritic(model);
        using var trainer = Builder(model).Critic(critic).Method("ppo", new Dictionary<string, string> { ["value.clip"] = "none" }).Build();
        var metrics = new Recorded();
        trainer.Advance(metrics);
        for (var i = 0; i < 3; i++) { trainer.Advance(metrics); }
        Assert.True(double.IsFinite(metrics.Last["loss/term.value"]));
        var saved = JsonState.Save(trainer).ToJsonString();
        trainer.Advance(metrics);

        using var other = Model(2);
        using var otherCritic = new HiddenStateCritic(other);
        using var resumed = Builder(other).Critic(otherCritic).Method("ppo", new Dictionary<string, string> { ["value.clip"] = "none" }).Build();
        JsonState.Load(resumed, System.Text.Json.Nodes.JsonNode.Parse(saved) as System.Text.Json.Nodes.JsonObject ?? []);
        resumed.Advance(metrics);
        Assert.Equal(JsonState.Save(trainer).ToJsonString(), JsonState.Save(resumed).ToJsonString());
    }

    /// <summary>Margins pinned by a learner that reads nothing: one half of unseen pairs.</summary>
    [Fact]
    public void Reward_model_tells_unseen_responses_apart()
    {
        using var model = Model();
        using var rewards = new RewardModel(model);
        var random = RandomStream.Create(3);
        int[] Response(bool good) => [.. Enumerable.Range(0, 4).Select(_ => good ? 3 + random.NextInt32(2) : 5 + random.NextInt32(2)), End];
        var pairs = Enumerable.Range(0, 120).Select(_ => new PreferenceExample([1, 2], Response(true), Response(false))).ToList();
        using var trainer = new RewardModelTrainer(rewards, pairs, new OfflineTrainingOptions { BatchSize = 24, LearningRate = 5e-3 }, centring: 0.01);
        trainer.Run(30, cancellation: TestContext.Current.CancellationToken);
        rewards.Centre([new TokenExample([1, 2], Response(true))]);
        var right = 0;
        for (var i = 0; i < 40; i++)
        {
            var scores = Values(rewards.Scores([new TokenExample([3, 2], Response(true)), new TokenExample([3, 2], Response(false))]));
            right += scores[0] > scores[1] ? 1 : 0;
        }
        Assert.True(right >= 36, $"{right} of 40");
    }
}
