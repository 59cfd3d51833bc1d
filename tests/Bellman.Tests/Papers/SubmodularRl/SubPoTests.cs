using Bellman.Environments;
using Bellman.Environments.Submodular;
using Bellman.Experiments;
using Bellman.Neural;
using Bellman.Papers;
using Bellman.Papers.SubmodularRl;
using Bellman.Runs;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Papers.SubmodularRl;

/// <summary>The gradient, the learner, the planners and the reproduction as data.</summary>
public sealed class SubPoTests
{
    // Two decisions on a row of three cells: left visits cell 0, right cell 2, from whichever cell. L is worth 2, R 1, each once.
    private static readonly WeightedCoverage Two = new([2, 1], [[0], [1]]);

    [Fact]
    public void Exact_gradient_of_two_decisions_is_an_eighth_for_both()
    {
        var bandit = new SubmodularBandit(Two, horizon: 2);
        // P(L) = sigmoid(theta_h): logits (theta, 0), so that the first logit's derivative is theta's.
        var gradient = new double[4];
        Assert.Equal(2.25, bandit.Gradient(new double[4], gradient), 12);
        Assert.Equal([0.125, -0.125, 0.125, -0.125], gradient.Select(value => Math.Round(value, 12)));
        Assert.Equal(3, bandit.Optimum);
    }

    [Theory]
    [InlineData(SubPoWeights.RewardToGo, false, 0.125, 0.125)]
    [InlineData(SubPoWeights.FullReturn, false, 0.125, 0.125)]
    // Gains of the second step: a gain alone credits the first decision with its own step only.
    [InlineData(SubPoWeights.GainOnly, false, 0.25, 0.125)]
    [InlineData(SubPoWeights.ForwardValue, false, 0.25, 0.125)]
    [InlineData(SubPoWeights.RewardToGo, true, 0.25, 0.25)]
    public void Sampled_gradient_has_the_mean_that_its_weights_say(SubPoWeights kind, bool modular, double first, double second)
    {
        const int Samples = 100_000;
        var random = RandomStream.Create(11);
        var (gains, weights, left) = (new double[2 * Samples], new double[2 * Samples], new bool[2 * Samples]);
        for (var sample = 0; sample < Samples; sample++)
        {
            var evaluator = Two.CreateEvaluator();
            for (var step = 0; step < 2; step++)
            {
                var at = step * Samples + sample;
                left[at] = random.NextBoolean();
                var element = left[at] ? 0 : 1;
                var gain = evaluator.Add(element);
                gains[at] = modular ? Two.Modular(element) : gain;
            }
        }
        SubPoCredit.Weigh(kind, gains, new double[Samples], weights);
        // d log pi / d theta = [left] - 1/2.  ForwardValue is divided by R_max = 2 (H + 1), here 8.
        var scale = kind == SubPoWeights.ForwardValue ? 8 : 1;
        double Mean(int step) => scale * Enumerable.Range(step * Samples, Samples).Average(at => weights[at] * (left[at] ? 0.5 : -0.5));
        Assert.Equal(first, Mean(0), 0.01);
        Assert.Equal(second, Mean(1), 0.01);
    }

    [Fact]
    public void Reward_to_go_is_the_final_value_minus_the_value_so_far()
    {
        // [steps, batch] of two trajectories of three steps
        double[] gains = [3, 1, 0, 2, 4, 0];
        var weights = new double[6];
        SubPoCredit.Weigh(SubPoWeights.RewardToGo, gains, [5, 7], weights);
        Assert.Equal([7, 3, 4, 2, 4, 0], weights);
        SubPoCredit.Weigh(SubPoWeights.FullReturn, gains, [5, 7], weights);
        Assert.Equal([7, 3, 7, 3, 7, 3], weights);
        SubPoCredit.Weigh(SubPoWeights.ForwardValue, gains, [5, 7], weights);
        Assert.Equal([0.8, 0.8, 0.8, 1, 1.2, 1], weights);
        SubPoCredit.Weigh(SubPoWeights.GainOnly, gains, [5, 7], weights);
        Assert.Equal(gains, weights);
    }

    [Fact]
    public void Equal_weights_give_a_gradient_of_zero_and_not_NaN()
    {
        double[] weights = [0.3, 0.3, 0.3, 0.7, 0.7, 0.7];
        SubPoCredit.SubtractBaseline(weights, 3);
        Assert.All(weights, weight => Assert.Equal(0, weight, 6));
        double[] different = [1, 3, 10, 10];
        SubPoCredit.SubtractBaseline(different, 2);
        // Means 2 and 10 at the two steps; the deviation over everything is sqrt(2/4).
        Play.Near([-Math.Sqrt(2), Math.Sqrt(2), 0, 0], different);
    }

    [Fact]
    public void Terminal_gain_is_counted_before_the_automatic_reset_clears_the_evaluator()
    {
        var task = SubmodularTasks.Cover() with { Walk = new GridWalkOptions { Rows = 10, Columns = 10, Horizon = 3 } };
        using var environment = new SynchronousVectorEnvironment(() => task.Create(), 1);
        environment.Reset(RandomStream.Create(1));
        environment.Actions[0] = 1;
        environment.Step();
        Assert.Equal(2, environment.Rewards[0]);
        environment.Step();
        Assert.True(environment.Terminated[0]);
        Assert.Equal(2, environment.Rewards[0]);
        var wrapper = environment.Copies[0].Find<MarginalGainReward>();
        Assert.Equal((8.0, 4.0, 4.0), (wrapper?.EpisodeValue, wrapper?.EpisodeFirstValue, wrapper?.Value));
    }

    [Fact]
    public void Modular_rewards_pay_revisits_while_the_value_does_not()
    {
        var environment = SubmodularTasks.Cover().Create(SubmodularReward.Modular);
        environment.Reset();
        for (var step = 0; step < 5; step++) { Assert.Equal(4, environment.Take(0f).Result.Reward); }
        Assert.Equal(4, environment.Value);
    }

    [Fact]
    public void Walls_and_borders_hold_and_two_rooms_have_68_cells()
    {
        var task = SubmodularTasks.TwoRooms();
        Assert.Equal(68, task.Walk.Free?.Count(free => free));
        var walk = new GridWalk(task.Walk);
        // Row 2, column 6 in the corridor: up is a wall, down is not.
        Assert.Equal((34, 34 + 14, 35, 33, 34), (walk.Next(34, 0), walk.Next(34, 2), walk.Next(34, 1), walk.Next(34, 3), walk.Next(34, 4)));
        Assert.Equal(0, walk.Next(0, 3));
    }

    [Fact]
    public void Observations_show_what_they_are_named_after()
    {
        float[] Shown(WalkObservation observation)
        {
            var walk = new GridWalk(new GridWalkOptions { Rows = 1, Columns = 3, Horizon = 4, Observation = observation });
            walk.Reset();
            return walk.Take(1f).Observation;
        }
        Assert.Equal([0, 1, 0, 0.25f], Shown(WalkObservation.OneHot));
        Assert.Equal([0, 1, 0, 0.25f, 1, 1, 0], Shown(WalkObservation.Visited));
        Assert.Equal([4f], Shown(WalkObservation.Index));
        Assert.Equal([1f, 1f], Shown(WalkObservation.RawIndex));
        Assert.Equal([0, 1, -1f], Shown(WalkObservation.RawHistory));
    }

    [Fact]
    public void Greedy_and_beam_find_known_walks()
    {
        Assert.Equal(62, WalkPlanners.Beam(SubmodularTasks.Cover(), 50).Value);
        var (value, cells) = WalkPlanners.Beam(SubmodularTasks.Bumps(), 500);
        Assert.Equal(30, cells.Length);
        Assert.Equal(value, SubmodularChecks.ValueOf(SubmodularTasks.Bumps().Function, cells), 9);
        var random = RandomStream.Create(2);
        var greedy = Enumerable.Range(0, 10).Average(_ => WalkPlanners.Greedy(SubmodularTasks.Bumps(), random));
        var blind = Enumerable.Range(0, 10).Average(_ => WalkPlanners.Random(SubmodularTasks.Bumps(), random));
        Assert.True(value > 1.3 * greedy && greedy > 2 * blind);
    }

    [Fact]
    public void No_walk_exceeds_its_tasks_bound()
    {
        foreach (var name in Enum.GetValues<SubmodularTaskName>())
        {
            var task = SubmodularTasks.Create(new SubmodularGridOptions { Task = name });
            Assert.True(WalkPlanners.Beam(task, 20).Value <= task.UpperBound + 1e-9);
        }
    }

    [Fact]
    public void Exact_ascent_on_bandits_reaches_nine_tenths_of_the_optimum_on_ten_instances()
    {
        for (var instance = 0; instance < 10; instance++)
        {
            var random = RandomStream.Create(5).Child("bandit", instance);
            Assert.InRange(SubmodularBandit.Draw(random).Train(random), 0.9, 1 + 1e-6);
        }
    }

    // Broken variants measured on this: forward-value weights reach 30 at 40 updates of 100 (stuck), modular rewards 5.
    [Fact]
    public void Forty_updates_see_half_of_the_board()
    {
        using var agent = Agent(SubmodularTasks.Cover(), 100);
        Train(agent, 40);
        Assert.InRange(agent.MeanValue, 35, 62);
    }

    [Fact]
    public void A_table_of_logits_learns_the_walk()
    {
        var task = SubmodularTasks.Cover();
        task = task with { Walk = task.Walk with { Observation = WalkObservation.Index } };
        using var agent = Agent(task, 100, new SubPoOptions { Network = SubPoNetwork.Table, LearningRate = 0.3 });
        Train(agent, 40);
        Assert.InRange(agent.MeanValue, 45, 62);
    }

    [Fact]
    public void A_restored_agent_continues_with_the_same_numbers()
    {
        using var agent = Agent(SubmodularTasks.Bumps(), 20);
        Train(agent, 3);
        var state = MemoryState.Save(agent);
        Train(agent, 2);
        using var restored = Agent(SubmodularTasks.Bumps(), 20, seed: 9);
        state.Load(restored);
        Train(restored, 2);
        Assert.Equal(agent.MeanValue, restored.MeanValue);
        Assert.Equal(agent.Parameters.Values, restored.Parameters.Values);
        Assert.Equal(5 * 20 * 29, agent.Steps);
    }

    [Fact]
    public void A_lookup_table_adds_gradients_of_repeated_rows_and_refuses_rows_outside()
    {
        using var group = NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions(), new LookupPart("table", 3, 2));
        group.Parameters["table.table"][2] = 7;
        var outputs = new float[6];
        group["table"].ForwardTraining([1, 2, 1], 3, outputs);
        Assert.Equal([7, 0, 0, 0, 7, 0], outputs);
        group["table"].Backward([1, 2, 3, 4, 5, 6], 3, default);
        Assert.Equal([0, 0, 6, 8, 3, 4], group.Parameters.Gradients);
        Assert.Throws<ArgumentOutOfRangeException>(() => group["table"].Forward([3], 1, outputs.AsSpan(0, 2)));
        Assert.Contains("rows", Assert.Throws<UsageException>(() => NetworkGroup.Create(RandomStream.Create(1), new NetworkOptions(), new LookupPart("table", 0, 2))).Message);
    }

    [Fact]
    public void What_SubPO_cannot_learn_from_is_refused_in_words()
    {
        Assert.Contains("MarginalGainReward", Refusal(() => new SubPo(new SynchronousVectorEnvironment(() => new CartPole(), 2), new SubPoOptions(), 1)));
        Assert.Contains("discrete actions", Refusal(() => new SubPo(new SynchronousVectorEnvironment(() => PointCoverage.Create(new PointCoverageOptions()), 2), new SubPoOptions(), 1)));
        Assert.Contains("discrete observation", Refusal(() => Agent(SubmodularTasks.Cover(), 2, new SubPoOptions { Network = SubPoNetwork.Table })));
        Assert.Contains("learningRate", Refusal(() => Agent(SubmodularTasks.Cover(), 2, new SubPoOptions { LearningRate = 0 })));
        Assert.Contains("noise", Refusal(() => StandardEnvironments.Registry().Make("SubmodularGrid-v0?noise=2")));
        var lengths = 2;
        var uneven = new SynchronousVectorEnvironment(() =>
        {
            var task = SubmodularTasks.Cover();
            return (task with { Walk = task.Walk with { Horizon = lengths++ } }).Create();
        }, 2);
        using var agent = new SubPo(uneven, new SubPoOptions(), 1);
        Assert.Contains("one length", Assert.Throws<UsageException>(() => Train(agent, 1)).Message);
    }

    [Fact]
    public void Instances_are_read_from_files_and_malformed_ones_are_refused()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            string Written(string text)
            {
                var file = Path.Combine(folder.FullName, "instance.json");
                File.WriteAllText(file, text);
                return file;
            }
            var weights = SubmodularTasks.Load(Written("""{"rows":1,"columns":3,"start":0,"horizon":3,"weights":[1,2,3]}"""));
            Assert.Equal(6, WalkPlanners.Beam(weights, 10).Value);
            var items = SubmodularTasks.Load(Written("""{"rows":1,"columns":3,"start":1,"horizon":3,"items":{"a":[0],"b":[2]},"demands":[1,1]}"""));
            Assert.Equal(2, items.UpperBound);
            var design = SubmodularTasks.Load(Written("""{"rows":1,"columns":2,"start":0,"horizon":2,"noise":0.1,"cov":[[1,0.5],[0.5,1]]}"""));
            Assert.Equal(2.28217410, WalkPlanners.Beam(design, 10).Value, 8);
            Assert.Contains("exactly one of", Refusal(() => SubmodularTasks.Load(Written("""{"rows":1,"columns":3,"start":0,"horizon":3,"weights":[1]}"""))));
            Assert.Contains("is not an instance", Refusal(() => SubmodularTasks.Load(Written("{"))));
            Assert.Contains("is not an instance", Refusal(() => SubmodularTasks.Load(Path.Combine(folder.FullName, "absent.json"))));
        }
        finally { folder.Delete(recursive: true); }
    }

    [Fact]
    public void Every_claim_names_arms_and_metrics_that_are_run()
    {
        var reproduction = PaperCatalog.Find("subpo").CreateReproduction();
        foreach (var size in Enum.GetValues<ReproductionSize>())
        {
            var arms = reproduction.Arms(size).Select(arm => arm.Name).ToHashSet();
            Assert.All(reproduction.Claims(size).SelectMany(claim => claim.Terms), term =>
            {
                Assert.Contains(term.Arm, arms);
                Assert.Contains(reproduction.Metrics, metric => metric.Name == term.Metric);
            });
        }
    }

    private static SubPo Agent(SubmodularTask task, int batch, SubPoOptions? options = null, ulong seed = 3) =>
        new(new SynchronousVectorEnvironment(() => task.Create(), batch), options ?? new SubPoOptions(), seed);

    private static void Train(SubPo agent, int updates)
    {
        using var silence = new MetricLog();
        for (var update = 0; update < updates; update++) { agent.Advance(silence); }
    }

    private static string Refusal(Func<object> action) => Assert.Throws<UsageException>(action).Message;
}
