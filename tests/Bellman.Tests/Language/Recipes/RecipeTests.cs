using Bellman.Language;
using Xunit;

namespace Bellman.Tests.Language;

/// <summary>Recipes of sampling and selection on the exact task. Without the selection (threshold 0) accuracy stays at .40.</summary>
[Collection("torch alone")]
public sealed class RecipeTests
{
    private static readonly RunSum Task = TabularTraining.Task;
    private static readonly OfflineTrainingOptions Training = new() { BatchSize = 100_000, LearningRate = 0.05, MaximumGradientNorm = 1e9 };

    private static double Score(PromptItem prompt, Completion response) => Task.Reward(prompt.Tokens, response.Tokens);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static double Filtered(FilterRecipeOptions options, Func<PromptItem, RandomStream, int[]?>? rationalise = null)
    {
        using var model = Task.Reference();
        new FilterRecipe(options, Training) { Rationalise = rationalise }.Run(model, new TabularSampler(model), Task.Prompts(), Score, new SamplingOptions(), RandomStream.Create(1), cancellation: Cancellation);
        return TabularTraining.Accuracy(model);
    }

    [Fact]
    public void Filtered_samples_teach_what_the_demonstrators_seldom_did()
    {
        var once = Filtered(new FilterRecipeOptions { Steps = 25 });
        Assert.True(once > .75, $"{once}");
        Assert.True(Filtered(new FilterRecipeOptions { Steps = 25, Rounds = 2 }) > once + .03);
        Assert.True(Filtered(new FilterRecipeOptions { Steps = 25, Thresholds = [0], Distinct = false }) < .5);
    }

    [Fact]
    public void Failures_are_rationalised_and_every_round_begins_from_the_base()
    {
        var few = new FilterRecipeOptions { Steps = 25, Samples = 1, FromBase = true };
        Assert.True(Filtered(few, (prompt, _) => Task.Chain(prompt.Tokens)) > Filtered(few) + .1);
    }

    /// <summary>A verifier that learned nothing (no steps) chooses what the base finds likeliest, which is always wrong.</summary>
    [Fact]
    public void Verifier_that_learned_from_failures_chooses_better_than_the_generator_answers()
    {
        using var model = Task.Reference();
        var sampler = new TabularSampler(model);
        var recipe = new VStarRecipe(new VStarOptions { Rounds = 2, Steps = 8, VerifierSteps = 40 }, Training);
        using var verifier = recipe.Run(model, sampler, Task.Prompts(), Score, new SamplingOptions(), RandomStream.Create(1), cancellation: Cancellation);
        var alone = TabularTraining.Accuracy(model);
        double Chosen(ILanguageModel judge) => Task.Prompts().Zip(VStarRecipe.Answer(judge, sampler, Task.Prompts(), 8, new SamplingOptions(), RandomStream.Create(2), Cancellation)).Average(pair => Score(pair.First, pair.Second));
        Assert.InRange(alone, .5, .9);
        Assert.True(Chosen(verifier) > alone + .08, $"{alone}, {Chosen(verifier)}");
        using var untaught = Task.Reference();
        Assert.True(Chosen(untaught) < alone, $"{Chosen(untaught)}");
        using var good = Task.Reference();
        Assert.Contains("no response was kept", Assert.Throws<UsageException>(() => new VStarRecipe(new VStarOptions { Threshold = 2 }, Training).Run(good, sampler, Task.Prompts(), Score, new SamplingOptions(), RandomStream.Create(1), cancellation: Cancellation)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_kept_is_said() =>
        Assert.Contains("no response was kept", Assert.Throws<UsageException>(() => Filtered(new FilterRecipeOptions { Thresholds = [2] })).Message, StringComparison.Ordinal);

    [Fact]
    public void Rounds_against_oneself_learn_from_demonstrations_and_from_a_judge()
    {
        using var model = Task.Reference();
        var options = new SelfPlayOptions { Rounds = 2, Steps = 15, Loss = "pref.spin" };
        new SelfPlayRecipe(options, Training).AgainstDemonstrations(model, new TabularSampler(model), Task.Prompts(), prompt => Task.Chain(prompt.Tokens), new SamplingOptions(), RandomStream.Create(1), cancellation: Cancellation);
        Assert.True(TabularTraining.Accuracy(model) > .75, $"{TabularTraining.Accuracy(model)}");

        using var judged = Task.Reference();
        new SelfPlayRecipe(options with { Loss = "pref.dpo" }, Training).ByJudge(judged, new TabularSampler(judged), Task.Prompts(), Score, new SamplingOptions(), RandomStream.Create(1), cancellation: Cancellation);
        Assert.True(TabularTraining.Accuracy(judged) > .75, $"{TabularTraining.Accuracy(judged)}");
    }

    [Fact]
    public void Pools_give_pairs_rankings_and_chances_and_leave_out_what_says_nothing()
    {
        using var model = Task.Reference();
        var pool = ResponsePool.Draw(new TabularSampler(model), Task.Prompts(), 8, Score, new SamplingOptions(), RandomStream.Create(2), Cancellation);
        Assert.All(pool.Pairs(3, RandomStream.Create(3)), pair => Assert.True(pair.ChosenScore > pair.RejectedScore));
        var flipped = pool.Pairs(3, RandomStream.Create(3), flipped: 1);
        Assert.Equal(pool.Pairs(3, RandomStream.Create(3)).Select(pair => pair.Chosen), flipped.Select(pair => pair.Rejected));
        Assert.All(pool.RandomPairs(3, RandomStream.Create(3)), pair => Assert.False(pair.Chosen.SequenceEqual(pair.Rejected)));
        Assert.All(pool.Rankings(), ranking => Assert.Contains(1.0, ranking.Rewards));
        Assert.True(pool.AcceptedByChance(.5, RandomStream.Create(3)).Count > pool.Accepted(1, distinct: false).Count);
        Assert.All(pool.BestAndWorst(), pair => Assert.Equal((1, 0), (pair.ChosenScore, pair.RejectedScore)));
    }

    [Theory]
    [InlineData("equal", "prefers a response to itself")]
    [InlineData("empty", "empty rejected response")]
    [InlineData("none", "no preference pairs")]
    public void Pairs_that_teach_nothing_are_refused(string kind, string expected)
    {
        using var model = Task.Reference();
        PreferenceExample[] pairs = kind switch
        {
            "equal" => [new([0, 1, 2], [1, 4], [1, 4])],
            "empty" => [new([0, 1, 2], [1, 4], [])],
            _ => [],
        };
        Assert.Contains(expected, Assert.Throws<UsageException>(() => new PreferenceTrainer(model, pairs, new DpoLoss(), Training)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_example_is_too_few_for_kto()
    {
        using var model = Task.Reference();
        Assert.Contains("at least two", Assert.Throws<UsageException>(() => new PreferenceTrainer(model, [new([0, 1, 2], [1, 4], [2, 4])], new KtoLoss(), Training)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pref.dpo")]
    [InlineData("pref.bco")]
    [InlineData("pref.kto")]
    [InlineData("pref.tdpo2")]
    public void Restored_preference_training_continues_to_the_byte(string key)
    {
        using var model = Task.Reference();
        var pairs = ResponsePool.Draw(new TabularSampler(model), Task.Prompts(), 8, Score, new SamplingOptions(), RandomStream.Create(2), Cancellation).Pairs(2, RandomStream.Create(3));
        PreferenceTrainer Make(TabularLanguageModel policy) => new(policy, pairs, ComponentRegistry.Create<PreferenceLoss>(key), Training with { BatchSize = 10 });
        using var whole = Make(model);
        whole.Run(7, cancellation: Cancellation);
        var saved = JsonState.Save(whole).ToJsonString();
        whole.Run(7, cancellation: Cancellation);

        // Made over another model: what it precomputed about its reference is wrong until it is restored.
        using var other = new TabularLanguageModel(Task.Shape);
        using var resumed = Make(other);
        resumed.Run(2, cancellation: Cancellation);
        JsonState.Load(resumed, System.Text.Json.Nodes.JsonNode.Parse(saved) as System.Text.Json.Nodes.JsonObject ?? []);
        resumed.Run(7, cancellation: Cancellation);
        Assert.Equal(JsonState.Save(whole).ToJsonString(), JsonState.Save(resumed).ToJsonString());
    }
}
