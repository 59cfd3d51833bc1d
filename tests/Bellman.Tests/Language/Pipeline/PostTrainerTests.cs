using Bellman.Language;
using Xunit;
using static Bellman.Tests.Language.Numbers;

namespace Bellman.Tests.Language;

/// <summary>What the pipeline promises apart from learning: refusals, odd responses, failing parts, exact continuation.</summary>
[Collection("torch alone")]
public sealed class PostTrainerTests
{
    private static readonly RunSum Task = TabularTraining.Task;

    private static TabularLanguageModel Model() => Task.Reference();

    private static PostTraining Small(TabularLanguageModel model) =>
        TabularTraining.Builder(model).Options(options => options with { PromptsPerStep = 6, GroupSize = 4 });

    [Fact]
    public void Stage_claimed_twice_is_refused_by_both_names()
    {
        using var model = Model();
        var error = Assert.Throws<UsageException>(() => Small(model).Method("grpo+rloo").Build());
        Assert.Contains("'grpo' and 'rloo' both decide the credit", error.Message, StringComparison.Ordinal);
        Assert.Contains("'grpo' and 'loss.pg' both decide the objective", Assert.Throws<UsageException>(
            () => Small(model).Grpo().Objective(new ReinforceObjective()).Build()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_stages_are_named_with_what_adds_them()
    {
        using var model = Model();
        Assert.Contains("Reward(...)", Assert.Throws<UsageException>(() => new PostTraining(model).Prompts(Task.Prompts()).Grpo().Build()).Message, StringComparison.Ordinal);
        Assert.Contains("Prompts(...)", Assert.Throws<UsageException>(() => new PostTraining(model).Reward(TabularTraining.Right).Grpo().Build()).Message, StringComparison.Ordinal);
        Assert.Contains("Critic(...)", Assert.Throws<UsageException>(() => Small(model).Method("ppo").Build()).Message, StringComparison.Ordinal);
        Assert.Contains("Credit(...)", Assert.Throws<UsageException>(() => Small(model).Build()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Group_of_one_is_refused_where_responses_are_compared()
    {
        using var model = Model();
        var error = Assert.Throws<UsageException>(() => Small(model).Grpo(groupSize: 1).Build());
        Assert.Contains("group size is 1", error.Message, StringComparison.Ordinal);
        using var alone = Small(model).Method("reinforcepp").Options(options => options with { GroupSize = 1 }).Build();
        alone.Advance(new Recorded());
    }

    [Fact]
    public void Names_and_options_that_do_not_exist_are_answered_with_the_nearest()
    {
        using var model = Model();
        Assert.Contains("grpo", Assert.Throws<UsageException>(() => Small(model).Method("grppo")).Message, StringComparison.Ordinal);
        Assert.Contains("clipHigh", Assert.Throws<UsageException>(() => Small(model).Method("grpo", new Dictionary<string, string> { ["loss.clipHihg"] = "0.3" })).Message, StringComparison.Ordinal);
        Assert.Contains("learningRate", Assert.Throws<UsageException>(() => Small(model).Method("grpo", new Dictionary<string, string> { ["learningrat"] = "0.3" })).Message, StringComparison.Ordinal);
        Assert.Contains("'los.clipHigh'", Assert.Throws<UsageException>(() => Small(model).Method("grpo", new Dictionary<string, string> { ["los.clipHigh"] = "0.3" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_reach_the_parts_they_name()
    {
        using var model = Model();
        using var trainer = Small(model).Method("grpo+entropy", new Dictionary<string, string> { ["loss.clipHigh"] = "0.3", ["kl.coefficient"] = "0.01", ["entropy.coefficient"] = "0.002", ["epochs"] = "3" }).Build();
        var metrics = new Recorded();
        trainer.Advance(metrics);
        Assert.True(metrics.Last.ContainsKey("loss/term.kl"));
        Assert.True(metrics.Last["loss/term.entropy"] < 0);
    }

    [Fact]
    public void Equal_rewards_change_nothing_and_are_counted()
    {
        using var model = Model();
        var before = model.Logits.ToArray();
        using var trainer = new PostTraining(model).Prompts(Task.Prompts()).Reward(new FunctionReward("same", _ => 0.3)).Method("drgrpo").Build();
        var metrics = new Recorded();
        trainer.Advance(metrics);
        Assert.Equal(1, metrics.Last["group/zero_std"]);
        Assert.Equal(1, metrics.Last["update/skipped"]);
        Assert.Equal(before, model.Logits.ToArray());
    }

    [Fact]
    public void Reward_that_throws_or_is_not_finite_ends_the_step_by_name_and_nothing_is_learned()
    {
        using var model = Model();
        var before = model.Logits.ToArray();
        foreach (var (score, expected) in ((Func<Rollout, double?>, string)[])
            [(_ => throw new FormatException("bad digit"), "bad digit"), (_ => double.NaN, "NaN"), (_ => double.PositiveInfinity, "Infinity")])
        {
            using var trainer = new PostTraining(model).Prompts(Task.Prompts()).Reward(new FunctionReward("broken", score)).Grpo().Build();
            var error = Assert.Throws<BellmanException>(() => trainer.Advance(new Recorded()));
            Assert.Contains("'broken'", error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
            Assert.Equal(0, trainer.Steps);
        }
        Assert.Equal(before, model.Logits.ToArray());
    }

    [Fact]
    public void Unscorable_responses_are_left_out_and_counted()
    {
        using var model = Model();
        using var trainer = new PostTraining(model).Prompts(Task.Prompts())
            .Reward(new FunctionReward("sometimes", rollout => rollout.Sample % 2 == 0 ? null : Task.Reward(rollout.Context, rollout.Tokens))).Grpo().Build();
        var metrics = new Recorded();
        trainer.Advance(metrics);
        Assert.Equal(.5, metrics.Last["reward/unscored"]);
        Assert.True(double.IsFinite(metrics.Last["loss/total"]));
    }

    /// <summary>Answers with nothing, with what was cut, or fails now and then, as a server may.</summary>
    private sealed class Server(ISampler inner, Func<int, bool> fails, bool empty = false) : ISampler
    {
        public int Calls { get; private set; }

        public IReadOnlyList<IReadOnlyList<Completion>> Sample(IReadOnlyList<SamplingPrompt> prompts, SamplingOptions options, CancellationToken cancellation = default)
        {
            if (fails(Calls++)) { throw new BellmanException("The server closed the connection."); }
            var results = inner.Sample(prompts, options, cancellation);
            return empty ? [.. results.Select(responses => responses.Select((response, i) => i % 2 == 0 ? response : new Completion([], [], [], FinishReason.StopText)).ToList())] : results;
        }
    }

    [Fact]
    public void Empty_responses_are_scored_and_learned_from_like_any_other()
    {
        using var model = Model();
        using var trainer = Small(model).Sampler(new Server(new TabularSampler(model), _ => false, empty: true)).Grpo().Build();
        var metrics = new Recorded();
        trainer.Advance(metrics);
        Assert.Equal(.5, metrics.Last["response/empty"]);
        Assert.True(double.IsFinite(metrics.Last["loss/total"]));
    }

    [Fact]
    public void Responses_cut_at_the_limit_are_counted_and_can_be_punished()
    {
        using var model = Model();
        var seen = new Seen();
        using var trainer = Small(model).Options(options => options with { MaximumNewTokens = 1 }).Guard(new RewardGuardOptions { MissingEndPenalty = 0.5 }).Observe(seen).Grpo().Build();
        var metrics = new Recorded();
        trainer.Advance(metrics);
        Assert.True(metrics.Last["response/cut"] > .9);
        Assert.All(seen.Rollouts.Where(rollout => rollout.Finish == FinishReason.Length), rollout => Assert.Equal(-.5, rollout.Reward));
    }

    private sealed class Seen : IRolloutObserver
    {
        public IReadOnlyList<Rollout> Rollouts { get; private set; } = [];

        public void Observe(long step, IReadOnlyList<Rollout> rollouts, IMetricSink metrics) => Rollouts = rollouts;
    }

    [Fact]
    public void Server_that_fails_midway_is_asked_again_and_nothing_is_lost_or_counted_twice()
    {
        using var steady = Model();
        using var expected = Small(steady).Grpo(groupSize: 4).Build();
        using var model = Model();
        // The first call of each step fails, then every third one.
        var server = new Server(new TabularSampler(model), call => call == 0 || call % 3 == 0);
        using var trainer = Small(model).Sampler(server).Grpo(groupSize: 4).Build();
        var metrics = new Recorded();
        for (var i = 0; i < 3; i++)
        {
            expected.Advance(new Recorded());
            trainer.Advance(metrics);
        }
        Assert.Equal(1, metrics.Last["sampler/failures"]);
        Assert.Equal(expected.GeneratedTokens, trainer.GeneratedTokens);
        Assert.Equal(steady.Logits.ToArray(), model.Logits.ToArray());
    }

    [Fact]
    public void Server_that_never_answers_ends_the_training_with_its_own_message()
    {
        using var model = Model();
        using var trainer = Small(model).Sampler(new Server(new TabularSampler(model), _ => true)).Grpo().Build();
        Assert.Contains("closed the connection", Assert.Throws<BellmanException>(() => trainer.Advance(new Recorded())).Message, StringComparison.Ordinal);
        Assert.Equal(0, trainer.Steps);
    }

    [Fact]
    public void Dynamic_sampling_replaces_groups_that_teach_nothing()
    {
        using var model = Model();
        var seen = new Seen();
        using var trainer = Small(model).Observe(seen).Method("dapo", new Dictionary<string, string> { ["dynamicRounds"] = "20" }).Options(options => options with { GroupSize = 2 }).Build();
        var metrics = new Recorded();
        trainer.Advance(metrics);
        Assert.True(metrics.Last["group/dropped"] > 0);
        Assert.Equal(6, seen.Rollouts.GroupBy(rollout => rollout.Group).Count());
        Assert.All(seen.Rollouts.GroupBy(rollout => rollout.Group), group => Assert.Equal(1, group.Sum(rollout => rollout.Reward)));
        Assert.Equal(0, metrics.Last["group/zero_std"]);
    }

    [Fact]
    public void Penalty_in_the_reward_and_its_weight_move_towards_the_target()
    {
        using var model = Model();
        using var trainer = TabularTraining.Builder(model).Method("rloo", new Dictionary<string, string> { ["rewardKl"] = "0.1", ["targetKl"] = "0.01" }).Build();
        var metrics = new Recorded();
        for (var i = 0; i < 8; i++) { trainer.Advance(metrics); }
        Assert.True(metrics.Last["policy/kl"] > 0.01);
        Assert.True(metrics.Last["policy/kl_coefficient"] > 0.1);
    }

    [Theory]
    [InlineData("grpo")]
    [InlineData("dapo+entropy")]
    [InlineData("ppo")]
    [InlineData("remax")]
    public void Restored_trainer_continues_to_the_byte(string method)
    {
        using var model = Model();
        using var critic = new TabularCritic(model);
        using var whole = Builder(model, critic, 1).Build();
        for (var i = 0; i < 3; i++) { whole.Advance(new Recorded()); }
        var saved = JsonState.Save(whole).ToJsonString();
        for (var i = 0; i < 3; i++) { whole.Advance(new Recorded()); }

        using var other = new TabularLanguageModel(Task.Shape);
        using var otherCritic = new TabularCritic(other);
        using var resumed = Builder(other, otherCritic, 1).Build();
        resumed.Advance(new Recorded());
        JsonState.Load(resumed, System.Text.Json.Nodes.JsonNode.Parse(saved) as System.Text.Json.Nodes.JsonObject ?? []);
        for (var i = 0; i < 3; i++) { resumed.Advance(new Recorded()); }
        Assert.Equal(JsonState.Save(whole).ToJsonString(), JsonState.Save(resumed).ToJsonString());

        PostTraining Builder(TabularLanguageModel policy, TabularCritic value, ulong seed)
        {
            var builder = Small(policy).Seed(seed).Method(method);
            return method == "ppo" ? builder.Critic(value) : builder;
        }
    }

    [Fact]
    public void Sample_table_shows_prompts_responses_and_rewards()
    {
        var rollout = new Rollout { Prompt = new PromptItem("a", [1]) { Text = "1|2=" }, Context = [1], Tokens = [3, 6], Mask = [true, true], LogProbabilities = [0, 0], Text = "3", Reward = 1, Finish = FinishReason.Length };
        rollout.Components["right"] = 1;
        rollout.Components["form"] = null;
        var text = SampleTable.Text(7, [rollout]);
        Assert.Contains("| `1\\|2=` | `3` (cut) | 2 | 1 | 1 | - |", text, StringComparison.Ordinal);
    }

    [Fact]
    public void History_remembers_how_prompts_fared()
    {
        using var model = Model();
        using var trainer = Small(model).Grpo(groupSize: 4).Build();
        trainer.Advance(new Recorded());
        Assert.Equal(6, trainer.History.Count);
        var restored = new GroupHistory();
        JsonState.Load(restored, JsonState.Save(trainer.History));
        Assert.Equal(JsonState.Save(trainer.History).ToJsonString(), JsonState.Save(restored).ToJsonString());
        Near(0, restored.Find("nothing")?.MeanReward ?? 0);
    }
}
