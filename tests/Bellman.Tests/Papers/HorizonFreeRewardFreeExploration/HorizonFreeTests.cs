using Bellman.Algorithms.Linear;
using Bellman.Algorithms.Tabular;
using Bellman.Environments.Linear;
using Bellman.Experiments;
using Bellman.Papers;
using Bellman.Papers.HorizonFreeRewardFreeExploration;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace Bellman.Tests.Papers.HorizonFreeRewardFreeExploration;

/// <summary>The estimator's numbers, the recursions, exploration by outcome, and what is refused.</summary>
public sealed class HorizonFreeTests
{
    private static readonly double[][] Features = [[0.6, 0.2], [0.5, 0.1], [0.4, 0.05]];
    private static readonly double[][] Estimates = [[0.7, 0.5], [0.7, 0.5], [0.7, 0.5]];
    private static readonly double[][] Quarter = [[0.25, 0, 0, 0.25], [0.25, 0, 0, 0.25], [0.25, 0, 0, 0.25]];

    [Fact]
    public void Variances_are_the_largest_of_uncertainty_estimate_and_floor()
    {
        var variances = HighOrderMomentEstimator.Variances(Features, Estimates, Quarter, Quarter, 0.1, 0.25 * 0.25, 1 / Math.Sqrt(2));
        Assert.Equal([0.2236068, 0.2161458, 1], variances.Select(value => Math.Round(value, 7)));
        Assert.Equal([0.3162278, 0.2549510, 0.2015564], Features.Select(features => Math.Round(WeightedRidge.Norm(Quarter[0], features), 7)));
        // Without the epistemic term the estimated variance of order 0: var 0.1296 + E (0.0632456 + 0.0254951).
        var plain = HighOrderMomentEstimator.Variances(Features, Estimates, Quarter, Quarter, 0.1, 0.25 * 0.25, 0);
        Assert.Equal(0.1296 + 0.2 * 0.3162278 + 0.1 * 0.2549510, plain[0], 7);
        // The floor.
        Assert.Equal(0.9, HighOrderMomentEstimator.Variances(Features, Estimates, Quarter, Quarter, 0.1, 0.9, 1 / Math.Sqrt(2))[0]);
    }

    [Fact]
    public void The_epistemic_term_reads_the_running_inverse_and_the_error_the_frozen_one()
    {
        double[][] tiny = [[1e-12, 0, 0, 1e-12], [1e-12, 0, 0, 1e-12], [1e-12, 0, 0, 1e-12]];
        var frozenKnown = HighOrderMomentEstimator.Variances(Features, Estimates, Quarter, tiny, 0.1, 0.01, 1 / Math.Sqrt(2));
        Assert.Equal(0.2236068, frozenKnown[0], 6);
        var runningKnown = HighOrderMomentEstimator.Variances(Features, Estimates, tiny, Quarter, 0.1, 0.01, 1 / Math.Sqrt(2));
        Assert.Equal(0.1296 + 0.2 * 0.3162278 + 0.1 * 0.2549510, runningKnown[0], 6);
    }

    [Fact]
    public void Theory_constants_are_those_of_the_theorem()
    {
        Assert.Equal(14.4512, Math.Log2(7.0 * 200 * 16), 4);
        Assert.Equal(15, TheoryConstants.MomentOrders(200, 16));
        Assert.Equal(1.0 / 16, Math.Pow(TheoryConstants.Floor(16), 2), 12);
        Assert.Equal(0.5, TheoryConstants.EpistemicSquared(4), 12);
        Assert.Equal(4, TheoryConstants.Ridge(4, 1));
        Assert.Equal(897.00937, TheoryConstants.Radius(1, 4, 16, 1, 0.05), 5);
        Assert.Equal(1717.71177, TheoryConstants.Radius(200, 4, 16, 1, 0.05), 5);
    }

    [Fact]
    public void The_theorys_radius_warns_that_exploration_will_be_uniform() =>
        Assert.Contains("uniform", new RewardFreeAgent(LinearMixtureLock.Model, 8, new HorizonFreeOptions { RadiusMode = RadiusMode.Theory }, RandomStream.Create(0)).Warning, StringComparison.Ordinal);

    [Fact]
    public void The_lock_is_a_kernel_for_every_sign_and_worth_0_86()
    {
        for (var signs = 0; signs < 8; signs++)
        {
            var kernel = LinearMixtureLock.Model.Kernel([1, LinearMixtureLock.Sign(signs, 0), LinearMixtureLock.Sign(signs, 1), LinearMixtureLock.Sign(signs, 2)]);
            // The kernel's constructor refuses what is no distribution.
            Assert.Equal(LinearMixtureLock.States, kernel.StateCount);
        }
        var known = LinearMixtureLock.Model.Kernel([1, 1, 1, 1]);
        Assert.Equal(0.86, known.Row(LinearMixtureLock.Door, 7)[LinearMixtureLock.Good], 12);
        Assert.Equal(0.14, known.Row(LinearMixtureLock.Door, 0)[LinearMixtureLock.Good], 12);
        StepReward AtEnd(int horizon) => new(horizon, 8, 8, (step, state, _) => step == horizon - 1 && state == LinearMixtureLock.Good ? 1 : 0);
        Assert.Equal(0.86, FiniteHorizonPlanning.Optimal(known, AtEnd(7)).Value, 12);
        // Five moves, a draw, and the payment are seven steps.
        Assert.Equal(0, FiniteHorizonPlanning.Optimal(known, AtEnd(6)).Value, 12);
    }

    [Fact]
    public void The_lower_bounds_instance_pays_delta_zero_plus_mu_times_a()
    {
        var model = LowerBoundInstance.Create(4, 100);
        var spread = LowerBoundInstance.Spread(100);
        Assert.Equal(Math.Sqrt(1.0 / 6 / 100) / (4 * Math.Sqrt(2)), spread, 12);
        var kernel = model.Kernel([1, 1, -1, 1]);
        // Action 7 is (+1, +1, +1): mu.a = spread (1 - 1 + 1).
        Assert.Equal(1.0 / 6 + spread, kernel.Row(0, 7)[2], 12);
        Assert.Equal(1, kernel.Row(2, 3)[2], 12);
        Assert.Throws<UsageException>(() => LowerBoundInstance.Create(1, 100));
        Assert.Throws<UsageException>(() => LowerBoundInstance.Create(3, 0));
    }

    [Fact]
    public void Features_of_a_value_times_the_parameter_are_its_expectation()
    {
        double[] parameter = [1, -1, 1, 1];
        var kernel = LinearMixtureLock.Model.Kernel(parameter);
        var random = RandomStream.Create(3);
        double[] values = [.. Enumerable.Range(0, 8).Select(_ => random.NextDouble())];
        var features = new double[4];
        for (var state = 0; state < 8; state++)
        {
            for (var action = 0; action < 8; action++)
            {
                LinearMixtureLock.Model.Features(state, action, values, features);
                Assert.Equal(kernel.Expect(state, action, values), WeightedRidge.Dot(features, parameter), 12);
            }
        }
    }

    [Fact]
    public void Models_are_read_from_dense_and_from_sparse_archives()
    {
        using var folder = new Bellman.Tests.Experiments.TemporaryFolder();
        // One state, two actions, two bases: P = theta_0 * 1 for action 0, theta_1 * 1 for action 1.
        Write(folder.File("dense.npz"), ("phi", "<f8", "(2, 1, 2, 1)", Doubles(1, 0, 0, 1)), ("theta_star", "<f8", "(2,)", Doubles(1, 1)));
        Write(folder.File("sparse.npz"), ("phi_index", "<i4", "(2, 4)", Integers(0, 0, 0, 0, 1, 0, 1, 0)), ("phi_value", "<f8", "(2,)", Doubles(1, 1)), ("theta_star", "<f8", "(2,)", Doubles(1, 1)));
        foreach (var file in new[] { "dense.npz", "sparse.npz" })
        {
            var (model, parameter) = LinearMixtureModel.ReadNpz(folder.File(file));
            Assert.Equal((2, 1, 2), (model.Dimension, model.StateCount, model.ActionCount));
            Assert.Equal([1.0, 1.0], parameter ?? []);
            var features = new double[2];
            model.Features(0, 1, [0.5], features);
            Assert.Equal([0, 0.5], features);
        }
        Write(folder.File("wrong.npz"), ("phi", "<f8", "(2, 1, 2, 1)", Doubles(1, 0, 0, 1)), ("theta_star", "<f8", "(2,)", Doubles(1, 0.5)));
        Assert.Contains("must be a distribution", Assert.Throws<UsageException>(() => LinearMixtureModel.ReadNpz(folder.File("wrong.npz"))).Message, StringComparison.Ordinal);
        Write(folder.File("flat.npz"), ("phi", "<f8", "(4,)", Doubles(1, 0, 0, 1)));
        Assert.Contains("[d, S, A, S]", Assert.Throws<UsageException>(() => LinearMixtureModel.ReadNpz(folder.File("flat.npz"))).Message, StringComparison.Ordinal);

        static byte[] Doubles(params double[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
        static byte[] Integers(params int[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
        static void Write(string path, params (string Name, string Kind, string Shape, byte[] Data)[] arrays)
        {
            using var archive = System.IO.Compression.ZipFile.Open(path, System.IO.Compression.ZipArchiveMode.Create);
            foreach (var (name, kind, shape, data) in arrays)
            {
                var header = $"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n";
                using var stream = archive.CreateEntry(name + ".npy").Open();
                stream.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(header), .. data]);
            }
        }
    }

    [Fact]
    public void Weighted_ridge_is_the_closed_form_and_its_running_inverse_is_the_inverse()
    {
        var (ridge, random) = (new WeightedRidge(3, 0.5), RandomStream.Create(1));
        var (sigma, moments) = (Matrix<double>.Build.DenseDiagonal(3, 3, 0.5), Vector<double>.Build.Dense(3));
        for (var i = 0; i < 50; i++)
        {
            double[] x = [random.NextGaussian(), random.NextGaussian(), random.NextGaussian()];
            var (y, weight) = (random.NextGaussian(), random.NextUniform(0.1, 5));
            ridge.Add(x, y, weight);
            var vector = Vector<double>.Build.Dense(x);
            sigma += weight * vector.OuterProduct(vector);
            moments += weight * y * vector;
        }
        var expected = sigma.Inverse();
        Assert.Equal(expected.ToRowMajorArray(), ridge.Inverse.ToArray(), (a, b) => Math.Abs(a - b) < 1e-10);
        Assert.Equal((expected * moments).ToArray(), ridge.Estimate(), (a, b) => Math.Abs(a - b) < 1e-10);
        ridge.Refresh();
        Assert.Equal(expected.ToRowMajorArray(), ridge.Inverse.ToArray(), (a, b) => Math.Abs(a - b) < 1e-10);
        var factor = Matrix<double>.Build.DenseOfRowMajor(3, 3, WeightedRidge.Factor(ridge.Inverse, 3));
        Assert.Equal(expected.ToRowMajorArray(), (factor * factor.Transpose()).ToRowMajorArray(), (a, b) => Math.Abs(a - b) < 1e-10);
        Assert.Throws<UsageException>(() => new WeightedRidge(0, 1));
        Assert.Throws<UsageException>(() => new WeightedRidge(2, 0));
    }

    [Fact]
    public void Uncertainty_values_are_cut_off_at_one_and_grow_with_the_horizon_without()
    {
        double[] identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
        static double Always(int step, int state, int action) => 1.0 / 32;
        double[] parameter = [1, 0, 0, 0];
        var cut = new UncertaintyModel(LinearMixtureLock.Model, 32, 0.3, identity, identity).Maximise(parameter, Always, RandomStream.Create(1));
        var free = new UncertaintyModel(LinearMixtureLock.Model, 32, 0.3, identity, identity, truncate: false).Maximise(parameter, Always, RandomStream.Create(1));
        Assert.All(cut.Uncertainties.SelectMany(row => row), value => Assert.InRange(value, 0, 1));
        Assert.All(cut.Values.SelectMany(row => row), value => Assert.InRange(value, 0, 1));
        Assert.True(free.UncertaintyFrom(0) > 100);
    }

    [Fact]
    public void The_recursion_reads_the_next_steps_value_by_hand()
    {
        // One state, one action, d = 1: phi_V = V. Sigma^-1 = 1, beta = 0.1, theta = 1, r = 0.2 a step, H = 2.
        var model = new LinearMixtureModel(1, 1, 1, (_, _, _, _) => 1);
        var plan = new UncertaintyModel(model, 2, 0.1, [1], [1]).Follow([[0], [0]], [1], (_, _, _) => 0.2);
        Assert.Equal(0.2, plan.Values[1][0], 12);
        Assert.Equal(0.4, plan.Values[0][0], 12);
        // Step 2: V and U beyond are 0. Step 1: u = 0.1 * 0.2, and U of step 2 is 0.
        Assert.Equal(0, plan.Uncertainties[1][0], 12);
        Assert.Equal(0.02, plan.Uncertainties[0][0], 12);
        // With a third step: u = 0.1 * 0.4, ahead = 2 * 0.1 * 0.02 + 0.02.
        var longer = new UncertaintyModel(model, 3, 0.1, [1], [1]).Follow([[0], [0], [0]], [1], (_, _, _) => 0.2);
        Assert.Equal(0.04 + 0.004 + 0.02, longer.Uncertainties[0][0], 12);
    }

    [Fact]
    public void Trying_every_policy_never_finds_less_than_the_library()
    {
        // Two states, two actions, two bases that disagree about where action 1 leads.
        var model = new LinearMixtureModel(2, 2, 2, (index, state, action, next) => action == 0 ? (index == 0 && next == state ? 1 : 0) : (next == index ? 0.5 : 0.5));
        for (ulong seed = 0; seed < 20; seed++)
        {
            var question = new ExplorationQuestion(new UncertaintyModel(model, 4, 0.3, [1, 0, 0, 1], [1, 0, 0, 1]), [0.5, 0.5], [1, 0, 0, 1], 0.3, _ => true);
            // The same stream draws the same candidates as long as ties do not draw.
            var library = new LibraryOracle(6, randomTies: false).Choose(question, RandomStream.Create(seed));
            var all = new ExhaustiveOracle(6).Choose(question, RandomStream.Create(seed));
            Assert.True(all.UncertaintyFrom(0) >= library.UncertaintyFrom(0) - 1e-12);
        }
        var large = new ExplorationQuestion(new UncertaintyModel(LinearMixtureLock.Model, 8, 0.3, new double[16], new double[16]), new double[4], new double[16], 0.3, _ => true);
        Assert.Contains("64 decisions", Assert.Throws<UsageException>(() => new ExhaustiveOracle(1).Choose(large, RandomStream.Create(0))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_agent_learns_the_lock_and_plans_optimally_where_uniform_exploration_does_not()
    {
        double[] parameter = [1, 1, -1, -1];
        var kernel = LinearMixtureLock.Model.Kernel(parameter);
        var reward = new StepReward(8, 8, 8, (step, state, _) => step == 7 && state == LinearMixtureLock.Good ? 1 : 0);
        double Gap(HorizonFreeOptions options, ulong seed)
        {
            var agent = new RewardFreeAgent(LinearMixtureLock.Model, 8, options with { Episodes = 100, Bound = 2, Library = 8 }, RandomStream.Create(seed));
            agent.Explore(new KernelEnvironment(kernel, 8));
            var policy = agent.Plan(reward);
            return FiniteHorizonPlanning.Optimal(kernel, reward).Value - FiniteHorizonPlanning.Evaluate(kernel, reward, (step, state) => policy[step][state]);
        }
        // A wrong sign of one component costs 0.24.
        Assert.All(new ulong[] { 1, 2, 3 }, seed => Assert.True(Gap(new HorizonFreeOptions(), seed) < 0.1));
        Assert.True(new ulong[] { 1, 2, 3 }.Average(seed => Gap(new HorizonFreeOptions { Explorer = Explorer.Uniform }, seed)) > 0.1);
        Assert.Equal(Gap(new HorizonFreeOptions(), 1), Gap(new HorizonFreeOptions(), 1));
    }

    [Fact]
    public void The_predecessor_explores_and_plans_too()
    {
        var kernel = LinearMixtureLock.Model.Kernel([1, 1, 1, 1]);
        var agent = new UcrlRfeAgent(LinearMixtureLock.Model, 8, new HorizonFreeOptions { Bound = 2 }, RandomStream.Create(1));
        var visits = 0;
        for (var episode = 0; episode < 100; episode++) { visits += agent.ExploreEpisode(new KernelEnvironment(kernel, 8)).Count(state => state == LinearMixtureLock.Door); }
        // Random play comes by about 3 times in 100.
        Assert.True(visits > 60);
        Assert.Equal(8, agent.Plan(new StepReward(8, 8, 8, (_, _, _) => 0)).Length);
    }

    [Fact]
    public void Rewards_outside_the_class_are_refused()
    {
        var agent = new RewardFreeAgent(LinearMixtureLock.Model, 8, new HorizonFreeOptions(), RandomStream.Create(0));
        string Refusal(Func<int, int, int, double> reward) => Assert.Throws<UsageException>(() => agent.Plan(new StepReward(8, 8, 8, reward))).Message;
        Assert.Contains("must not be negative", Refusal((_, _, _) => -0.1), StringComparison.Ordinal);
        Assert.Contains("at most 1 on every trajectory", Refusal((_, _, _) => 0.2), StringComparison.Ordinal);
        // Half in the first state and in F: no trajectory of eight steps is paid twice in F but F absorbs, so it is.
        Assert.Contains("at most 1", Refusal((_, state, _) => state == LinearMixtureLock.Fail ? 0.6 : 0), StringComparison.Ordinal);
        Assert.Contains("must be finite", Refusal((_, _, _) => double.NaN), StringComparison.Ordinal);
        // One payment in G's last step, and as much in F's: never both.
        agent.Plan(new StepReward(8, 8, 8, (step, state, _) => step == 7 && state >= LinearMixtureLock.Good ? 1 : 0));
        Assert.Contains("steps", Assert.Throws<UsageException>(() => agent.Plan(new StepReward(4, 8, 8, (_, _, _) => 0))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Malformed_models_and_options_are_refused()
    {
        static string Refusal(Action act) => Assert.Throws<UsageException>(act).Message;
        Assert.Contains("d = 0", Refusal(() => _ = new LinearMixtureModel(0, 1, 1, (_, _, _, _) => 1)), StringComparison.Ordinal);
        Assert.Contains("finite number", Refusal(() => _ = new LinearMixtureModel(1, 1, 1, (_, _, _, _) => double.NaN)), StringComparison.Ordinal);
        Assert.Contains("must be a distribution", Refusal(() => LinearMixtureLock.Model.Kernel([0.5, 0, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("4 base kernels", Refusal(() => LinearMixtureLock.Model.Kernel([1, 1])), StringComparison.Ordinal);
        Assert.Contains("horizon is 0", Refusal(() => _ = new RewardFreeAgent(LinearMixtureLock.Model, 0, new HorizonFreeOptions(), RandomStream.Create(0))), StringComparison.Ordinal);
        Assert.Contains("'bound'", Refusal(() => _ = new RewardFreeAgent(LinearMixtureLock.Model, 8, new HorizonFreeOptions { Bound = 0 }, RandomStream.Create(0))), StringComparison.Ordinal);
        Assert.Contains("'failureProbability'", Refusal(() => _ = new RewardFreeAgent(LinearMixtureLock.Model, 8, new HorizonFreeOptions { FailureProbability = 1 }, RandomStream.Create(0))), StringComparison.Ordinal);
        Assert.Contains("Give both the same", Refusal(() => new RewardFreeAgent(LinearMixtureLock.Model, 8, new HorizonFreeOptions(), RandomStream.Create(0)).ExploreEpisode(new KernelEnvironment(LowerBoundInstance.Create(3, 10).Kernel([1, 1, 1]), 8))), StringComparison.Ordinal);
        Assert.Contains("no file", Refusal(() => LinearMixtureModel.ReadNpz("missing.npz")), StringComparison.Ordinal);
        Assert.Contains("needs 4 probabilities", Refusal(() => _ = new TransitionKernel(2, 1, [1])), StringComparison.Ordinal);
    }

    [Fact]
    public void The_reproduction_is_consistent()
    {
        var reproduction = PaperCatalog.Find("horizon-free-rfe").CreateReproduction();
        Assert.NotEmpty(new ReproductionPlan(reproduction, ReproductionSize.Smoke).Cells);
        Assert.NotEmpty(new ReproductionPlan(reproduction, ReproductionSize.Default).Cells);
        Assert.NotEmpty(new ReproductionPlan(reproduction, ReproductionSize.Full).Cells);
    }
}
