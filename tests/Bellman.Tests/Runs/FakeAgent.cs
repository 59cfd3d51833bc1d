using Bellman.Runs;

namespace Bellman.Tests.Runs;

/// <summary>
/// Learns nothing but depends on all it has drawn: a lost or repeated draw changes every number after it.
/// </summary>
public sealed class FakeAgent(ulong seed = 1, int stepsAnAdvance = 7) : IAgent, IPolicy
{
    private readonly RandomStream random = RandomStream.Create(seed);
    private readonly double[] weights = new double[4];
    private long steps;

    /// <summary>The step from which the loss is not finite.</summary>
    public long BreaksAt { get; init; } = long.MaxValue;

    public string Algorithm => "fake";

    public long Steps => steps;

    public Space ObservationSpace { get; } = new Box(-1, 1, 1);

    public Space ActionSpace { get; } = new Discrete(2);

    public IPolicy Policy => this;

    public IReadOnlyList<double> Weights => weights;

    public void Advance(IMetricSink metrics)
    {
        for (var i = 0; i < stepsAnAdvance; i++)
        {
            steps++;
            weights[random.NextInt32(weights.Length)] += random.NextGaussian();
        }
        metrics.Add("loss/fake", steps >= BreaksAt ? double.NaN : weights[0]);
        metrics.Add("fake/never", double.NaN);
        if (random.NextBoolean(0.3)) { metrics.Episode(random.NextUniform(0, 10), 1 + random.NextInt32(20)); }
    }

    public void Act(ReadOnlySpan<float> observations, int count, Span<float> actions, RandomStream? random)
    {
        for (var i = 0; i < count; i++) { actions[i] = random?.NextInt32(2) ?? (weights[0] > 0 ? 1 : 0); }
    }

    public void Exchange(StateExchange state)
    {
        state.Part("random", random);
        state.Value("steps", ref steps);
        state.Array<double>("weights", weights);
    }

    public void Dispose() { }
}

/// <summary>Pays its action for as many steps as its episode is long; lengths are drawn when it is reset.</summary>
public sealed class Corridors(int shortest = 1, int longest = 9) : IEnvironment
{
    private int left;

    public Space ObservationSpace { get; } = new Box(-1, 1, 1);

    public Space ActionSpace { get; } = new Discrete(2);

    public void Reset(RandomStream random, Span<float> observation)
    {
        left = shortest + random.NextInt32(longest - shortest + 1);
        observation[0] = 0;
    }

    public StepResult Step(ReadOnlySpan<float> action, RandomStream random, Span<float> observation)
    {
        observation[0] = 1;
        return new StepResult(action[0], Terminated: --left <= 0);
    }

    public void Exchange(StateExchange state) => state.Value("left", ref left);

    public static VectorEnvironment Make() => new SynchronousVectorEnvironment(() => new Corridors(), 3);

    public static RunConfiguration Configuration(ulong seed = 1) => new() { Algorithm = "fake", Environment = "Corridors-v0", Steps = 1000, Seed = seed };
}
