using System.Text.Json;
using Bellman.Algorithms.Tabular;
using Bellman.Environments.Linear;
using Bellman.Experiments;
using Bellman.Papers;
using Bellman.Papers.RandomizedPreferenceLearning;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace Bellman.Tests.Papers.RandomizedPreferenceLearning;

/// <summary>The equations' numbers, the posteriors, learning by outcome, and what is refused.</summary>
public sealed class PreferenceTests
{
    [Fact]
    public void The_reward_fit_has_its_known_optimum()
    {
        var fit = new LogisticRewardFit(2, ridge: 1, bound: 100);
        Assert.Equal([0.0, 0.0], fit.Estimate);
        fit.Add([1, 0], 1);
        fit.Add([1, 0], 1);
        fit.Add([0, 1], 0);
        fit.Fit();
        Assert.Equal([0.67483161, -0.40105814], fit.Estimate.Select(value => Math.Round(value, 8)));
        // The norm cap.
        var capped = new LogisticRewardFit(2, 1, 0.1);
        capped.Add([1, 0], 1);
        capped.Fit();
        Assert.Equal(0.1, Math.Sqrt(capped.Estimate.Sum(value => value * value)), 12);
    }

    [Fact]
    public void Disagreement_of_gaussian_rewards_is_its_closed_form()
    {
        var sigma = new Bellman.Algorithms.Linear.WeightedRidge(2, 1);
        sigma.Add([1, 0], 0);
        sigma.Add([1, 0], 0);
        sigma.Add([0, 1], 0);
        var norm = sigma.InverseNorm([1, -1]);
        Assert.Equal(0.91287093, norm, 8);
        Assert.Equal(0.61803872, 2 * 0.6 / Math.Sqrt(Math.PI) * norm, 8);
        Assert.Equal(1.12837917, 2 / Math.Sqrt(Math.PI), 8);
        // The constant, by draws.
        var (random, sum) = (RandomStream.Create(5), 0.0);
        for (var i = 0; i < 100_000; i++) { sum += Math.Abs(random.NextGaussian() - random.NextGaussian()) / 100_000; }
        Assert.Equal(1.12837917, sum, 0.01);
    }

    [Theory]
    [InlineData(0.2, 1.5)]
    [InlineData(0.4, 1.875)]
    [InlineData(0.5, 2.25)]
    [InlineData(0.7, 3)]
    [InlineData(0.9, 3)]
    public void The_cutoff_mixes_regression_and_bound(double norm, double expected) => Assert.Equal(expected, PrLsvi.Omega(norm, 1.5, 3, 0.3, 0.7), 12);

    [Fact]
    public void Two_weighted_rewards_update_and_disagree_as_computed_by_hand()
    {
        // One state, two actions; one step. Return differences +2 and -1.
        var posterior = new ParticleRewardPosterior([[2, 0], [0, 1]], 2, RandomStream.Create(0));
        var (first, second) = (new Trajectory([0, 0], [0]), new Trajectory([0, 0], [1]));
        Assert.Equal(1.5, posterior.Disagreement(first, second), 12);
        posterior.Update(new Comparison(first, second, 1));
        Assert.Equal([0.76608470, 0.23391530], posterior.Weights.Select(weight => Math.Round(weight, 8)));
        Assert.Equal(1.07519358, posterior.Disagreement(first, second), 8);
        posterior.Update(new Comparison(first, second, 0));
        posterior.Update(new Comparison(first, second, 0));
        // sigma(2) sigma(-2)^2 against sigma(-1) sigma(1)^2.
        var (a, b) = (LogisticLink.Probability(2) * Math.Pow(LogisticLink.Probability(-2), 2), LogisticLink.Probability(-1) * Math.Pow(LogisticLink.Probability(1), 2));
        Assert.Equal(a / (a + b), posterior.Weights[0], 12);
    }

    [Fact]
    public void The_sorted_sum_is_the_double_sum()
    {
        var random = RandomStream.Create(2);
        double[] values = [.. Enumerable.Range(0, 30).Select(_ => random.NextGaussian())];
        double[] weights = [.. Enumerable.Range(0, 30).Select(_ => random.NextDouble())];
        var expected = values.SelectMany((x, i) => values.Select((y, j) => weights[i] * weights[j] * Math.Abs(x - y))).Sum();
        Assert.Equal(expected, ParticleRewardPosterior.MeanDistance(values, weights), 10);
    }

    [Fact]
    public void Resampled_particles_keep_their_mean_and_spread_over()
    {
        var random = RandomStream.Create(4);
        double[][] rewards = [.. Enumerable.Range(0, 400).Select(_ => new[] { random.NextGaussian(), random.NextGaussian() })];
        var kept = new ParticleRewardPosterior(rewards, 2, RandomStream.Create(1));
        var moved = new ParticleRewardPosterior(rewards, 2, RandomStream.Create(1), shrinkage: 0.98);
        var comparison = new Comparison(new Trajectory([0, 0], [0]), new Trajectory([0, 0], [1]), 1);
        for (var i = 0; i < 6; i++)
        {
            kept.Update(comparison);
            moved.Update(comparison);
        }
        static double Mean(ParticleRewardPosterior posterior)
        {
            var (draws, sum) = (RandomStream.Create(7), 0.0);
            for (var i = 0; i < 4000; i++) { sum += posterior.Sample(draws)(0, 0) / 4000; }
            return sum;
        }
        Assert.Equal(Mean(kept), Mean(moved), 0.15);
        Assert.True(moved.Weights.Sum(weight => weight * weight) < kept.Weights.Sum(weight => weight * weight));
    }

    [Fact]
    public void Laplaces_disagreement_is_that_of_its_draws()
    {
        // Two actions in one state with features (1, 0) and (0, 1).
        var posterior = new LaplaceRewardPosterior([1, 0, 0, 1], 2, 2, ridge: 1, bound: 100);
        var (first, second) = (new Trajectory([0, 0], [0]), new Trajectory([0, 0], [1]));
        for (var i = 0; i < 5; i++) { posterior.Update(new Comparison(first, second, 1)); }
        var (random, sum) = (RandomStream.Create(3), 0.0);
        double Draw()
        {
            var reward = posterior.Sample(random);
            return reward(0, 0) - reward(0, 1);
        }
        for (var i = 0; i < 40_000; i++) { sum += Math.Abs(Draw() - Draw()) / 40_000; }
        Assert.Equal(sum, posterior.Disagreement(first, second), 0.02);
        Assert.True(posterior.Disagreement(first, first) == 0);
    }

    [Fact]
    public void Dirichlet_beliefs_converge_to_the_frequencies()
    {
        var posterior = new DirichletTransitionPosterior(3, 1);
        for (var i = 0; i < 3000; i++) { posterior.Update((0, 0, i % 3 == 0 ? 1 : 2)); }
        var row = posterior.Sample(RandomStream.Create(1)).Row(0, 0);
        Assert.Equal(1.0 / 3, row[1], 0.04);
        Assert.Equal(0, row[0], 0.01);
    }

    [Fact]
    public void Ensembles_learn_and_agree_where_there_are_data()
    {
        using var rewards = new EnsembleRewardPosterior(1, 3, new EnsembleOptions { Steps = 10 }, RandomStream.Create(1));
        var (good, bad, unseen) = (new Trajectory([0, 0], [0]), new Trajectory([0, 0], [1]), new Trajectory([0, 0], [2]));
        for (var i = 0; i < 60; i++) { rewards.Update(new Comparison(good, bad, 1)); }
        var random = RandomStream.Create(2);
        Assert.All(Enumerable.Range(0, 20), _ =>
        {
            var reward = rewards.Sample(random);
            Assert.True(reward(0, 0) > reward(0, 1) + 1);
        });
        Assert.Equal(0, rewards.Disagreement(good, good), 12);
        using var kernels = new EnsembleTransitionPosterior(2, 1, new EnsembleOptions { Steps = 10 }, RandomStream.Create(1));
        for (var i = 0; i < 60; i++) { kernels.Update((0, 0, 1)); }
        Assert.True(kernels.Sample(random).Row(0, 0)[1] > 0.9);
        Assert.Throws<UsageException>(() => new EnsembleRewardPosterior(1, 1, new EnsembleOptions { Members = 1 }, RandomStream.Create(0)));
        _ = unseen;
    }

    [Fact]
    public void The_link_never_overflows()
    {
        Assert.Equal(0, LogisticLink.Probability(-2000));
        Assert.Equal(1, LogisticLink.Probability(2000));
        Assert.Equal(-2000, LogisticLink.Log(-2000), 9);
        Assert.Equal(Math.Log(1 / (1 + Math.Exp(-1.5))), LogisticLink.Log(1.5), 12);
    }

    [Fact]
    public void Active_learning_asks_less_and_still_finds_the_optimum()
    {
        var process = SimplexLinearMdp.Create(RandomStream.Create(1, "test"));
        var reward = new StepReward(5, 8, 4, (_, state, action) => process.RewardOf(state, action));
        var optimum = FiniteHorizonPlanning.Optimal(process.Kernel, reward).Value;
        (double Value, long Queries) Run(PrLsviOptions options, ulong seed)
        {
            var oracle = new PreferenceOracle(RandomStream.Create(seed, "oracle"));
            var learner = new PrLsvi(process, options, RandomStream.Create(seed));
            var last = 0.0;
            for (var round = 0; round < 300; round++)
            {
                var (policies, _) = learner.Step(oracle);
                if (round >= 280) { last += FiniteHorizonPlanning.Evaluate(process.Kernel, reward, (step, state) => policies.Newest[step][state]) / optimum / 20; }
            }
            return (last, oracle.Asked);
        }
        var active = Run(new PrLsviOptions(), 1);
        var never = Run(new PrLsviOptions { Query = QueryMode.Never, RewardNoise = 0 }, 1);
        Assert.True(active.Value > 0.97);
        Assert.InRange(active.Queries, 20, 200);
        // Without preferences the reward stays zero: nothing tells good from bad.
        Assert.True(never.Value < active.Value - 0.03);
        Assert.Equal(0, never.Queries);
        Assert.Equal(active, Run(new PrLsviOptions(), 1));
    }

    [Fact]
    public void Thompson_sampling_finds_the_optimum_with_few_questions()
    {
        var process = SimplexLinearMdp.Create(RandomStream.Create(2, "test"));
        var reward = new StepReward(5, 8, 4, (_, state, action) => process.RewardOf(state, action));
        var optimum = FiniteHorizonPlanning.Optimal(process.Kernel, reward).Value;
        double[] features = [.. Enumerable.Range(0, 32).SelectMany(pair => process.Features(pair / 4, pair % 4).ToArray())];
        var learner = new Pbts(process.Kernel, process.RewardOf, new LaplaceRewardPosterior(features, 4, 5, 1, 20), new DirichletTransitionPosterior(8, 4), new PreferenceOptions { Threshold = 0.3 }, RandomStream.Create(1));
        var (oracle, last) = (new PreferenceOracle(RandomStream.Create(1, "oracle")), 0.0);
        for (var round = 0; round < 300; round++)
        {
            var (policies, _) = learner.Step(oracle);
            if (round >= 280) { last += FiniteHorizonPlanning.Evaluate(process.Kernel, reward, (step, state) => policies.Newest[step][state]) / optimum / 20; }
        }
        Assert.True(last > 0.95);
        Assert.InRange(oracle.Asked, 10, 299);
    }

    [Fact]
    public void Comparators_and_query_modes_do_what_they_say()
    {
        var process = SimplexLinearMdp.Create(RandomStream.Create(3, "test"));
        (List<PolicyPair> Pairs, List<PreferenceRound> Rounds, long Asked) Run(PrLsviOptions options)
        {
            var (oracle, learner) = (new PreferenceOracle(RandomStream.Create(1, "oracle")), new PrLsvi(process, options, RandomStream.Create(1)));
            var (pairs, rounds) = (new List<PolicyPair>(), new List<PreferenceRound>());
            for (var round = 0; round < 30; round++)
            {
                var (pair, happened) = learner.Step(oracle);
                pairs.Add(pair);
                rounds.Add(happened);
            }
            return (pairs, rounds, oracle.Asked);
        }
        var previous = Run(new PrLsviOptions());
        Assert.Same(previous.Pairs[4].Newest, previous.Pairs[5].Other);
        Assert.All(previous.Rounds, round => Assert.Equal(round.Score > 0.1, round.Queried));
        Assert.All(Run(new PrLsviOptions { Comparator = Comparator.Same }).Pairs, pair => Assert.Same(pair.Newest, pair.Other));
        Assert.All(Run(new PrLsviOptions { Comparator = Comparator.UniformRandom }).Pairs, pair => Assert.Null(pair.Other));
        var constant = Run(new PrLsviOptions { Comparator = Comparator.Fixed }).Pairs;
        Assert.All(constant, pair => Assert.Same(constant[0].Other, pair.Other));
        Assert.Equal(0, Run(new PrLsviOptions { Query = QueryMode.Never }).Asked);
        Assert.InRange(Run(new PrLsviOptions { Query = QueryMode.Random, QueryProbability = 0.5 }).Asked, 7, 23);
        var always = Run(new PrLsviOptions { Query = QueryMode.Always });
        // Equal trajectories add nothing and are not asked about.
        Assert.Equal(always.Rounds.Count(round => round.Score > 0), always.Asked);
        using var line = JsonDocument.Parse(previous.Rounds[0].ToJsonLine());
        Assert.Equal(["round", "tau0", "tau1", "score", "queried", "preference", "theta_norm"], line.RootElement.EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public void Random_processes_are_linear_and_their_rewards_lie_in_range()
    {
        var process = SimplexLinearMdp.Create(RandomStream.Create(9, "test"));
        // The kernel factors through the features: its rank is at most d.
        var matrix = Matrix<double>.Build.Dense(32, 8, (pair, next) => process.Kernel.Row(pair / 4, pair % 4)[next]);
        Assert.True(matrix.Rank() <= 5);
        for (var pair = 0; pair < 32; pair++)
        {
            Assert.InRange(process.RewardOf(pair / 4, pair % 4), 0, SimplexLinearMdp.Scale);
            Assert.Equal(1, process.Features(pair / 4, pair % 4).ToArray().Sum(), 12);
        }
    }

    [Fact]
    public void Theory_constants_are_their_formulas()
    {
        // sigma'(0) = 1/4.
        Assert.Equal(4, PreferenceTheory.Kappa(0), 12);
        Assert.Equal(1 / (LogisticLink.Probability(3) * LogisticLink.Probability(-3)), PreferenceTheory.Kappa(3), 9);
        Assert.Equal(5, PreferenceTheory.Gamma(16, 3), 12);
        Assert.Equal(16 * 16 / 0.25, PreferenceTheory.QueryOrder(0.5, 2, 2), 9);
        Assert.True(PreferenceTheory.RegretOrder(0.1, 400, 5, 5, 10) > 1e6);
    }

    [Fact]
    public void Wrong_input_is_refused_by_name()
    {
        static string Refusal(Action act) => Assert.Throws<UsageException>(act).Message;
        var process = SimplexLinearMdp.Create(RandomStream.Create(1, "test"));
        string Options(PrLsviOptions options) => Refusal(() => _ = new PrLsvi(process, options, RandomStream.Create(0)));
        Assert.Contains("must be below the upper one", Options(new PrLsviOptions { LowerCutoff = 0.7, UpperCutoff = 0.7 }), StringComparison.Ordinal);
        Assert.Contains("'threshold'", Options(new PrLsviOptions { Threshold = -0.1 }), StringComparison.Ordinal);
        Assert.Contains("'rewardNoise'", Options(new PrLsviOptions { RewardNoise = -1 }), StringComparison.Ordinal);
        Assert.Contains("'transitionNoise'", Options(new PrLsviOptions { TransitionNoise = -1 }), StringComparison.Ordinal);
        Assert.Contains("'ridge'", Options(new PrLsviOptions { Ridge = 0 }), StringComparison.Ordinal);
        var fit = new LogisticRewardFit(2, 1, 1);
        Assert.Contains("preference is 2", Refusal(() => fit.Add([1, 0], 2)), StringComparison.Ordinal);
        Assert.Contains("equal length", Refusal(() => fit.Add([1], 1)), StringComparison.Ordinal);
        Assert.Equal(0, fit.Count);
        Assert.Contains("ridge above 0", Refusal(() => _ = new LogisticRewardFit(2, 0, 1)), StringComparison.Ordinal);
        var kernel = new TransitionKernel(1, 2, [1, 1]);
        Assert.Contains("at most 1", Refusal(() => _ = new LinearMdp(kernel, [1.5, 1], [1])), StringComparison.Ordinal);
        Assert.Equal([1, 2 / 3.0], Enumerable.Range(0, 2).Select(action => new LinearMdp(kernel, [1.5, 1], [1], rescale: true).Features(0, action)[0]));
        Assert.Contains("features", Refusal(() => _ = new LinearMdp(kernel, [1], [1])), StringComparison.Ordinal);
        Assert.Contains("one reward or more", Refusal(() => _ = new ParticleRewardPosterior([], 1, RandomStream.Create(0))), StringComparison.Ordinal);
        var oracle = new PreferenceOracle(RandomStream.Create(0), budget: 1);
        oracle.Ask(1);
        Assert.Contains("budget", Assert.Throws<BellmanException>(() => oracle.Ask(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reproduction_is_consistent()
    {
        var reproduction = PaperCatalog.Find("preference-randomization").CreateReproduction();
        Assert.NotEmpty(new ReproductionPlan(reproduction, ReproductionSize.Smoke).Cells);
        Assert.NotEmpty(new ReproductionPlan(reproduction, ReproductionSize.Default).Cells);
        Assert.NotEmpty(new ReproductionPlan(reproduction, ReproductionSize.Full).Cells);
    }
}
