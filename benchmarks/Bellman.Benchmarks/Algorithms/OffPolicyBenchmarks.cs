using Bellman.Algorithms;
using Bellman.Neural;
using BenchmarkDotNet.Attributes;

namespace Bellman.Benchmarks.Algorithms;

/// <summary>What one update of SAC and TD3 costs at the papers' size: two layers of 256, batch 256, 17 observed numbers, 6 actions.</summary>
[MemoryDiagnoser]
public class OffPolicyBenchmarks : IDisposable
{
    private const int Observation = 17;
    private const int Action = 6;
    private const int Stored = 10_000;

    private readonly RandomStream random = RandomStream.Create(1);
    private readonly Silence silence = new();
    private readonly UniformSampler sampler = new();
    private SacLearner? sac;
    private DeterministicLearner? td3;
    private ReplayBatch? batch;

    /// <summary>Who computes.</summary>
    [Params(Engine.Simd, Engine.Torch)]
    public Engine Engine { get; set; }

    /// <summary>Learners, and replay with random transitions.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var replay = new ReplayBuffer(Stored, Observation, Action);
        float[] state = new float[Observation], next = new float[Observation], action = new float[Action];
        for (var i = 0; i < Stored; i++)
        {
            random.NextGaussians(state);
            random.NextGaussians(next);
            foreach (ref var component in action.AsSpan()) { component = (float)random.NextUniform(-1, 1); }
            replay.Add(state, action, (float)random.NextGaussian(), next, i % 100 == 0);
        }
        batch = new ReplayBatch(replay, new ObservationEncoder(new Box(-10, 10, Observation), normalize: false), new SacOptions().BatchSize);
        sac = new SacLearner(Observation, Action, new SacOptions { Engine = Engine }, RandomStream.Create(2));
        var options = new Td3Options { Engine = Engine };
        td3 = new DeterministicLearner(Observation, Action, options, DeterministicRules.Td3(options), RandomStream.Create(3));
    }

    /// <summary>Drawing a batch, both critics, the actor, the temperature and the targets.</summary>
    [Benchmark]
    public void SacUpdate() => Update(sac);

    /// <summary>Drawing a batch and both critics; every second time the actor and the targets.</summary>
    [Benchmark]
    public void Td3Update() => Update(td3);

    /// <summary>Releases native memory.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        sac?.Dispose();
        td3?.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Update(IOffPolicyLearner? learner)
    {
        batch?.Draw(sampler, random);
        if (batch is not null) { learner?.Update(batch, silence); }
    }

    private sealed class Silence : IMetricSink
    {
        public void Add(string name, double value) { }

        public void Episode(double episodeReturn, int length) { }
    }
}
