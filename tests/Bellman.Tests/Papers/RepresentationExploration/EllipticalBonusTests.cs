using Bellman.Language;
using Bellman.Language.Scoring;
using Bellman.Papers.RepresentationExploration;
using Bellman.Tests.Language;
using CsCheck;
using Xunit;

namespace Bellman.Tests.Papers.RepresentationExploration;

/// <summary>The numbers of the specification's section 7.3, and what must hold for any features.</summary>
public sealed class EllipticalBonusTests
{
    private static readonly double[][] Four = [[1, 0], [1, 0], [0, 1], [-1, 0]];

    [Fact]
    public void Leverage_of_four_centred_features()
    {
        var centred = EllipticalBonus.Centred(Four);
        Assert.Equal([0.75, -0.25], centred[0]);
        Assert.Equal([-0.25, 0.75], centred[2]);
        Assert.Equal([-1.25, -0.25], centred[3]);
        var bonuses = EllipticalBonus.Leverage(centred, 0.01);
        Near([0.248759, 0.248759, 0.740136, 0.745049], bonuses, 1e-6);
        Assert.Equal(1.982704, bonuses.Sum(), 6);
    }

    [Fact]
    public void Leave_one_out_is_leverage_over_its_complement_and_the_same_as_leaving_one_out()
    {
        var centred = EllipticalBonus.Centred(Four);
        var bonuses = EllipticalBonus.Leverage(centred, 0.01).Select(EllipticalBonus.LeaveOneOut).ToArray();
        Near([0.331131, 0.331131, 2.848161, 2.922328], bonuses, 1e-6);
        for (var i = 0; i < 4; i++)
        {
            var others = new EllipticalMatrix(2, 0.01);
            for (var j = 0; j < 4; j++) { if (j != i) { others.Add(centred[j]); } }
            Assert.Equal(others.Score(centred[i]), bonuses[i], 8);
        }
    }

    [Fact]
    public void Solved_group_is_trained_on_novelty_alone_and_a_mixed_one_on_rewards_with_ties_broken()
    {
        Near([-0.8657, -0.8657, 0.8571, 0.8743], Advantages([1, 1, 1, 1]), 1e-4);
        Near([0.861716, -0.870269, -0.861758, 0.870311], Advantages([1, 0, 0, 1]), 1e-6);
        Near([0.866024, -0.866024, -0.866024, 0.866024], Advantages([1, 0, 0, 1], beta: 0), 1e-6);
        Near([0, 0, 0, 0], Advantages([0, 0, 0, 0]), 0);
    }

    [Theory]
    [InlineData("none", new double[] { 0, 0, 0, 0 }, false)]
    [InlineData("some", new double[] { 1, 0, 0, 1 }, false)]
    [InlineData("all", new double[] { 1, 1, 1, 1 }, false)]
    [InlineData("incorrect", new double[] { 1, 0, 0, 1 }, true)]
    public void Each_switch_turns_the_bonus_off_where_it_says(string which, double[] rewards, bool some)
    {
        var plain = new RepresentationExplorationOptions { TurnOffIfNoneCorrect = false };
        var right = rewards.Select(reward => reward == 1).ToArray();
        Assert.All(new RepresentationBonus(plain).Bonuses(Four, right), bonus => Assert.True(bonus > 0));
        var off = new RepresentationBonus(which switch
        {
            "none" => plain with { TurnOffIfNoneCorrect = true },
            "some" => plain with { TurnOffIfSomeCorrect = true },
            "all" => plain with { TurnOffIfAllCorrect = true },
            _ => plain with { TurnOffForIncorrect = true },
        }).Bonuses(Four, right);
        for (var i = 0; i < 4; i++) { Assert.Equal(some && right[i], off[i] > 0); }
    }

    [Fact]
    public void Rank_one_updates_and_the_factorisation_agree()
    {
        Gen.Double[-3, 3].Array[5].Array[2, 9].Sample(vectors =>
        {
            var matrix = new EllipticalMatrix(5, 0.01);
            foreach (var vector in vectors) { matrix.Add(vector); }
            var leverage = EllipticalBonus.Leverage(vectors, 0.01);
            for (var i = 0; i < vectors.Length; i++)
            {
                Assert.Equal(leverage[i], matrix.Score(vectors[i]), 8);
                Assert.InRange(leverage[i], 0, 1);
            }
        }, iter: 200);
    }

    [Fact]
    public void Copies_share_one_bonus_and_identical_responses_have_none()
    {
        // Four distinct directions, one of them three times: about 1/3 of a single one's.
        double[][] vectors = [[9, 0, 0, 0, 0], [9, 0, 0, 0, 0], [9, 0, 0, 0, 0], [0, 9, 0, 0, 0], [0, 0, 9, 0, 0], [0, 0, 0, 9, 0]];
        var bonuses = EllipticalBonus.Leverage(vectors, 0.01);
        Assert.Equal(1.0 / 3, bonuses[0], 3);
        Assert.Equal(1, bonuses[3], 3);
        Assert.All(new RepresentationBonus().Bonuses([[1, 2], [1, 2], [1, 2]], [true, true, true]), bonus => Assert.Equal(0, bonus, 12));
    }

    [Fact]
    public void Scaling_of_bonuses_gives_deviation_one()
    {
        var bonuses = EllipticalBonus.Leverage(EllipticalBonus.Centred(Four), 0.01);
        double Deviation(double[] values) => Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / (values.Length - 1));
        var scaled = EllipticalBonus.Normalized(bonuses, BonusNormalization.Deviation);
        Assert.Equal(1, Deviation(scaled), 9);
        Assert.All(scaled, value => Assert.True(value > 0));
        var standard = EllipticalBonus.Normalized(bonuses, BonusNormalization.Standard);
        Assert.Equal((1.0, 0.0), (Math.Round(Deviation(standard), 9), Math.Round(standard.Average(), 9)));
    }

    [Fact]
    public void Kept_covariance_equals_the_groups_own_at_first_and_then_knows_what_was_seen()
    {
        var covariance = new PromptCovariance(2, 0.01);
        covariance.Add(Four);
        Near(EllipticalBonus.Leverage(EllipticalBonus.Centred(Four), 0.01), covariance.Leverage(Four, centre: true), 1e-8);
        var before = covariance.Leverage(Four, centre: true)[3];
        covariance.Add(Four);
        Assert.Equal(before / 2, covariance.Leverage(Four, centre: true)[3], 2);
        var copy = PromptCovariance.Load(covariance.Save());
        Assert.Equal(covariance.Leverage(Four, true), copy.Leverage(Four, true));
    }

    [Fact]
    public void Coreset_takes_what_is_farthest_outside_what_is_chosen()
    {
        var picks = new EllipticalCoreset(lambda: 1).Scored([[2, 0], [1.9, 0.1], [0, 1.5], [1, 1]], 4);
        Assert.Equal([0, 2, 1, 3], picks.Select(pick => pick.Index));
        Near([4.0, 2.25, 0.725077, 0.409881], [.. picks.Select(pick => pick.Score)], 1e-6);
        Assert.Equal([0, 1], new EllipticalCoreset(1).Order([[1, 0], [1, 0], [1, 0]], 2));
    }

    [Fact]
    public void Farthest_point_order_covers_before_it_repeats() =>
        Assert.Equal([2, 4, 1, 3, 0], new FarthestPointOrder().Order([[0, 0], [0.5, 0], [10, 1], [0, 0.6], [0, 8]], 5));

    [Fact]
    public void Verifier_calls_of_an_order()
    {
        Assert.Equal(2, Pool.SamplesToCorrect([2, 0, 1], [true, false, false]));
        Assert.Equal(4, Pool.SamplesToCorrect([2, 0, 1], [false, false, false]));
        Assert.Equal(65.0 / 2, Pool.ExpectedSamplesToCorrect(64, 1));
        // The expectation of a random order, by drawing.
        var random = RandomStream.Create(1);
        double[][] features = [.. Enumerable.Range(0, 10).Select(i => new double[] { i })];
        bool[] right = [.. Enumerable.Range(0, 10).Select(i => i < 2)];
        var mean = Enumerable.Range(0, 4000).Average(i => (double)Pool.SamplesToCorrect(new RandomOrder(random.Child("order", i)).Order(features, 10), right));
        Assert.Equal(Pool.ExpectedSamplesToCorrect(10, 2), mean, 0.15);
    }

    [Fact]
    public void Pass_at_k_of_two_right_in_eight() =>
        Near([0.25, 0.464286, 0.785714, 1], [.. new[] { 1, 2, 4, 8 }.Select(k => PassAtK.Estimate(8, 2, k))], 1e-6);

    [Fact]
    public void Projection_is_sparse_and_keeps_lengths_on_average()
    {
        var random = RandomStream.Create(2);
        var vector = Enumerable.Range(0, 64).Select(_ => (float)random.NextGaussian()).ToArray();
        var squared = vector.Sum(value => (double)value * value);
        var mean = 0.0;
        for (var i = 0; i < 2000; i++)
        {
            var projection = new SparseProjection(64, 16, random.Child("projection", i));
            Assert.Equal((0.125, 0.707107), (projection.Density, Math.Round(projection.Value, 6)));
            mean += projection.Project(vector).Sum(value => value * value) / 2000;
        }
        Assert.InRange(mean / squared, 0.97, 1.03);
    }

    [Fact]
    public void Unlikeliness_pays_the_likeliest_correct_response_least()
    {
        Rollout Of(double reward, float likelihood) => new() { Prompt = new PromptItem("p", [1]), Context = [1], Tokens = [2], Mask = [true], LogProbabilities = [likelihood], Reward = reward };
        var rollouts = new[] { Of(1, -1), Of(1, -3), Of(0, -0.5f), Of(1, -2) };
        using var model = new RunSum(3).Reference();
        new UnlikelinessReward(0.25).Augment(rollouts, Context(model));
        Assert.Equal([1 - 0.25, 1 - 0.25 * 2 / 4, 0, 1 - 0.25 * 3 / 4], rollouts.Select(rollout => rollout.Reward));
        Assert.Throws<UsageException>(() => new UnlikelinessReward(2));
    }

    [Theory]
    [InlineData("lambda", "0")]
    [InlineData("lambda", "-1")]
    [InlineData("beta", "-0.1")]
    [InlineData("projectionDimension", "-1")]
    public void Options_out_of_range_are_refused_by_name(string option, string value)
    {
        var error = Assert.Throws<UsageException>(() => OptionSet.Of<RepresentationExplorationOptions>("method repexp").Create([KeyValuePair.Create(option, value)]));
        Assert.Contains(option, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        Assert.Contains("resampleProjection", Assert.Throws<UsageException>(() => new RepresentationBonus(new() { PersistCovariance = true })).Message, StringComparison.Ordinal);
        Assert.Contains("lambda", Assert.Throws<UsageException>(() => EllipticalBonus.Leverage(Four, 0)).Message, StringComparison.Ordinal);
        Assert.Contains("lambda", Assert.Throws<UsageException>(() => new EllipticalMatrix(2, double.NaN)).Message, StringComparison.Ordinal);
        Assert.Contains("at least 1", Assert.Throws<UsageException>(() => new SparseProjection(4, 0, RandomStream.Create(1))).Message, StringComparison.Ordinal);
        Assert.Contains("Choose from 1 to 4", Assert.Throws<UsageException>(() => new EllipticalCoreset().Order(Four, 5)).Message, StringComparison.Ordinal);
        Assert.Contains("pool is empty", Assert.Throws<UsageException>(() => new EllipticalCoreset().Order([], 1)).Message, StringComparison.Ordinal);
    }

    private static double[] Advantages(double[] rewards, double beta = 0.01)
    {
        var bonuses = new RepresentationBonus().Bonuses(Four, [.. rewards.Select(reward => reward >= 1)]);
        var total = rewards.Zip(bonuses, (reward, bonus) => reward + beta * bonus).ToArray();
        return new GrpoCredit().Assign(CreditBatch.Of(total, [0, 0, 0, 0], [1, 1, 1, 1]), new Recorded()).Advantages;
    }

    private static RewardContext Context(TabularLanguageModel model) => new() { Policy = model, Sampler = new TabularSampler(model), Random = RandomStream.Create(1), Metrics = new Recorded() };

    private static void Near(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) { Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"entry {i}: {actual[i]} instead of {expected[i]}"); }
    }
}
