using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Tests.Environments;
using Xunit;

namespace Bellman.Tests.Algorithms;

/// <summary>What REINFORCE, A2C and PPO promise besides learning.</summary>
public sealed class OnPolicyTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    public static TheoryData<string, string, string[]> Agents => new(
        ("a2c", "CartPole-v1", []),
        ("a2c", "Pendulum-v1", ["distribution=beta", "normalizeObservations=true"]),
        ("a2c", "CartPoleNoVelocity-v1", ["recurrent=gru", "rolloutSteps=16"]),
        ("reinforce", "CartPole-v1", ["copies=3", "episodes=5"]),
        ("ppo", "Pendulum-v1", ["distribution=stateDependent", "rolloutSteps=40", "sharedTrunk=true"]),
        ("ppo", "Pendulum-v1", ["distribution=tanhGaussian", "rolloutSteps=40"]),
        ("recurrent-ppo", "CartPoleNoVelocity-v1", ["rolloutSteps=48", "epochs=2"]));

    /// <summary>Fails when a stream, the optimiser, the memory or the environments are left out of Exchange.</summary>
    [Theory, MemberData(nameof(Agents))]
    public void Restored_agent_goes_on_as_if_it_had_never_stopped(string algorithm, string environment, string[] options)
    {
        using var agent = Make(algorithm, environment, options, 1);
        var sink = new MetricRecorder();
        for (var i = 0; i < 4; i++) { agent.Advance(sink); }
        var state = MemoryState.Save(agent);
        sink.Values.Clear();
        for (var i = 0; i < 3; i++) { agent.Advance(sink); }

        using var other = Make(algorithm, environment, options, 2);
        other.Advance(new MetricRecorder());
        state.Load(other);
        var otherSink = new MetricRecorder();
        for (var i = 0; i < 3; i++) { other.Advance(otherSink); }
        Assert.Equal(sink.Values, otherSink.Values);
        Assert.Equal(JsonState.Save(agent).ToJsonString(), JsonState.Save(other).ToJsonString());
    }

    /// <summary>
    /// Before the first step of a rollout's updates the policy is the one that collected: training must see the very
    /// log-probabilities that were written down. Fails (1e-8) when
    /// memory is not reset on done.
    /// </summary>
    [Theory]
    [InlineData("lstm", false)]
    [InlineData("lstm", true)]
    [InlineData("gru", false)]
    [InlineData("none", true)]
    public void Training_replays_what_was_collected(string recurrent, bool shared)
    {
        string[] options = [$"recurrent={recurrent}", "copies=6", "minibatches=3", "epochs=1", "rolloutSteps=40", "learningRate=0.01", $"sharedTrunk={shared}"];
        using var agent = Make("ppo", "CartPoleNoVelocity-v1", options, 3);
        for (var i = 0; i < 5; i++)
        {
            var sink = new MetricRecorder();
            agent.Advance(sink);
            var divergences = sink.Values.Where(pair => pair.Name == "train/approximate_kl").Select(pair => pair.Value).ToArray();
            Assert.Equal(3, divergences.Length);
            Assert.Equal(0, divergences[0], 1e-11);
            Assert.True(divergences[1] > 1e-8);
        }
    }

    /// <summary>Failed (10 kB an update on Pendulum) when the free parameters were looked up by name at every use.</summary>
    [Theory]
    [InlineData("ppo", "CartPole-v1", "rolloutSteps=16")]
    [InlineData("ppo", "Pendulum-v1", "distribution=gaussian")]
    [InlineData("ppo", "Pendulum-v1", "distribution=beta")]
    [InlineData("a2c", "Pendulum-v1", "distribution=stateDependent")]
    [InlineData("recurrent-ppo", "CartPoleNoVelocity-v1", "rolloutSteps=16")]
    public void Collecting_and_learning_allocate_nothing(string algorithm, string environment, string option)
    {
        using var agent = Make(algorithm, environment, [option], 0);
        var silence = new Silence();
        for (var i = 0; i < 3; i++) { agent.Advance(silence); }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 3; i++) { agent.Advance(silence); }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Updates_stop_before_the_step_at_which_the_divergence_is_too_large()
    {
        // The first mini-batch always has divergence 0; after one step the second exceeds any such target.
        Assert.Equal(1, Steps("1e-12"));
        Assert.Equal(12, Steps("none"));
        Assert.Equal(12, Steps("1000"));

        static int Steps(string target)
        {
            using var agent = Make("ppo", "CartPole-v1", ["copies=4", "rolloutSteps=32", "minibatches=4", "epochs=3", $"targetKl={target}"], 0);
            var sink = new MetricRecorder();
            agent.Advance(sink);
            return sink.Values.Count(pair => pair.Name == "train/gradient_norm");
        }
    }

    [Fact]
    public void Clipped_values_stay_nearer_to_the_old_ones()
    {
        // Without a clip the value moves freely towards the returns; with a tiny one its gradient vanishes once it has moved.
        Assert.True(LastValueLoss("none") < 0.8 * LastValueLoss("0.001"));

        static double LastValueLoss(string clip)
        {
            using var agent = Make("ppo", "CartPole-v1", ["copies=4", "rolloutSteps=64", "minibatches=1", "epochs=30", "learningRate=0.01", $"valueClip={clip}"], 0);
            var sink = new MetricRecorder();
            agent.Advance(sink);
            return sink.Values.Last(pair => pair.Name == "loss/value").Value;
        }
    }

    [Fact]
    public void Masked_choices_among_several_dials_are_learnt_and_never_broken()
    {
        using var agent = new Ppo(new SynchronousVectorEnvironment(() => new BarredDials(), 8), new PpoOptions { RolloutSteps = 32, LearningRate = 3e-3, AnnealLearningRate = false }, 1, 10_000);
        var sink = new MetricRecorder();
        while (agent.Steps < 10_000) { agent.Advance(sink); }
        Assert.True(Evaluation.Run(agent.Policy, () => new BarredDials(), 50, 1, cancellation: TestContext.Current.CancellationToken).MeanReturn > 9.5);
    }

    [Fact]
    public void Reinforce_reads_whole_episodes_dealt_to_the_copies_in_advance()
    {
        using var agent = new Reinforce(new SynchronousVectorEnvironment(() => new Bellman.Tests.Runs.Corridors(3, 3), 2), new ReinforceOptions { Episodes = 5, Baseline = false }, 1, 1000);
        var sink = new MetricRecorder();
        agent.Advance(sink);
        // Three episodes of three steps in the first copy; the second copy goes on meanwhile.
        Assert.Equal(18, agent.Steps);
    }

    [Fact]
    public void Sequences_that_cannot_be_dealt_evenly_are_refused() =>
        Assert.Contains("divisor of copies", Assert.Throws<UsageException>(() => Make("recurrent-ppo", "CartPole-v1", ["copies=6", "minibatches=4", "rolloutSteps=64"], 0)).Message, StringComparison.Ordinal);

    [Fact]
    public void Small_pictures_are_read_by_an_mlp_and_refused_by_convolutions()
    {
        static VectorEnvironment Pictures(int side) => new SynchronousVectorEnvironment(() => new Blank(side), 2);
        using var small = new A2c(Pictures(7), new A2cOptions(), 0, 1000);
        Assert.Contains("at least 36 x 36", Assert.Throws<UsageException>(() => new A2c(Pictures(7), new A2cOptions { Network = NetworkKind.Nature }, 0, 1000)).Message, StringComparison.Ordinal);
        Assert.Contains("36 x 36", Assert.Throws<UsageException>(() => new A2c(Environments.MakeVector("CartPole-v1", 1), new A2cOptions { Network = NetworkKind.Nature }, 0, 1000)).Message, StringComparison.Ordinal);
    }

    private static IAgent Make(string algorithm, string environment, string[] options, ulong seed)
    {
        var registration = AlgorithmRegistry.Find(algorithm);
        var values = options.Select(option => new KeyValuePair<string, string>(option.Split('=')[0], option.Split('=')[1]));
        return registration.Create(new AgentRequest(Environments, environment, registration.Options.Create<AlgorithmOptions>(values), seed, 100_000));
    }

    private sealed class Silence : IMetricSink
    {
        public void Add(string name, double value) { }

        public void Episode(double episodeReturn, int length) { }
    }

    private sealed class Blank(int side) : IEnvironment
    {
        public Space ObservationSpace { get; } = new Box(new float[side * side], [.. Enumerable.Repeat(255f, side * side)], side, side, 1);

        public Space ActionSpace { get; } = new Discrete(2);

        public void Reset(RandomStream random, Span<float> observation) => observation.Clear();

        public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation) => new(0);

        public void Exchange(StateExchange state) { }
    }
}

/// <summary>Writes down every measurement in order.</summary>
public sealed class MetricRecorder : IMetricSink
{
    public List<(string Name, double Value)> Values { get; } = [];

    public void Add(string name, double value) => Values.Add((name, value));

    public void Episode(double episodeReturn, int length) => Values.Add(("episode", episodeReturn));
}
