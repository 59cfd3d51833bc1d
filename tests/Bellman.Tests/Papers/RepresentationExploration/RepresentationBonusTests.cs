using System.Text.Json.Nodes;
using Bellman.Language;
using Bellman.Papers.RepresentationExploration;
using Bellman.Tests.Language;
using Xunit;

namespace Bellman.Tests.Papers.RepresentationExploration;

/// <summary>The bonus in the pipeline: features are those of the response's own tokens, of a model that stays; the task's reward stays what is measured.</summary>
[Collection("torch alone")]
public sealed class RepresentationBonusTests
{
    private const int End = 7;

    private static Transformer Model(ulong seed = 1, int vocabulary = 8) => Transformer.Create(
        new TransformerConfiguration { VocabularySize = vocabulary, HiddenSize = 16, IntermediateSize = 32, Layers = 2, Heads = 2, KeyValueHeads = 2, ContextLength = 16, EndTokens = [End], InitialDeviation = 0.3 },
        RandomStream.Create(seed), new TransformerOptions { Threads = 1 });

    private static PostTraining Builder(Transformer model, double reward = 1) => new PostTraining(model)
        .Prompts([new PromptItem("a", [1, 2]), new PromptItem("b", [3, 2, 4])])
        .Reward(new FunctionReward("right", _ => reward))
        .Seed(5)
        .Options(options => options with { PromptsPerStep = 2, MaximumNewTokens = 6, LearningRate = 1e-3 })
        .Grpo(groupSize: 6);

    [Theory]
    [InlineData(FeaturePooling.Mean)]
    [InlineData(FeaturePooling.Last)]
    public void Features_are_the_states_at_the_responses_own_tokens(FeaturePooling pooling)
    {
        using var model = Model();
        int[] context = [1, 2, 3];
        int[] response = [4, 5, 6, End];
        bool[] mask = [true, true, false, true];
        // Slowly: the state after each prefix is the one that predicts whatever comes next.
        var states = new List<float[]>();
        for (var t = 0; t < response.Length; t++)
        {
            if (!mask[t]) { continue; }
            int[] row = [.. context, .. response[..(t + 1)], 0];
            var score = model.Score(new TokenBatch([row], [[.. new bool[row.Length - 1], true]]), outputs: ScoreOutputs.Hidden);
            states.Add(score.Hidden!.cpu().data<float>().ToArray()[^16..]);
        }
        var expected = pooling == FeaturePooling.Last ? states[^1] : [.. Enumerable.Range(0, 16).Select(i => states.Average(state => state[i]))];
        var features = ResponseFeatures.Of(model, [(context, [3, End], [true, true]), (context, response, mask)], pooling);
        for (var i = 0; i < 16; i++) { Assert.Equal(expected[i], features[1][i], 1e-5f); }
    }

    [Fact]
    public void Solved_groups_learn_from_novelty_and_without_the_bonus_from_nothing()
    {
        using var model = Model();
        var recorded = new Recorded();
        using var plain = Builder(model).Build();
        plain.Advance(recorded);
        Assert.Equal(1, recorded.Last["group/zero_std"]);

        using var other = Model();
        var rewards = new List<double>();
        using var trainer = Builder(other).AddRepresentationExploration().Observe(new Rewards(rewards)).Build();
        trainer.Advance(recorded);
        Assert.Equal(0, recorded.Last["group/zero_std"]);
        Assert.Equal(1, recorded.Last["reward/mean"]);
        Assert.Equal(1, recorded.Last["repexp/groups_all_correct"]);
        Assert.All(rewards, reward => Assert.InRange(reward, 1, 1.01));
        Assert.True(rewards.Distinct().Count() > 2);
        Assert.Equal(1, trainer.History.Find("a")!.LastMean);
    }

    [Fact]
    public void Groups_without_success_learn_nothing()
    {
        using var model = Model();
        var recorded = new Recorded();
        using var trainer = Builder(model, reward: 0).AddRepresentationExploration().Build();
        trainer.Advance(recorded);
        Assert.Equal((1, 1), (recorded.Last["repexp/groups_none_correct"], recorded.Last["group/zero_std"]));
        Assert.True(recorded.Last["repexp/bonus_mean"] > 0.1);
    }

    [Fact]
    public void Feature_model_stays_as_it_was_and_travels_in_checkpoints()
    {
        using var model = Model();
        var recorded = new Recorded();
        PostTraining Exploring(Transformer policy) => Builder(policy).AddRepresentationExploration(options => options with { ResampleProjection = false, PersistCovariance = true, ProjectionDimension = 8 });
        using var trainer = Exploring(model).Build();
        for (var i = 0; i < 3; i++) { trainer.Advance(recorded); }
        var saved = JsonState.Save(trainer).ToJsonString();
        trainer.Advance(recorded);
        var bonus = recorded.Last["repexp/bonus_mean"];

        using var other = Model(9);
        using var resumed = Exploring(other).Build();
        JsonState.Load(resumed, JsonNode.Parse(saved) as JsonObject ?? []);
        resumed.Advance(recorded);
        Assert.Equal(bonus, recorded.Last["repexp/bonus_mean"]);
        Assert.Equal(JsonState.Save(trainer).ToJsonString(), JsonState.Save(resumed).ToJsonString());
        using var untouched = Model();
        (int[], int[], bool[])[] probe = [([1, 2], [3, End], [true, true])];
        Assert.Equal(ResponseFeatures.Of(untouched, probe)[0], ResponseFeatures.Of(trainer.Reference!, probe)[0]);
    }

    [Fact]
    public void What_cannot_work_is_refused()
    {
        using var model = Model();
        Assert.Contains("needs at least 2", Assert.Throws<UsageException>(() => Builder(model).Options(o => o with { GroupSize = 1 }).AddRepresentationExploration().Build()).Message, StringComparison.Ordinal);
        Assert.Contains("dynamic sampling drops", Assert.Throws<UsageException>(() => Builder(model).Options(o => o with { DynamicRounds = 1 }).AddRepresentationExploration().Build()).Message, StringComparison.Ordinal);
        using var other = Model(2, vocabulary: 9);
        Assert.Contains("share a tokenizer", Assert.Throws<UsageException>(() => Builder(model).Reference(other).AddRepresentationExploration().Build()).Message, StringComparison.Ordinal);
        using var table = new RunSum(3).Reference();
        Assert.Contains("transformer", Assert.Throws<UsageException>(() => ResponseFeatures.Of(table, [([1], [1], [true])])).Message, StringComparison.Ordinal);
        Assert.Contains("length 0", Assert.Throws<BellmanException>(() => ResponseFeatures.Of(model, [([1], [], [])])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Advantages_that_are_not_divided_by_the_deviation_are_warned_of()
    {
        using var model = Model();
        using var trainer = new PostTraining(model).Prompts([new PromptItem("a", [1, 2])]).Reward(new FunctionReward("right", _ => 1)).Method("drgrpo").AddRepresentationExploration().Build();
        Assert.Contains("negligible", Assert.Single(trainer.Warnings), StringComparison.Ordinal);
        using var usual = Builder(model).AddRepresentationExploration().Build();
        Assert.Empty(usual.Warnings);
    }

    private sealed class Rewards(List<double> rewards) : IRolloutObserver
    {
        public void Observe(long step, IReadOnlyList<Rollout> rollouts, IMetricSink metrics) => rewards.AddRange(rollouts.Select(rollout => rollout.Reward));
    }
}
