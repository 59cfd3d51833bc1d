using Bellman.Environments.RestlessBandits;
using Bellman.Papers.CombinatorialRestlessBandits;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Papers.CombinatorialRestlessBandits;

/// <summary>The arms, the four families of constraints, exact planning.</summary>
public sealed class RestlessBanditTests
{
    public static TheoryData<RestlessBanditFamily> Families => [.. Enum.GetValues<RestlessBanditFamily>()];

    [Theory]
    [InlineData(true, new[] { 0.195, 0.190, 0.635, 0.590 }, new[] { 0.160, 0.120, 4.03, 4.02 })]
    [InlineData(false, new[] { 0.105, 0.110, 0.335, 0.380 }, new[] { 0.140, 0.180, 1.63, 1.64 })]
    public void One_arm_pays_the_known_expected_rewards(bool delayed, double[] passive, double[] active)
    {
        double[] rewards = delayed ? [0.2, 0.15, 0.1, 5] : [0.1, 0.15, 0.2, 2];
        var instance = new RestlessBanditInstance([rewards], [(0.1, 0.8)], new CapacityActions([3], [2]));
        for (var state = 0; state < 4; state++)
        {
            Assert.Equal(passive[state], instance.ExpectedReward([state], [0]), 9);
            Assert.Equal(active[state], instance.ExpectedReward([state], [1]), 9);
        }
    }

    [Theory]
    [InlineData(0.9, 1.6, 10, 0, 0.01)]
    [InlineData(0.9, 1.6, 10, 3, 0.01479887)]
    [InlineData(0.9, 1.6, 10, 6, 0.36391744)]
    [InlineData(0.9, 1.6, 10, 9, 0.88126268)]
    [InlineData(0.3, 1, 2, 0, 0.01)]
    [InlineData(0.3, 1, 2, 3, 0.18988556)]
    [InlineData(0.3, 1, 2, 6, 0.26366640)]
    public void The_link_of_interventions_has_the_known_values(double ceiling, double slope, double threshold, double z, double expected) =>
        Assert.Equal(expected, new ResponseLink(ceiling, slope, threshold).Probability(z), 8);

    [Theory, MemberData(nameof(Families))]
    public void Samples_are_feasible_and_listed_and_lists_hold_no_action_twice(RestlessBanditFamily family)
    {
        for (var instance = 0; instance < 5; instance++)
        {
            var random = RandomStream.Create((ulong)instance, "family");
            var actions = Draw(family, random).Actions;
            var listed = actions.Enumerate().Select(action => string.Concat(action)).ToList();
            Assert.Equal(listed.Count, listed.Distinct().Count());
            var sample = new float[actions.Size];
            for (var i = 0; i < 50; i++)
            {
                actions.SampleFeasible(random, sample);
                Assert.True(actions.IsFeasible(sample));
                Assert.Contains(string.Concat(sample), listed);
            }
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void The_linear_rows_allow_exactly_the_listed_actions(RestlessBanditFamily family)
    {
        var random = RandomStream.Create(3, "rows");
        var actions = Draw(family, random).Actions;
        var listed = actions.Enumerate().Select(action => string.Concat(action)).ToHashSet();
        using var program = new MixedIntegerProgram(actions.Constraints(), new ProgramOptions());
        program.Objective.SetMinimization();
        var rows = Enumerable.Range(0, actions.Size).Select(j =>
        {
            var row = program.AddConstraint(0, 1);
            row.SetCoefficient(program.Binaries[j], 1);
            return row;
        }).ToArray();
        for (var trial = 0; trial < 40; trial++)
        {
            var action = Enumerable.Range(0, actions.Size).Select(_ => random.NextBoolean(0.35) ? 1f : 0f).ToArray();
            if (trial % 2 == 0) { actions.SampleFeasible(random, action); }
            for (var j = 0; j < rows.Length; j++) { rows[j].SetBounds(action[j], action[j]); }
            Assert.Equal(listed.Contains(string.Concat(action)), program.Solve().Status == ProgramStatus.Optimal);
            Assert.Equal(listed.Contains(string.Concat(action)), actions.IsFeasible(action));
        }
    }

    [Fact]
    public void Distinct_workers_forbid_one_worker_in_two_slots()
    {
        bool[][] arm = [[true, true]], one = [[true, true]];
        Assert.True(new ScheduleActions(arm, one, 1).IsFeasible([1]));
        Assert.False(new ScheduleActions(arm, one, 1, distinctWorkers: true).IsFeasible([1]));
        Assert.True(new ScheduleActions(arm, [.. one, .. one], 1, distinctWorkers: true).IsFeasible([1]));
        using var program = new MixedIntegerProgram(new ScheduleActions(arm, one, 1, distinctWorkers: true).Constraints(), new ProgramOptions());
        program.Objective.SetCoefficient(program.Binaries[0], 1);
        program.Objective.SetMaximization();
        Assert.Equal(0, program.Solve().Objective, 9);
    }

    [Fact]
    public void Walks_visit_what_lies_within_reach_of_the_depot()
    {
        // 0 - 1 - 2 - 3 in a row; four steps reach station 2 and come back.
        var path = new PathActions(4, [(0, 1), (1, 2), (2, 3)], depot: 0, budget: 2);
        Assert.Equal(4, path.Length);
        Assert.True(path.IsFeasible([0, 1, 1, 0]));
        Assert.True(path.IsFeasible([1, 1, 0, 0]));
        Assert.False(path.IsFeasible([0, 0, 0, 1]));
        Assert.False(path.IsFeasible([1, 1, 1, 0]));
    }

    [Fact]
    public void Planning_arm_by_arm_equals_planning_over_joint_outcomes()
    {
        var instance = RestlessBanditFamilies.Draw(RestlessBanditFamily.Capacity, 3, 2, RandomStream.Create(4));
        var fast = ExactPlanner.Values(instance, 4, 0.9);
        var slow = new double[64];
        for (var step = 0; step < 4; step++) { slow = [.. Enumerable.Range(0, 64).Select(code => instance.Actions.Enumerate().Max(action => Backup(instance, slow, code, action)))]; }
        Play.Near(slow, fast, 1e-6);
        // Doing better with more time, and at least as well as always doing nothing.
        Assert.True(ExactPlanner.AverageReward(instance, 15) > SequoiaEvaluation.AverageReward(instance, new NullChoice(instance), 100, 15, RandomStream.Create(1), TestContext.Current.CancellationToken));
        Assert.False(ExactPlanner.Fits(12, 20));
        Assert.Contains("too many", Refusal(() => ExactPlanner.Values(Draw(RestlessBanditFamily.Interventions, RandomStream.Create(1)), 1, 1)));
    }

    [Fact]
    public void Interventions_hold_good_and_bad_groups_apart()
    {
        var instance = Draw(RestlessBanditFamily.Interventions, RandomStream.Create(2));
        var weights = instance.Weights ?? [];
        Assert.All(weights, row => Assert.All(row, weight => Assert.True(weight is 0 or 3)));
        // Three interventions share three good arms (6 to 11), the other three three of the rest.
        var good = Enumerable.Range(0, 6).Where(i => weights.Skip(6).Any(row => row[i] > 0)).ToArray();
        Assert.Equal(3, good.Length);
        Assert.All(weights.Take(6), row => Assert.All(good, i => Assert.Equal(0, row[i])));
        Assert.Equal(3, weights.Skip(6).Count(row => row.Sum() == 9));
        Assert.Contains("do not fit", Refusal(() => RestlessBanditFamilies.Draw(RestlessBanditFamily.Interventions, 5, 3, RandomStream.Create(1))));
        Assert.Equal(20, RestlessBanditFamilies.Draw(RestlessBanditFamily.Interventions, 20, 5, RandomStream.Create(1), 10).Arms);
    }

    [Fact]
    public void An_instance_comes_back_from_its_JSON()
    {
        var instance = RestlessBanditFamilies.Draw(RestlessBanditFamily.Capacity, 4, 2, RandomStream.Create(6));
        var back = RestlessBanditInstance.FromJson(instance.ToJson());
        Assert.Equal(instance.ExpectedReward([0, 1, 2, 3], [1, 0, 1, 0]), back.ExpectedReward([0, 1, 2, 3], [1, 0, 1, 0]));
        Assert.Equal(instance.Actions.Enumerate().Count, back.Actions.Enumerate().Count);
        Assert.Contains("state_rewards", Refusal(() => RestlessBanditInstance.FromJson("{}")));
        Assert.Contains("no instance", Refusal(() => RestlessBanditInstance.FromJson("{")));
    }

    [Fact]
    public void The_London_Underground_gives_walks_between_its_stations()
    {
        var folder = Find("london-tube");
        Assert.SkipWhen(folder is null, "The London Underground's files (london-tube) are in no data folder above this one.");
        var path = RestlessBanditFamilies.Tube(Path.Combine(folder ?? "", "london_stations.csv"), Path.Combine(folder ?? "", "london_connections.csv"), 20, 3);
        Assert.Equal(20, path.Size);
        Assert.True(path.Edges.Count >= 19);
        var random = RandomStream.Create(1);
        var instance = RestlessBanditFamilies.Pulled(path, 3, random);
        using var myopic = new MyopicOracle(instance, new ProgramOptions());
        var (best, sample) = (new float[20], new float[20]);
        var states = Enumerable.Range(0, 20).Select(_ => random.NextInt32(4)).ToArray();
        myopic.Choose(states, best);
        Assert.True(path.IsFeasible(best));
        for (var i = 0; i < 200; i++)
        {
            path.SampleFeasible(random, sample);
            Assert.True(path.IsFeasible(sample));
            Assert.True(instance.ExpectedReward(states, sample) <= instance.ExpectedReward(states, best) + 1e-6);
        }
        Assert.Contains("no station", Refusal(() => RestlessBanditFamilies.Tube(Path.Combine(folder ?? "", "london_stations.csv"), Path.Combine(folder ?? "", "london_connections.csv"), 20, 3, "Atlantis")));
    }

    [Fact]
    public void What_is_no_instance_is_refused_in_words()
    {
        var capacity = new CapacityActions([2], [2]);
        Assert.Contains("capacity -1", Refusal(() => new CapacityActions([-1], [2])));
        Assert.Contains("costs -3", Refusal(() => new CapacityActions([2], [-3])));
        Assert.Contains("probability 0.1 or 1.5", Refusal(() => new RestlessBanditInstance([[1, 2, 3, 4]], [(0.1, 1.5)], capacity)));
        Assert.Contains("4 finite rewards", Refusal(() => new RestlessBanditInstance([[1, 2, 3]], [(0.1, 0.5)], capacity)));
        Assert.Contains("disconnected", Refusal(() => new PathActions(3, [(1, 2)], depot: 0, budget: 2)));
        Assert.Contains("does not join", Refusal(() => new PathActions(3, [(1, 5)], depot: 0, budget: 2)));
        Assert.Contains("cannot be spent", Refusal(() => new BudgetActions(3, 4)));
        Assert.Contains("same slots", Refusal(() => new ScheduleActions([[true]], [[true, false]], 1)));
        Assert.Contains("budget from 1", Refusal(() => RestlessBanditFamilies.Draw(RestlessBanditFamily.Capacity, 3, 4, RandomStream.Create(1))));
        Assert.Contains("More than 3", Refusal(() => new BudgetActions(6, 3).Enumerate(3)));
        var space = new CombinatorialSpace(new BudgetActions(3, 2));
        Assert.Contains("breaks the constraints", space.Explain([1, 1, 1]));
        Assert.Contains("not 0 or 1", space.Explain([1, 0.5f, 0]));
    }

    [Fact]
    public void State_is_refused_where_an_arm_cannot_be()
    {
        var environment = new RestlessBandit(Draw(RestlessBanditFamily.Capacity, RandomStream.Create(1)), 5);
        environment.Reset();
        var state = MemoryState.Save(environment);
        state.SetList("states", 0, 1, 2, 7, 0, 0);
        Assert.Contains("states", Assert.Throws<UsageException>(() => state.Load(environment)).Message);
    }

    private static RestlessBanditInstance Draw(RestlessBanditFamily family, RandomStream random) => family switch
    {
        RestlessBanditFamily.Interventions => RestlessBanditFamilies.Draw(family, 12, 3, random),
        RestlessBanditFamily.Path => RestlessBanditFamilies.Draw(family, 7, 2, random),
        _ => RestlessBanditFamilies.Draw(family, 6, 2, random),
    };

    private static double Backup(RestlessBanditInstance instance, double[] values, int code, float[] action)
    {
        var (states, next) = (new int[instance.Arms], new int[instance.Arms]);
        for (var j = 0; j < states.Length; j++) { states[j] = code >> (2 * j) & 3; }
        var expected = 0.0;
        for (var bits = 0; bits < 1 << states.Length; bits++)
        {
            var probability = 1.0;
            for (var j = 0; j < states.Length; j++)
            {
                var (up, p) = ((bits >> j & 1) == 1, instance.UpProbability(j, action));
                probability *= up ? p : 1 - p;
                next[j] = up ? Math.Min(states[j] + 1, 3) : Math.Max(states[j] - 1, 0);
            }
            expected += probability * values[ExactPlanner.Code(next)];
        }
        return instance.ExpectedReward(states, action) + 0.9 * expected;
    }

    private static string? Find(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", name);
            if (Directory.Exists(candidate)) { return candidate; }
        }
        return null;
    }

    private static string Refusal(Func<object> create) => Assert.Throws<UsageException>(create).Message;
}
