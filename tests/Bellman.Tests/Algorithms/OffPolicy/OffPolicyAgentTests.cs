using Bellman.Algorithms;
using Bellman.Environments;
using Bellman.Neural;
using Bellman.Runs;
using Xunit;

namespace Bellman.Tests.Algorithms.OffPolicy;

/// <summary>What holds for each of the four off-policy actor-critics as agents.</summary>
public sealed class OffPolicyAgentTests
{
    private static readonly EnvironmentRegistry Environments = StandardEnvironments.Registry();

    /// <summary>Fails when a stream, the noise's walk, a target network or an optimiser is left out of Exchange.</summary>
    [Theory, InlineData("sac"), InlineData("td3"), InlineData("ddpg"), InlineData("discrete-sac")]
    public void A_restored_agent_goes_on_to_the_same_bytes(string algorithm)
    {
        using var log = new MetricLog();
        using IAgent original = Create(algorithm, seed: 1), restored = Create(algorithm, seed: 2);
        for (var i = 0; i < 60; i++) { original.Advance(log); }
        for (var i = 0; i < 20; i++) { restored.Advance(log); }
        JsonState.Load(restored, JsonState.Save(original));
        for (var i = 0; i < 60; i++)
        {
            original.Advance(log);
            restored.Advance(log);
        }
        Assert.Equal(JsonState.Save(original).ToJsonString(), JsonState.Save(restored).ToJsonString());
    }

    [Theory, InlineData("sac"), InlineData("td3"), InlineData("ddpg"), InlineData("discrete-sac")]
    public void Advancing_allocates_nothing_after_warming_up(string algorithm)
    {
        using var log = new MetricLog();
        using var agent = Create(algorithm, seed: 1);
        for (var i = 0; i < 150; i++) { agent.Advance(log); }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 150; i++) { agent.Advance(log); }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Wide enough that the kernels do share the work out.</summary>
    [Fact]
    public void Threads_do_not_change_a_single_number()
    {
        string Trained(int threads)
        {
            using var log = new MetricLog();
            var options = new SacOptions { Hidden = [128, 128], BufferSize = 500, LearningStarts = 256, Threads = threads, Engine = Engine.Simd };
            using var agent = new Sac(Environments.MakeVector("Pendulum-v1", 2), options, 4);
            while (agent.Steps < 280) { agent.Advance(log); }
            return JsonState.Save(agent).ToJsonString();
        }
        Assert.Equal(Trained(1), Trained(2));
    }

    /// <summary>Inside, actions lie in [-1, 1]; the environment sees its own bounds, in warm-up, exploration and evaluation.</summary>
    [Theory, InlineData("sac"), InlineData("td3"), InlineData("ddpg")]
    public void Actions_are_scaled_to_the_environments_bounds(string algorithm)
    {
        var space = new Box([2, -30], [6, -10]);
        var watched = new Watched(space);
        using var environment = new SynchronousVectorEnvironment(() => watched, 1);
        using var agent = Make(algorithm, environment, seed: 3);
        using var log = new MetricLog();
        for (var i = 0; i < 80; i++) { agent.Advance(log); }
        Assert.All(watched.Actions, action => Assert.Null(space.Explain(action)));
        // Both sides of the middle were tried in both components.
        for (var k = 0; k < 2; k++)
        {
            var middle = (space.Low[k] + space.High[k]) / 2;
            Assert.Contains(watched.Actions, action => action[k] < middle - (space.High[k] - space.Low[k]) / 4);
            Assert.Contains(watched.Actions, action => action[k] > middle + (space.High[k] - space.Low[k]) / 4);
        }
        var evaluated = new float[2];
        agent.Policy.Act([0.5f], 1, evaluated, null);
        Assert.Null(space.Explain(evaluated));
    }

    [Theory, InlineData("sac"), InlineData("td3"), InlineData("ddpg")]
    public void Actions_without_bounds_are_refused(string algorithm)
    {
        using var environment = new SynchronousVectorEnvironment(() => new Watched(new Box([-1, float.NegativeInfinity], [1, 1])), 1);
        var error = Assert.Throws<UsageException>(() => Make(algorithm, environment, 0));
        Assert.Contains($"{algorithm} needs actions with finite bounds", error.Message, StringComparison.Ordinal);
        Assert.Contains("ppo", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Actions_of_the_wrong_kind_are_refused_with_an_algorithm_that_takes_them()
    {
        using var cartPole = Environments.MakeVector("CartPole-v1", 1);
        Assert.Contains("discrete-sac", Assert.Throws<UsageException>(() => new Sac(cartPole, new SacOptions(), 0)).Message, StringComparison.Ordinal);
        Assert.Contains("dqn", Assert.Throws<UsageException>(() => new Td3(cartPole, new Td3Options(), 0)).Message, StringComparison.Ordinal);
        using var pendulum = Environments.MakeVector("Pendulum-v1", 1);
        Assert.Contains("td3", Assert.Throws<UsageException>(() => new DiscreteSac(pendulum, new DiscreteSacOptions(), 0)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sac", "tau=0", "'tau'"), InlineData("td3", "policyDelay=0", "'policyDelay'"), InlineData("ddpg", "noiseScale=-1", "'noiseScale'")]
    [InlineData("sac", "temperature=0", "'temperature'"), InlineData("td3", "bufferSize=10", "bufferSize 10 is smaller than batchSize 256")]
    [InlineData("discrete-sac", "criticLearningRate=2", "'criticLearningRate'"), InlineData("sac", "noise=brown", "gaussian")]
    public void Options_out_of_range_are_refused_by_name(string algorithm, string option, string part)
    {
        var pair = option.Split('=');
        var error = Assert.Throws<UsageException>(() => AlgorithmRegistry.Find(algorithm).Options.Create([new(pair[0], pair[1])]));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Walks are per copy, drift across steps and start anew with an episode; fresh noise does neither.</summary>
    [Fact]
    public void Drifting_noise_persists_within_an_episode_only()
    {
        var noise = new ActionNoise(new DdpgOptions { NoiseScale = 0.3, NoiseReversion = 0, NoiseTimeStep = 1 }, copies: 2, size: 1);
        var random = RandomStream.Create(4);
        float[] first = [0, 0], second = [0, 0];
        noise.Disturb(first, random);
        noise.Reset(1);
        noise.Disturb(second, random);
        // Without a pull back, a walk's position is the sum of its draws: the reset copy holds its last draw alone.
        var twin = RandomStream.Create(4);
        float[] draws = [.. Enumerable.Range(0, 4).Select(_ => 0.3f * (float)twin.NextGaussian())];
        Assert.Equal(draws[0] + draws[2], second[0], 1e-5f);
        Assert.Equal(draws[3], second[1], 1e-5f);
        float[] far = [0.99f, -0.99f];
        new ActionNoise(new Td3Options { NoiseScale = 50 }, 2, 1).Disturb(far, random);
        Assert.All(far, action => Assert.Equal(1, Math.Abs(action)));
    }

    private static IAgent Create(string algorithm, ulong seed) =>
        Make(algorithm, Environments.MakeVector(algorithm == "discrete-sac" ? "CartPole-v1" : "Pendulum-v1", 2), seed);

    private static IAgent Make(string algorithm, VectorEnvironment environment, ulong seed)
    {
        int[] hidden = [8];
        return algorithm switch
        {
            "sac" => new Sac(environment, new SacOptions { Hidden = hidden, BatchSize = 16, BufferSize = 500, LearningStarts = 40, Engine = Engine.Simd, NormalizeObservations = true }, seed),
            "td3" => new Td3(environment, new Td3Options { Hidden = hidden, BatchSize = 16, BufferSize = 500, LearningStarts = 40, Engine = Engine.Simd, MultiStep = 3 }, seed),
            "ddpg" => new Ddpg(environment, new DdpgOptions { Hidden = hidden, BatchSize = 16, BufferSize = 500, LearningStarts = 40, Engine = Engine.Simd }, seed),
            _ => new DiscreteSac(environment, new DiscreteSacOptions { Hidden = hidden, BatchSize = 16, BufferSize = 500, LearningStarts = 40, Engine = Engine.Simd }, seed),
        };
    }

    /// <summary>Remembers every action it was given; episodes of ten steps.</summary>
    private sealed class Watched(Box actions) : IEnvironment
    {
        private int step;

        public List<float[]> Actions { get; } = [];

        public Space ObservationSpace { get; } = new Box(-1, 1, 1);

        public Space ActionSpace { get; } = actions;

        public void Reset(RandomStream random, Span<float> observation)
        {
            step = 0;
            observation[0] = 0;
        }

        public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
        {
            Actions.Add(action.ToArray());
            observation[0] = ++step * 0.1f;
            return new StepResult(-action[0], Truncated: step == 10);
        }

        public void Exchange(StateExchange state) => state.Value(nameof(step), ref step);
    }
}
