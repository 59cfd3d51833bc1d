using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Experiments;
using Bellman.Papers;
using Bellman.Papers.EdgeOfReach;
using Bellman.Runs;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Papers.EdgeOfReach;

public sealed class EdgeOfReachTests
{
    private static readonly EnvironmentRegistry Environments = Boxes();

    [Fact] // check 6
    public void Last_states_of_rollouts_are_at_the_edge_of_reach()
    {
        var (within, edge) = Reach.Classify([0], state => [state + 1], 3);
        Assert.Equal([0, 1, 2], within.Order());
        Assert.Equal([3], edge);
        // What another rollout acts in is within reach.
        Assert.Equal([4], Reach.Classify([0, 1], state => [state + 1], 3).Edge);
        Assert.Throws<ArgumentOutOfRangeException>(() => Reach.Classify([0], state => [state], 0));
    }

    [Fact] // check 5
    public void Penalty_is_the_mean_less_the_minimum() => Assert.Equal(1, Reach.Penalty([10, 8, 9]), 1e-9);

    [Fact]
    public void Standing_still_in_the_box_is_optimal()
    {
        var box = new EdgeBox(2);
        var random = RandomStream.Create(1);
        float[] state = new float[2], next = new float[2];
        box.Reset(random, state);
        Assert.All(state, component => Assert.InRange(component, -2, 2));
        Assert.Equal(1, box.Step([0, 0], random, next).Reward);
        Assert.Equal(state, next);
        box.BeginAt([5, -5]);
        Assert.Equal(1, box.Step([0.5f, 0], random, next).Reward);
        Assert.Equal([5.5f, -5], next);
        Assert.Equal(-4, box.Step([0, 0], random, next).Reward);
        Assert.Equal(20, EdgeOfReachArms.TrueValue(-5));
        Assert.Equal(-80, EdgeOfReachArms.TrueValue(5.5));
    }

    /// <summary>
    /// E1 on seeds that are not reported: two members promise more than can be had and jump off the cliff, the minimum of fifty does not, their
    /// mean does. Where what rollouts end in is trained as well, two members promise less.
    /// </summary>
    [Fact]
    public void Values_grow_where_nothing_is_trained_unless_the_ensemble_is_pessimistic()
    {
        var (fifty, two, mean, trained) = (Fit(new FittedQOptions { Members = 50 }), Fit(new FittedQOptions { Members = 2 }),
            Fit(new FittedQOptions { Aggregator = TargetAggregators.LowerBound(0) }), Fit(new FittedQOptions { Members = 2, TrainsEdge = true }));
        var all = $"fifty {fifty}, two {two}, mean {mean}, trained {trained}";
        Assert.True(fifty.Value <= 20 && fifty.Return >= -10, all);
        Assert.True(two.Value > fifty.Value + 4 && two.Return < fifty.Return - 40, all);
        Assert.True(mean.Value > 24 && mean.Return < fifty.Return - 60, all);
        Assert.True(trained.Value < two.Value - 3, all);
    }

    [Fact]
    public void With_the_true_value_at_the_edge_a_single_member_does_not_overestimate() =>
        Assert.InRange(Fit(new FittedQOptions { Members = 1, Oracle = EdgeOfReachArms.TrueValue }).Value, 17, 21.5);

    /// <summary>E2's diagnosis, smaller: critics of an ensemble that is kept diverse disagree more at the edge.</summary>
    [Fact]
    public void Diverse_critics_are_more_pessimistic_at_the_edge_of_reach()
    {
        ReachReport Report(int critics, double diversity)
        {
            using var agent = Create(EdgeOfReachArms.SquareOptions(critics, diversity) with { BatchSize = 64 }, EdgeBox.Data(2, 400, RandomStream.Create(3)));
            using var log = new MetricLog();
            while (agent.Steps < 300) { agent.Advance(log); }
            return Ravl.DiagnosticsOf(agent).Measure();
        }
        var (many, two) = (Report(8, 1), Report(2, 0));
        Assert.Equal(20, many.Bound, 1e-9);
        Assert.True(many.PenaltyAtEdge > 1.3 * two.PenaltyAtEdge, $"{many} {two}");
        Assert.True(two.Value > many.Value + 5, $"{many} {two}");
    }

    [Fact]
    public void A_restored_agent_continues_to_the_bit_and_its_diagnosis_draws_nothing()
    {
        RavlOptions options = new()
        {
            Hidden = [8, 8],
            BatchSize = 16,
            Critics = 3,
            Rollouts = 30,
            RolloutEvery = 10,
            RolloutLength = 2,
            Model = new EnsembleOptions { Hidden = [8], Members = 2, Elites = 1, MaximumEpochs = 2, MinimumBatches = 1 },
            Terminal = "never",
        };
        var data = EdgeBox.Data(2, 60, RandomStream.Create(3));
        using var log = new MetricLog();
        using var original = Create(options, data);
        while (original.Steps < 25) { original.Advance(log); }
        var saved = JsonState.Save(original);
        using var restored = Create(options, data);
        JsonState.Load(restored, saved);
        Ravl.DiagnosticsOf(restored).Measure();
        foreach (var agent in new[] { original, restored }) { while (agent.Steps < 45) { agent.Advance(log); } }
        Assert.Equal(JsonState.Save(original).ToJsonString(), JsonState.Save(restored).ToJsonString());
    }

    [Theory]
    [InlineData("critics=1", "Raise critics to 2 or more, or set diversity=0")]
    [InlineData("rolloutLength=0", "'rolloutLength' of algorithm ravl cannot be '0'")]
    [InlineData("realShare=-0.1", "'realShare' of algorithm ravl cannot be '-0.1'")]
    [InlineData("dynamics=true rollouts=61", "Lower rollouts to at most 60")]
    [InlineData("dynamics=learned", "No terminal function is known for environment EdgeBox-v0")]
    [InlineData("dynamics=true penalty=deviation", "The true dynamics are not uncertain")]
    [InlineData("terminal=hover", "There are: auto, never, hopper")]
    public void Refused(string settings, string expected)
    {
        var set = PaperAlgorithms.All.Single(entry => entry.Name == "ravl").Options;
        var values = settings.Split(' ').Select(setting => KeyValuePair.Create(setting.Split('=')[0], setting.Split('=')[1]));
        var error = Assert.Throws<UsageException>(() => Create(set.Create<RavlOptions>(values), EdgeBox.Data(2, 60, RandomStream.Create(3))));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void True_dynamics_of_an_environment_that_hides_its_state_are_refused()
    {
        var data = new OfflineDataset("hopper", 11, 3, new float[22], new float[22], new float[6], new float[2], new bool[2], [new DatasetEpisode(0, 2, 0, false)]);
        var environments = Boxes();
        environments.Register("Hidden-v0", () => new Hidden());
        var error = Assert.Throws<UsageException>(() => Ravl.Create(new AgentRequest(environments, "Hidden-v0", new RavlOptions { Dynamics = DynamicsKind.True }, 1, 1), data));
        Assert.Contains("The true dynamics of Hidden-v0 cannot be asked from an observation", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ensembles_without_members_and_rollouts_without_steps_are_refused()
    {
        Assert.Contains("needs 1 or more", Assert.Throws<UsageException>(() => new EnsembleFittedQ(new FittedQOptions { Members = 0 }, RandomStream.Create(1))).Message, StringComparison.Ordinal);
        Assert.Contains("has 1 step or more", Assert.Throws<UsageException>(() => new EnsembleFittedQ(new FittedQOptions { RolloutLength = 0 }, RandomStream.Create(1))).Message, StringComparison.Ordinal);
    }

    /// <summary>The paper's own configuration, cut short, on a file as a user records it and on one as published.</summary>
    [Fact]
    public void Full_size_learns_from_a_file_and_says_what_is_missing()
    {
        Assert.Contains("--data FILE", new EdgeOfReachReproduction().MissingForFull() ?? "", StringComparison.Ordinal);
        Assert.Contains("lacks the file", new EdgeOfReachReproduction { Inputs = new FullScaleInputs { Data = "nowhere.hdf5" } }.MissingForFull() ?? "", StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        var registry = StandardEnvironments.Registry();
        var random = RandomStream.Create(1);
        var pendulum = registry.Make("Pendulum-v1");
        var file = Path.Combine(folder.Path, "halfcheetah_medium.hdf5");
        DatasetFile.Write(file, DatasetRecorder.Record(() => registry.Make("Pendulum-v1"), new RandomPolicy(pendulum.ActionSpace, random), 300, random, "chance", TestContext.Current.CancellationToken), "Pendulum-v1");
        var settings = new Dictionary<string, string> { ["updates"] = "3", ["hidden"] = "8", ["batchSize"] = "16", ["model.hidden"] = "8", ["model.maximumEpochs"] = "1" };
        var reproduction = new EdgeOfReachReproduction { Inputs = new FullScaleInputs { Data = file, Settings = settings } };
        Assert.Null(reproduction.MissingForFull());
        foreach (var arm in reproduction.Arms(ReproductionSize.Full))
        {
            var result = reproduction.RunCell(new Cell(arm, 0, ReproductionSize.Full), new CellContext(RandomStream.Create(2), folder.Path));
            Assert.InRange(result.Metrics["return"], -2000, 0);
            Assert.True(double.IsFinite(result.Metrics["value"]));
            Assert.Equal(reproduction.Metrics.Select(metric => metric.Name).Order(), result.Metrics.Keys.Order());
        }
    }

    private static (double Return, double Value) Fit(FittedQOptions options)
    {
        var results = Enumerable.Range(100, 8).Select(seed =>
        {
            var learner = new EnsembleFittedQ(options, RandomStream.Create((ulong)seed));
            for (var iteration = 0; iteration < 60; iteration++) { learner.Iterate(); }
            return (learner.Play(EdgeBox.Horizon).Return, Value: learner.Starts.Average(state => learner.Greedy(state).Value));
        }).ToList();
        return (results.Average(result => result.Return), results.Average(result => result.Value));
    }

    private static OfflineAgent Create(RavlOptions options, OfflineDataset data) => Ravl.Create(new AgentRequest(Environments, EdgeBox.Id, options, 5, 1_000), data);

    private static EnvironmentRegistry Boxes()
    {
        var registry = new EnvironmentRegistry();
        registry.Register(EdgeBox.Id, () => new EdgeBox(2), EdgeBox.Horizon);
        return registry;
    }

    private sealed class Hidden : IEnvironment
    {
        public Space ObservationSpace { get; } = new Box(-10, 10, 11);

        public Space ActionSpace { get; } = new Box(-1, 1, 3);

        public void Reset(RandomStream random, Span<float> observation) => observation.Clear();

        public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation) => new(0);

        public void Exchange(StateExchange state) { }
    }
}
