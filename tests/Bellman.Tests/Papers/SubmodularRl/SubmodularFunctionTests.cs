using Bellman.Environments;
using Bellman.Environments.Submodular;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Papers.SubmodularRl;

/// <summary>The set functions: numbers, diminishing returns, what is refused.</summary>
public sealed class SubmodularFunctionTests
{
    public static TheoryData<string> Names => ["coverage", "items", "information", "information-repeats", "legacy", "facility", "progress", "area"];

    [Fact]
    public void Coverage_of_a_2x2_footprint_gains_4_2_2_0_0_while_its_modular_reward_pays_every_visit()
    {
        var function = new WeightedCoverage([.. Enumerable.Repeat(1.0, 9)], [.. Enumerable.Range(0, 9).Select(cell => GridFootprint.Block(3, 3, cell))]);
        int[] path = [0, 1, 4, 4, 8];
        var batch = new SetEvaluatorBatch(function);
        batch.Reset(1);
        double[] gain = [0], reward = [0];
        var (gains, rewards) = (new List<double>(), new List<double>());
        foreach (var cell in path)
        {
            batch.Gain([cell], gain);
            batch.Modular([cell], reward);
            gains.Add(gain[0]);
            rewards.Add(reward[0]);
        }
        Assert.Equal([4, 2, 2, 0, 0], gains);
        Assert.Equal([4, 4, 4, 4, 1], rewards);
        Assert.Equal([8], batch.Values);
    }

    [Fact]
    public void Footprints_are_clipped_at_the_border()
    {
        Assert.Equal([0, 1, 3, 4], GridFootprint.Block(3, 3, 0));
        Assert.Equal([8], GridFootprint.Block(3, 3, 8));
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8], GridFootprint.Large(3, 3, 0));
        Assert.Equal([5, 8], GridFootprint.Large(3, 3, 5));
    }

    [Fact]
    public void Information_of_two_correlated_places_has_the_known_numbers()
    {
        double[,] covariance = { { 1, 0.5 }, { 0.5, 1 } };
        var distinct = new InformationGain(covariance, 0.1).CreateEvaluator();
        Assert.Equal(1.19894764, distinct.Add(0), 8);
        Assert.Equal(1.08322646, distinct.Add(1), 8);
        Assert.Equal(2.28217410, distinct.Value, 8);
        Assert.Equal(0, distinct.Add(0));
        var stamped = new InformationGain(covariance, 0.1, repeats: true).CreateEvaluator();
        stamped.Add(0);
        Assert.Equal(0.32331358, stamped.Add(0), 8);
    }

    [Fact]
    public void Information_equals_half_the_log_determinant_computed_from_the_matrix()
    {
        var covariance = SubmodularTasks.Covariance(3, 3, spacing: 1, length: 2);
        int[] elements = [4, 0, 8, 5];
        var matrix = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.Dense(4, 4, (i, j) => (i == j ? 1 : 0) + covariance[elements[i], elements[j]] / 0.1);
        Assert.Equal(0.5 * Math.Log(matrix.Determinant()), SubmodularChecks.ValueOf(new InformationGain(covariance, 0.1), elements), 9);
        var plain = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.Dense(4, 4, (i, j) => (i == j ? 1e-6 : 0) + covariance[elements[i], elements[j]]);
        Assert.Equal(0.5 * Math.Log(plain.Determinant()) + 4 * 9.965784, SubmodularChecks.ValueOf(new InformationGain(covariance, 0.1, form: LogDetForm.LegacyLogDet), elements), 7);
    }

    [Fact]
    public void Items_count_distinct_cells_up_to_their_demand()
    {
        var evaluator = new ItemCollection(6, [[0, 1, 2], [2, 5]], [2, 1]).CreateEvaluator();
        Assert.Equal(1, evaluator.Add(0));
        Assert.Equal(0, evaluator.Add(0));
        Assert.Equal(2, evaluator.Add(2));
        Assert.Equal(0, evaluator.Add(1));
        Assert.Equal(0, evaluator.Add(5));
        Assert.Equal(3, evaluator.Value);
    }

    [Fact]
    public void Area_cells_are_found_by_their_place_and_stamps_stay_in_the_square()
    {
        var area = new AreaCoverage();
        // floor((x + 20) / 0.4)
        Assert.Equal(50 * 100 + 50, area.ElementAt(0.1, 0.1));
        Assert.Null(area.ElementAt(20.1, 0));
        Assert.Equal(2.5, area.Function.Modular(0), 12);
        Assert.Equal(0.1, area.Function.Modular(9999), 12);
        Assert.Equal(0.5, area.Function.CreateEvaluator() is var seen && seen.Add(0) > 0 ? seen.Add(1) : 0, 12);
    }

    [Theory, MemberData(nameof(Names))]
    public void Gains_telescope_to_the_value_of_the_set_on_trajectories_with_revisits(string name)
    {
        var (function, random) = (Create(name), RandomStream.Create(3));
        for (var trial = 0; trial < 100; trial++)
        {
            var path = Enumerable.Range(0, 12).Select(_ => random.NextInt32(function.ElementCount)).ToArray();
            var evaluator = function.CreateEvaluator();
            var sum = 0.0;
            foreach (var element in path)
            {
                var expected = evaluator.Gain(element);
                var gained = evaluator.Add(element);
                Assert.Equal(expected, gained, 12);
                sum += gained;
            }
            Assert.Equal(sum, evaluator.Value, 9);
            // The order does not matter, and without repeated looks revisits do not either.
            var set = name == "information-repeats" ? [.. path.Reverse()] : path.Distinct().Order().ToArray();
            Assert.Equal(sum, SubmodularChecks.ValueOf(function, set), 9);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Thousand_random_sets_show_monotone_and_diminishing_gains(string name) =>
        Assert.Null(SubmodularChecks.Find(Create(name), 1000, RandomStream.Create(4)));

    [Theory, MemberData(nameof(Names))]
    public void A_copy_and_a_restored_evaluator_continue_as_the_original_and_leave_it_alone(string name)
    {
        var function = Create(name);
        var original = function.CreateEvaluator();
        foreach (var element in new[] { 1, 3, 1, 0 }) { original.Add(element); }
        var (copy, restored) = (original.Copy(), function.CreateEvaluator());
        MemoryState.Save(original).Load(restored);
        var value = original.Value;
        var gain = copy.Add(2);
        Assert.Equal(value, original.Value);
        Assert.Equal(gain, restored.Add(2), 12);
        Assert.Equal(gain, original.Gain(2), 12);
        original.Reset();
        Assert.Equal(0, original.Value);
        Assert.Equal(function.Modular(2), original.Add(2), 12);
    }

    [Fact]
    public void A_function_with_increasing_returns_is_found_out_with_the_sets_that_show_it()
    {
        var violation = SubmodularChecks.Find(new Squared(decreasing: false), 100, RandomStream.Create(1));
        Assert.Contains("not submodular", violation?.ToString());
        Assert.Contains("not monotone", SubmodularChecks.Find(new Squared(decreasing: true), 100, RandomStream.Create(1))?.ToString());
    }

    [Fact]
    public void Curvature_is_0_for_an_additive_function_and_1_where_an_element_becomes_worthless()
    {
        var additive = new WeightedCoverage([1, 2, 3], [[0], [1], [2]]);
        Assert.Equal(0, SubmodularChecks.CurvatureOf(additive, [0, 1, 2]), 12);
        var overlapping = new WeightedCoverage([1, 1, 1], [[0, 1], [1, 2], [0, 1, 2]]);
        Assert.Equal(1, SubmodularChecks.CurvatureOf(overlapping, [0, 1, 2]), 12);
        // F(0 | {1}) / F(0) = 1/2
        Assert.Equal(0.5, SubmodularChecks.CurvatureOf(overlapping, [0, 1]), 12);
        Assert.Throws<UsageException>(() => SubmodularChecks.CurvatureOf(additive, []));
    }

    [Fact]
    public void Brute_force_and_the_greedy_bound_enclose_each_other_on_random_coverages()
    {
        var random = RandomStream.Create(9);
        for (var trial = 0; trial < 20; trial++)
        {
            var function = new WeightedCoverage([.. Enumerable.Range(0, 8).Select(_ => random.NextDouble())],
                [.. Enumerable.Range(0, 6).Select(_ => Enumerable.Range(0, 3).Select(_ => random.NextInt32(8)).ToArray())]);
            var (greedy, bound) = SubmodularChecks.Greedy(function, 3);
            var (optimum, elements) = SubmodularChecks.BruteForce(function, 3);
            Assert.InRange(optimum, greedy - 1e-12, bound + 1e-12);
            Assert.True(greedy >= (1 - Math.Exp(-1)) * optimum - 1e-12);
            Assert.Equal(optimum, SubmodularChecks.ValueOf(function, elements), 12);
        }
        Assert.Contains("sequences", Assert.Throws<UsageException>(() => SubmodularChecks.BruteForce(Create("coverage"), 12)).Message);
    }

    [Fact]
    public void What_cannot_be_a_submodular_instance_is_refused_in_words()
    {
        Assert.Contains("weight of element 1 is -2", Refusal(() => new WeightedCoverage([1, -2], [[0], [1]])));
        Assert.Contains("covers cell 5", Refusal(() => new WeightedCoverage([1, 1], [[0], [5]])));
        Assert.Contains("noise variance is 0", Refusal(() => new InformationGain(new double[,] { { 1 } }, 0)));
        Assert.Contains("not symmetric", Refusal(() => new InformationGain(new double[,] { { 1, 0.5 }, { 0.1, 1 } }, 1)));
        Assert.Contains("square", Refusal(() => new InformationGain(new double[,] { { 1, 0.5 } }, 1)));
        Assert.Contains("LegacyLogDet", Refusal(() => new InformationGain(new double[,] { { 1 } }, 1, repeats: true, form: LogDetForm.LegacyLogDet)));
        Assert.Contains("lies on cell 9", Refusal(() => new ItemCollection(3, [[9]], [1])));
        Assert.Contains("one demand", Refusal(() => new ItemCollection(3, [[1]], [1, 2])));
        Assert.Contains("demand for items of type 0 is -1", Refusal(() => new ItemCollection(3, [[1]], [-1])));
        Assert.Contains("weight of element 0", Refusal(() => new FacilityLocation(new double[,] { { -1 } })));
        Assert.Contains("horizon is 1", Refusal(() => new GridWalk(new GridWalkOptions { Rows = 2, Columns = 2, Horizon = 1 })));
        Assert.Contains("start is cell 4", Refusal(() => new GridWalk(new GridWalkOptions { Rows = 2, Columns = 2, Horizon = 5, Start = 4 })));
        Assert.Contains("noise is 1.5", Refusal(() => new GridWalk(new GridWalkOptions { Rows = 2, Columns = 2, Horizon = 5, Noise = 1.5 })));
        Assert.Contains("IElementEnvironment", Refusal(() => new MarginalGainReward(new CartPole(), Create("coverage"))));
    }

    [Fact]
    public void A_demand_beyond_what_exists_is_a_warning_with_its_reason()
    {
        var warning = Assert.Single(new ItemCollection(3, [[0, 1]], [5]).Warnings);
        Assert.Contains("only 2 exist", warning);
    }

    private static string Refusal(Func<object> create) => Assert.Throws<UsageException>(create).Message;

    private static ISubmodularFunction Create(string name) => name switch
    {
        "coverage" => SubmodularTasks.Bumps().Function,
        "items" => SubmodularTasks.Items(RandomStream.Create(7)).Function,
        "information" => new InformationGain(SubmodularTasks.Covariance(3, 4, 1, 2), 0.1),
        "information-repeats" => new InformationGain(SubmodularTasks.Covariance(3, 4, 1, 2), 0.1, repeats: true),
        "legacy" => new InformationGain(SubmodularTasks.Covariance(3, 3, 1, 2), 0.1, form: LogDetForm.LegacyLogDet),
        "facility" => new FacilityLocation(SubmodularTasks.Covariance(4, 4, 1, 1)),
        "progress" => new ProgressCoverage([0, 1, 2.5, 4, 8, 3]),
        _ => new AreaCoverage(cells: 6, half: 3, stamp: 2).Function,
    };

    /// <summary>|X|^2, whose gains grow, or its negative.</summary>
    private sealed class Squared(bool decreasing) : ISubmodularFunction, ISetEvaluator
    {
        private readonly HashSet<int> seen = [];

        public int ElementCount => 5;

        public double Value => (decreasing ? -1 : 1) * seen.Count * seen.Count;

        public ISetEvaluator CreateEvaluator() => new Squared(decreasing);

        public double Modular(int element) => decreasing ? -1 : 1;

        public void Reset() => seen.Clear();

        public double Gain(int element) => seen.Contains(element) ? 0 : (decreasing ? -1 : 1) * (2 * seen.Count + 1);

        public double Add(int element)
        {
            var gain = Gain(element);
            seen.Add(element);
            return gain;
        }

        public ISetEvaluator Copy() => throw new NotSupportedException();

        public void Exchange(StateExchange state) { }
    }
}
