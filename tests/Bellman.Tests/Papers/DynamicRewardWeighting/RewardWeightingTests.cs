using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Tasks.Symbols;
using Bellman.Papers.DynamicRewardWeighting;
using Bellman.Papers.LanguagePapers;
using Bellman.Tests.Language;
using Bellman.Tests.Papers.LanguagePapers;
using Xunit;
using static Bellman.Tests.Language.Numbers;

namespace Bellman.Tests.Papers.DynamicRewardWeighting;

/// <summary>The specification's numbers, the service that gives each objective's gradient, and what a step does with them.</summary>
[Collection("torch alone")]
public sealed class RewardWeightingTests
{
    private static readonly DynamicRewardWeightingOptions Fixed = new() { Rule = WeightRule.Fixed };

    [Fact]
    public void Hypervolume_is_the_union_of_the_boxes_above_the_reference()
    {
        Near(6, ParetoFront.Hypervolume([[1, 3], [2, 2], [3, 1]], [0, 0]));
        Near(7, ParetoFront.Hypervolume([[1, 2, 3], [2, 1, 1]], [0, 0, 0]));
        Near(6, ParetoFront.Hypervolume([[1, 3], [2, 2], [3, 1], [-1, 5], [1, 1]], [0, 0]));
        Near(0, ParetoFront.Hypervolume([[-1, 5]], [0, 0]));
        Near(0, ParetoFront.Hypervolume([], [0, 0]));
        Near(2, ParetoFront.Hypervolume([[3]], [1]));
    }

    /// <summary>Against counting the cells of a grid, where boxes have whole corners.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Hypervolume_agrees_with_counting_cells(int objectives)
    {
        var random = RandomStream.Create(7);
        var points = Enumerable.Range(0, 9).Select(_ => Enumerable.Range(0, objectives).Select(_ => (double)random.NextInt32(6)).ToArray()).ToList();
        var cells = Enumerable.Range(0, (int)Math.Pow(5, objectives)).Count(cell => points.Exists(point => Enumerable.Range(0, objectives).All(i => cell / (int)Math.Pow(5, i) % 5 < point[i])));
        Near(cells, ParetoFront.Hypervolume(points, new double[objectives]));
    }

    [Fact]
    public void Front_leaves_out_what_is_dominated_repeated_or_no_number()
    {
        Assert.Equal([1, 2], ParetoFront.NonDominated([[1, 1], [2, 1], [1, 3], [2, 1], [double.NaN, 9]]));
        Near(0.5, ParetoFront.Coverage([[2, 2]], [[1, 1], [3, 0]]));
        Near([0.8, 0.2], ParetoFront.MinimumNorm(new double[,] { { 1, 0 }, { 0, 4 } }));
        Near([1, 0], ParetoFront.MinimumNorm(new double[,] { { 1, 2 }, { 2, 9 } }));
    }

    [Theory]
    [InlineData(-1, 0.5)]
    [InlineData(0, 0.5)]
    [InlineData(0.1, 0.649502)]
    [InlineData(0.5, 1.193176)]
    [InlineData(1, 1.642391)]
    [InlineData(2, 1.946041)]
    public void Meta_reward_rises_with_the_growth_of_the_front(double growth, double factor) => Near(factor, MetaReward.Of(growth));

    [Theory]
    [InlineData(1, 0.65, 1.357505)]
    [InlineData(2048, 0.000317, 0.500476)]
    public void Growth_depends_on_the_scale_of_the_length(double scale, double growth, double factor)
    {
        var meta = new MetaReward(new() { ObjectiveScale = [1, scale, 1] }, [true, false, true]);
        meta.See([0.6, 1500, 0.2]);
        Near(1, meta.Factor);
        meta.See([0.62, 1400, 0.3]);
        meta.See([0.65, 1450, 0.5]);
        Near(growth, meta.Growth);
        Near(factor, meta.Factor);
        Assert.Equal(2, meta.Kept);
        meta.See([0.5, 1400, 0.6]);
        Near(0.5, meta.Factor);
        Assert.Equal(2, meta.Kept);
    }

    [Fact]
    public void Automatic_scale_is_the_inverse_median_of_the_first_growths()
    {
        var meta = new MetaReward(new() { HypervolumeScale = null }, [true, true]);
        meta.See([0, 0]);
        meta.See([0.1, 0.1]);
        Near(MetaReward.Of(1), meta.Factor);
        meta.See([0.1, 0.4]);
        // growths 0.01 and 0.03, median 0.02
        Near(MetaReward.Of(1.5), meta.Factor);
    }

    [Fact]
    public void Factor_on_rewards_cancels_in_grpo_and_not_in_rloo()
    {
        double[] Advantages(ICreditAssigner credit, double factor) => credit.Assign(CreditBatch.Of([factor, 0, 0, factor], [0, 0, 0, 0], [1, 1, 1, 1]), new Recorded()).Advantages;
        Near([.866024, -.866024, -.866024, .866024], Advantages(new GrpoCredit(), 1), 1e-6);
        Near(.866025, Advantages(new GrpoCredit(), 1.7)[0], 1e-6);
        Near([.666667, -.666667, -.666667, .666667], Advantages(new RlooCredit(), 1), 1e-6);
        Near(1.133333, Advantages(new RlooCredit(), 1.7)[0], 1e-6);
    }

    [Fact]
    public void Influence_is_the_inner_product_with_the_common_gradient_and_moves_weights_with_it()
    {
        double[][] gradients = [[1, 0], [0.6, 0.8], [-0.5, 0.5]];
        var gram = new double[3, 3];
        for (var i = 0; i < 3; i++) { for (var j = 0; j < 3; j++) { gram[i, j] = gradients[i].Zip(gradients[j], (a, b) => a * b).Sum(); } }
        Near([1.1, 1.7, 0.1], InfluenceWeights.Influence(gram));
        Near([0.1, 0.7, -0.4], InfluenceWeights.Influence(gram, selfTerm: false));
        var norm = (1 + 1 + Math.Sqrt(0.5)) / 3;
        Near([1.1 / norm, 1.7 / norm, 0.1 / norm], InfluenceWeights.Influence(gram, normalise: true));
        Near([0.337078, 0.357922, 0.305001], InfluenceWeights.Step([1.0 / 3, 1.0 / 3, 1.0 / 3], [1.1, 1.7, 0.1], 0.1), 1e-6);
        var collapsed = InfluenceWeights.Step([0.5, 0.5], [1000, -1000], 10, floor: 0.1);
        Near([0.9, 0.1], collapsed);
    }

    [Fact]
    public void Concise_is_shorter_than_the_running_mean_of_all_responses()
    {
        var reward = new ConcisenessReward();
        Assert.Equal([1, 0], Scores(reward, 10, 20));
        Assert.Equal([1, 1], Scores(reward, 5, 9));
        Near(11, reward.Mean);
        Assert.Equal([0], Scores(reward, 11));
    }

    [Theory]
    [InlineData("1. add\n2. halve\n\\boxed{4}", 1)]
    [InlineData("Step 1: add. Step 2: halve. \\boxed{4}", 1)]
    [InlineData("First add, then halve: \\boxed{4}", 1)]
    [InlineData("- add\n- halve\n\\boxed{4}", 1)]
    [InlineData("i) add ii) halve \\boxed{4}", 1)]
    [InlineData("1. add \\boxed{4}", 0)]
    [InlineData("First add, then halve: \\boxed{ }", 0)]
    [InlineData("First add, then halve: 4", 0)]
    [InlineData("It is 3.14 and 2.71: \\boxed{4}", 0)]
    public void Clear_is_a_boxed_answer_with_steps(string text, double score) => Assert.Equal([score], new ClarityReward().Score([Response(1, text)], null!).Responses);

    [Theory]
    [InlineData("...#dgjb", true, true)]
    [InlineData("#dgjb", true, true)]
    [InlineData("dgjb", true, false)]
    [InlineData("..dg#jb", true, false)]
    [InlineData("#.#dgjb", true, false)]
    [InlineData("...#dgjd", false, true)]
    public void Task_tells_right_and_clear_apart(string response, bool right, bool clear)
    {
        Assert.Equal(right, MarkedMap.IsRight("abcd", response));
        Assert.Equal(clear, MarkedMap.IsClear(response));
    }

    /// <summary>A credit without division is linear in rewards, and so are gradients: |g(r1 + r2)|^2 = |g1|^2 + 2 g1 g2 + |g2|^2.</summary>
    [Fact]
    public void Gradients_of_objectives_add_up_and_are_scaled_and_restricted()
    {
        var seen = new List<double[,]>();
        Train(Fixed, builder => builder.Augment(new Probe((rollouts, context) =>
        {
            double[] one = [.. rollouts.Select(rollout => rollout.Components["accuracy"] ?? 0)], other = [.. rollouts.Select(rollout => rollout.Components["conciseness"] ?? 0)];
            double[][] rewards = [one, other, [.. one.Zip(other, (a, b) => a + b)]];
            seen.Add(context.Gradients!.Gram(rewards, 1e9));
            seen.Add(context.Gradients.Gram(rewards, 1e-3));
            seen.Add(context.Gradients.Gram(rewards, 1e9, name => name.Contains("layers.0.", StringComparison.Ordinal)));
            seen.Add(context.Gradients.Gram(rewards, 1e9, name => !name.Contains("layers.0.", StringComparison.Ordinal)));
        })), steps: 1, credit: new RlooCredit());
        var (whole, bounded, inside, outside) = (seen[0], seen[1], seen[2], seen[3]);
        Assert.True(whole[0, 0] > 0 && whole[1, 1] > 0);
        Near(1, (whole[0, 0] + 2 * whole[0, 1] + whole[1, 1]) / whole[2, 2], 1e-3);
        for (var i = 0; i < 3; i++)
        {
            Near(1, bounded[i, i] / 1e-6, 1e-3);
            Near(1, (inside[i, i] + outside[i, i]) / whole[i, i], 1e-3);
        }
    }

    [Fact]
    public void Gradients_of_objectives_leave_the_update_as_it_is() => Assert.Equal(Train(Fixed), Train(new() { Ratio = 1e-300 }));

    [Fact]
    public void Validation_leaves_the_draws_of_training_as_they_are() => Assert.Equal(Train(Fixed), Train(new() { Rule = WeightRule.Hypervolume, MetaBase = 1, MetaGain = 0 }));

    [Fact]
    public void Meta_reward_on_advantages_changes_training_and_on_rewards_does_not_under_grpo()
    {
        var plain = Train(Fixed);
        var meta = new DynamicRewardWeightingOptions { Rule = WeightRule.Hypervolume };
        Assert.True(Distance(plain, Train(meta with { MetaPlacement = MetaPlacement.Reward })) < 1e-3);
        var onAdvantages = Distance(plain, Train(meta with { MetaPlacement = MetaPlacement.Advantage }));
        Assert.True(onAdvantages > 1e-6, $"{onAdvantages}");
        Assert.Equal(Train(meta), Train(meta with { MetaPlacement = MetaPlacement.Advantage }));
        Assert.Equal(Train(meta, credit: new RlooCredit()), Train(meta with { MetaPlacement = MetaPlacement.Reward }, credit: new RlooCredit()));
    }

    [Theory]
    [InlineData(WeightRule.Random)]
    [InlineData(WeightRule.Scale)]
    [InlineData(WeightRule.MinimumNorm)]
    [InlineData(WeightRule.Gradient)]
    public void Rule_moves_weights_on_the_simplex(WeightRule rule)
    {
        var metrics = new LastMetrics();
        Train(new() { Rule = rule }, metrics: metrics);
        double[] weights = [metrics["drw/weight_accuracy"], metrics["drw/weight_conciseness"], metrics["drw/weight_clarity"]];
        Near(1, weights.Sum());
        Assert.All(weights, weight => Assert.True(weight > 0));
        Assert.True(weights.Max() - weights.Min() > 1e-3, string.Join(' ', weights));
    }

    [Fact]
    public void Weights_stay_when_frozen_and_move_only_after_as_many_steps_as_are_averaged()
    {
        double Weight(DynamicRewardWeightingOptions options, int steps)
        {
            var metrics = new LastMetrics();
            Train(options, steps: steps, metrics: metrics);
            return metrics["drw/weight_accuracy"];
        }
        Assert.Equal(Weight(new() { FreezeAfter = 1 }, 1), Weight(new() { FreezeAfter = 1 }, 3));
        Near(1.0 / 3, Weight(new() { AccumulationSteps = 3 }, 2));
        Assert.NotEqual(1.0 / 3, Weight(new() { AccumulationSteps = 3 }, 3));
        // eta / mu with the trainer's learning rate of 1e-3
        Assert.Equal(Weight(new() { Ratio = 0.1 }, 2), Weight(new() { Mu = 0.01 }, 2), 1e-9);
    }

    [Fact]
    public void Objective_that_the_others_work_against_is_warned_of()
    {
        var weighting = new RewardWeighting(null, [("good", 1), ("bad", 0)]);
        var metrics = new LastMetrics();
        for (var step = 0; step < 10; step++)
        {
            Assert.NotEqual(1, metrics["drw/warning_no_influence_bad"]);
            var rollout = Response(1, "");
            (rollout.Reward, rollout.Components["good"], rollout.Components["bad"]) = (1, 1, 0);
            weighting.Augment([rollout], Context(metrics, step, new Scripted(new double[,] { { 1, -0.6 }, { -0.6, 0.5 } })));
        }
        Assert.Equal(1, metrics["drw/warning_no_influence_bad"]);
        Assert.Equal(0, metrics["drw/warning_no_influence_good"]);
        Assert.True(weighting.Weights[0] > 0.5 && weighting.Weights[1] < 0.5);
    }

    [Fact]
    public void Unscored_response_stays_unscored_and_a_bonus_stays()
    {
        var weighting = new RewardWeighting(Fixed with { Weights = [0.25, 0.75] }, [("a", 1), ("b", 0)]);
        var (scored, unscored) = (Response(1, ""), Response(1, ""));
        // 0.5 beside the reward of 1
        (scored.Reward, scored.Components["a"], scored.Components["b"]) = (1.5, 1, 1);
        (unscored.Components["a"], unscored.Components["b"]) = (null, 1);
        weighting.Augment([scored, unscored], Context(new LastMetrics(), 0, null));
        Near(1.5, scored.Reward);
        Assert.True(double.IsNaN(unscored.Reward));
    }

    [Theory]
    [InlineData(WeightRule.Gradient)]
    [InlineData(WeightRule.Hypervolume)]
    public void Resumed_run_goes_on_as_if_it_had_not_stopped(WeightRule rule)
    {
        var options = new DynamicRewardWeightingOptions { Rule = rule, HypervolumeScale = null };
        using var whole = Create(options);
        for (var i = 0; i < 2; i++) { whole.Advance(new LastMetrics()); }
        var saved = JsonState.Save(whole);
        using var resumed = Create(options);
        JsonState.Load(resumed, saved);
        for (var i = 0; i < 2; i++) { whole.Advance(new LastMetrics()); resumed.Advance(new LastMetrics()); }
        Assert.Equal(Parameters(whole), Parameters(resumed));
    }

    [Fact]
    public void Input_that_makes_no_sense_is_refused()
    {
        void Refused(string expected, Action action) => Assert.Contains(expected, Assert.Throws<UsageException>(action).Message, StringComparison.Ordinal);
        (string, double)[] two = [("a", 1), ("b", 0)];
        Refused("sum to 1", () => _ = new RewardWeighting(new() { Weights = [0.5, 0.6] }, two));
        Refused("sum to 1", () => _ = new RewardWeighting(new() { Weights = [1.5, -0.5] }, two));
        Refused("Give one weight a reward", () => _ = new RewardWeighting(new() { Weights = [0.5, 0.25, 0.25] }, two));
        Refused("Add another", () => _ = new RewardWeighting(null, [("a", 1)]));
        Refused("mu", () => _ = new RewardWeighting(new() { Mu = 0 }, two));
        Refused("no layer is left", () => _ = new RewardWeighting(new() { FirstLayer = 5, LastLayer = 4 }, two));
        Refused("Give a range within 0 to 1", () => Create(new() { FirstLayer = 1, LastLayer = 2 }));
        Refused("Set validationPrompts", () => _ = new RewardWeighting(new() { Rule = WeightRule.Hypervolume }, two));
        Refused("Set validationPrompts", () => Create(new() { Rule = WeightRule.Hypervolume, ValidationPrompts = 0 }));
        Refused("orientation", () => new MetaReward(new(), [true, false]).See([1, 2, 3]));
        Refused("cannot be compared", () => new MetaReward(new(), [true, false]).See([1, double.NaN]));
        Refused("Give one for each", () => _ = new MetaReward(new() { ObjectiveScale = [1] }, [true, false]));
        Refused("two or more", () => _ = new MetaReward(new(), [true]));
        Refused("vectors of one length", () => ParetoFront.Hypervolume([[1, 2, 3]], [0, 0]));
        Refused("above 0", () => InfluenceWeights.Step([0.5, 0.5], [1, 1], 0));
        Refused("leaves nothing", () => InfluenceWeights.Floored([0.5, 0.5], 0.5));
        Refused("both weigh the rewards", () => Create(Fixed, credit: new GdpoCredit()));
        Refused("rloo", () => Create(new(), credit: new RemaxCredit()));
        Refused("which only a trainer's step has", () =>
        {
            var rollout = Response(1, "");
            (rollout.Components["a"], rollout.Components["b"]) = (1, 1);
            new RewardWeighting(null, two).Augment([rollout], Context(new LastMetrics(), 0, null));
        });
    }

    [Theory]
    [InlineData(ReproductionSize.Smoke)]
    [InlineData(ReproductionSize.Default)]
    public void Arms_and_claims_fit_together(ReproductionSize size) => Assert.NotEmpty(new ReproductionPlan(new DynamicRewardWeightingReproduction(), size).Cells);

    [Fact]
    public void Full_size_starts_on_a_folder_and_real_data_and_says_what_is_missing_otherwise() => FullScale.RunsOn(RewardWeighting.Key, "miniBatches=1", $"{RewardWeighting.Key}.validationPrompts=2");

    private static double?[] Scores(ConcisenessReward reward, params int[] lengths) => [.. reward.Score([.. lengths.Select(length => Response(length, ""))], null!).Responses];

    private static Rollout Response(int length, string text) =>
        new() { Prompt = new PromptItem("q", [1]), Context = [1], Tokens = new int[length], Mask = [.. Enumerable.Repeat(true, length)], LogProbabilities = new float[length], Text = text };

    private static RewardContext Context(LastMetrics metrics, long step, IObjectiveGradients? gradients)
    {
        var model = SmallBase.Create(RandomStream.Create(1));
        return new RewardContext { Policy = model, Sampler = new LocalSampler(model, SmallBase.Tokenizer), Random = RandomStream.Create(1), Metrics = metrics, Step = step, Gradients = gradients };
    }

    private static PostTrainer Create(DynamicRewardWeightingOptions options, Action<PostTraining>? change = null, ICreditAssigner? credit = null)
    {
        var builder = new PostTraining(SmallBase.Get("marked-map-test", 1, 80, MarkedMap.Demonstration))
            .Prompts(new DrawnPromptSource(MarkedMap.Draw, RandomStream.Create(2, "prompts")))
            .Tokenizer(SmallBase.Tokenizer)
            // The first image right, so that little teaching suffices.
            .Reward(new FunctionReward("accuracy", rollout => rollout.Text.Replace(".", "", StringComparison.Ordinal).Replace("#", "", StringComparison.Ordinal).StartsWith(SymbolMap.Image(rollout.Prompt.Text[0])) ? 1 : 0))
            .Reward(new ConcisenessReward(), 0)
            .Reward(MarkedMap.Clarity, 0)
            .Credit(credit ?? new GrpoCredit())
            .Objective(new PpoObjective())
            .Seed(3)
            .Options(value => value with { PromptsPerStep = 6, GroupSize = 8, MaximumNewTokens = MarkedMap.MaximumTokens, LearningRate = 1e-3 });
        change?.Invoke(builder);
        var validation = options.ValidationPrompts == 0 ? null : Validation();
        return builder.AddDynamicRewardWeighting(options, options.Rule == WeightRule.Hypervolume ? validation : null).Build();
    }

    private static ObjectiveValidation Validation()
    {
        var questions = Enumerable.Range(0, 6).Select(i => MarkedMap.Draw(RandomStream.Create(9, "validation").Child("question", i))).ToList();
        return new ObjectiveValidation(() => questions, 4, [ObjectiveValidation.Of(new ConcisenessReward()), ObjectiveValidation.Of(MarkedMap.Clarity)]);
    }

    private static double[] Train(DynamicRewardWeightingOptions options, Action<PostTraining>? change = null, int steps = 4, ICreditAssigner? credit = null, LastMetrics? metrics = null)
    {
        using var trainer = Create(options, change, credit);
        for (var i = 0; i < steps; i++) { trainer.Advance(metrics ?? new LastMetrics()); }
        return Parameters(trainer);
    }

    private static double[] Parameters(PostTrainer trainer) => [.. trainer.Model.Trainable.SelectMany(tensor => tensor.Value.detach().ToDoubles())];

    private static double Distance(double[] one, double[] other) => Math.Sqrt(one.Zip(other, (a, b) => (a - b) * (a - b)).Sum() / one.Sum(value => value * value));

    private sealed class Probe(Action<IReadOnlyList<Rollout>, RewardContext> action) : IRewardAugmentation
    {
        public string Name => "probe";

        public void Augment(IReadOnlyList<Rollout> rollouts, RewardContext context) => action(rollouts, context);
    }

    private sealed class Scripted(double[,] gram) : IObjectiveGradients
    {
        public double[,] Gram(IReadOnlyList<double[]> rewards, double maximumNorm, Func<string, bool>? selects = null) => gram;
    }
}
