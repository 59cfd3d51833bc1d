using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.Offline;

/// <summary>Discrete actions: a pole that leans is pushed under, half of the time at random.</summary>
public sealed class CarelessPole
{
    public CarelessPole()
    {
        var registry = StandardEnvironments.Registry();
        Spaces = registry.Make("CartPole-v1");
        Data = DatasetRecorder.Record(() => registry.Make("CartPole-v1"), new HalfCareless(), 6_000, RandomStream.Create(3), "careless");
    }

    public IEnvironment Spaces { get; }

    public OfflineDataset Data { get; }

    private sealed class HalfCareless : IPolicy
    {
        public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
        {
            for (var i = 0; i < count; i++)
            {
                var right = observations[4 * i + 2] + 0.3f * observations[4 * i + 3] > 0;
                actions[i] = random is not null && random.NextBoolean() ? random.NextInt32(2) : right ? 1 : 0;
            }
        }
    }
}

public sealed class DiscreteOfflineTests(CarelessPole pole) : IClassFixture<CarelessPole>
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    /// <summary>Values tell a careless push from a careful one. Tried: with inverseTemperature 0 iql is a clone that draws its actions, as careless as the data (143 of 150).</summary>
    [Theory]
    [InlineData("iql", "inverseTemperature=10 expectile=0.9")]
    [InlineData("cql", "conservatism=0.5")]
    public void Learner_with_values_balances_longer_than_the_data(string algorithm, string settings)
    {
        using var agent = Create(algorithm, settings);
        using var log = new MetricLog();
        for (var i = 0; i < 1_500; i++) { agent.Advance(log); }
        // Drawn, not the most probable: otherwise a clone would drop the carelessness too.
        var result = Evaluation.Run(agent.Policy, () => Environments.Make("CartPole-v1"), 20, 7, deterministic: false, TestContext.Current.CancellationToken);
        Assert.True(result.MeanReturn > 1.4 * pole.Data.MeanReturn, $"{algorithm} {result.MeanReturn:0}, data {pole.Data.MeanReturn:0}");
    }

    /// <summary>As foundations 7.8 for continuous actions: without the term the gap is 0.72, that of the first weights 0.69.</summary>
    [Fact]
    public void Conservatism_lowers_what_was_not_recorded_and_its_multiplier_moves_towards_the_wanted_gap()
    {
        (double Gap, double Multiplier) After(string settings)
        {
            using var agent = Create("cql", settings);
            using var log = new Last();
            for (var i = 0; i < 600; i++) { agent.Advance(log); }
            return (log["train/conservative_gap"], log["train/gap_multiplier"]);
        }
        var (weak, strong) = (After("conservatism=0").Gap, After("conservatism=5"));
        Assert.True(strong.Gap < weak - 0.1 && double.IsNaN(strong.Multiplier), $"{strong} with, {weak} without");
        // Half of the actions are random: no gap is below the entropy that leaves, and none is wanted above what there is.
        var (lower, higher) = (After("conservatism=5 targetGap=0.3"), After("conservatism=5 targetGap=0.66"));
        Assert.True(lower.Multiplier > 1.3 && higher.Multiplier < 0.8, $"{lower} for 0.3, {higher} for 0.66");
    }

    [Theory]
    [InlineData("iql", "")]
    [InlineData("cql", "")]
    [InlineData("cql", "targetGap=1")]
    [InlineData("decision-transformer", "hidden=8 context=3")]
    public void Restored_learner_continues_to_the_same_bytes(string algorithm, string settings)
    {
        using var log = new MetricLog();
        using var agent = Create(algorithm, settings);
        for (var i = 0; i < 5; i++) { agent.Advance(log); }
        var saved = JsonState.Save(agent);
        for (var i = 0; i < 5; i++) { agent.Advance(log); }
        using var resumed = Create(algorithm, settings);
        JsonState.Load(resumed, saved);
        for (var i = 0; i < 5; i++) { resumed.Advance(log); }
        Assert.Equal(JsonState.Save(agent).ToJsonString(), JsonState.Save(resumed).ToJsonString());
    }

    private IOfflineAgent Create(string algorithm, string settings)
    {
        var values = new Dictionary<string, string> { ["hidden"] = "32,32", ["learningRate"] = "1e-3", ["batchSize"] = "64", ["tau"] = "0.01" };
        if (algorithm == "decision-transformer") { values.Remove("tau"); }
        foreach (var setting in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries)) { values[setting.Split('=')[0]] = setting.Split('=')[1]; }
        return AlgorithmRegistry.CreateOffline(algorithm, pole.Spaces.ObservationSpace, pole.Spaces.ActionSpace, pole.Data, AlgorithmRegistry.Find(algorithm).Options.Create<OfflineOptions>(values), 1);
    }

    /// <summary>The last value of every metric.</summary>
    private sealed class Last : IMetricSink, IDisposable
    {
        private readonly Dictionary<string, double> values = [];

        public double this[string name] => values.GetValueOrDefault(name, double.NaN);

        public void Add(string name, double value) => values[name] = value;

        public void Episode(double episodeReturn, int length) { }

        public void Dispose() { }
    }
}
