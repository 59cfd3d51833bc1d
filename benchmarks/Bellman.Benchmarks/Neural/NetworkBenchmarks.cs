using Bellman.Neural;
using BenchmarkDotNet.Attributes;

namespace Bellman.Benchmarks.Neural;

/// <summary>What a policy costs when it acts and when it learns, in both engines.</summary>
[MemoryDiagnoser]
public class NetworkBenchmarks
{
    private NetworkGroup group = NetworkGroup.Create(RandomStream.Create(0), new NetworkOptions(), new VectorPart("unused", 1, 0));
    private Adam adam = new(new ParameterBuffer([]), new AdamOptions());
    private float[] inputs = [];
    private float[] actorOutputs = [];
    private float[] criticOutputs = [];

    /// <summary>Who computes.</summary>
    [Params(Engine.Simd, Engine.Torch)]
    public Engine Engine { get; set; }

    /// <summary>Two hidden layers of this width.</summary>
    [Params(64, 256)]
    public int Width { get; set; }

    /// <summary>Rows.</summary>
    [Params(8, 128)]
    public int Batch { get; set; }

    /// <summary>Actor and critic as PPO has them on CartPole.</summary>
    [GlobalSetup]
    public void Setup()
    {
        group = NetworkGroup.Create(
            RandomStream.Create(0), new NetworkOptions { Engine = Engine },
            new MlpPart("actor", new MlpSpecification(4, [Width, Width], 2)),
            new MlpPart("critic", new MlpSpecification(4, [Width, Width], 1)));
        adam = new Adam(group.Parameters, new AdamOptions());
        var random = RandomStream.Create(1);
        inputs = [.. Enumerable.Range(0, Batch * 4).Select(_ => (float)random.NextGaussian())];
        actorOutputs = new float[Batch * 2];
        criticOutputs = new float[Batch];
    }

    /// <summary>One decision for every row.</summary>
    [Benchmark]
    public void Inference() => group["actor"].Forward(inputs, Batch, actorOutputs);

    /// <summary>One minibatch of PPO without its loss: both networks forward and backward, clip, Adam.</summary>
    [Benchmark]
    public void Update()
    {
        group.Parameters.ClearGradients();
        group["actor"].ForwardTraining(inputs, Batch, actorOutputs);
        group["critic"].ForwardTraining(inputs, Batch, criticOutputs);
        group["actor"].Backward(actorOutputs, Batch, default);
        group["critic"].Backward(criticOutputs, Batch, default);
        group.Parameters.ClipGradients(0.5);
        adam.Step(1e-9);
    }

    /// <summary>Releases native memory.</summary>
    [GlobalCleanup]
    public void Cleanup() => group.Dispose();
}
