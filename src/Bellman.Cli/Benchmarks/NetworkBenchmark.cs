using Bellman.Neural;

namespace Bellman.Cli.Benchmarks;

/// <summary>Decisions of a policy network with two hidden layers, a batch at a time.</summary>
internal sealed class InferenceBenchmark(Engine engine, int width, int batch, double? target = null) : IBenchmark
{
    private const int Inputs = 4, Outputs = 2;

    public string Group => "inference";

    public string Work => $"{engine.ToString().ToLowerInvariant()}, {width}x{width}, batch {batch}";

    public IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        using var group = NetworkGroup.Create(
            RandomStream.Create(0), new NetworkOptions { Engine = engine }, new MlpPart("actor", new MlpSpecification(Inputs, [width, width], Outputs)));
        var random = RandomStream.Create(1);
        float[] inputs = [.. Enumerable.Range(0, batch * Inputs).Select(_ => (float)random.NextGaussian())];
        var outputs = new float[batch * Outputs];
        var actor = group["actor"];
        var seconds = session.Seconds(() => actor.Forward(inputs, batch, outputs));
        var operations = batch * NetworkOperations.Forward(Inputs, width, Outputs);
        yield return new BenchmarkRow(Group, Work, 1e6 * seconds, "us", 1e6 * operations / session.Machine.ProductRate(batch, width, width), "the products alone")
        {
            Target = target,
            Bound = "tanh of the hidden layers, and a batch too small to fill the product's tiles",
        };
    }

    public static IEnumerable<IBenchmark> All()
    {
        foreach (var engine in (Engine[])[Engine.Simd, Engine.Torch])
        {
            foreach (var batch in (int[])[1, 8, 64, 1024]) { yield return new InferenceBenchmark(engine, 64, batch, engine == Engine.Simd && batch == 8 ? 1.5 : null); }
        }
    }
}

/// <summary>Counts of floating-point operations, 2 a multiply-add.</summary>
internal static class NetworkOperations
{
    /// <summary>One row through two hidden layers.</summary>
    public static double Forward(int inputs, int width, int outputs) => 2.0 * (inputs * (double)width + (double)width * width + width * (double)outputs);

    /// <summary>One row forward and back: the gradient of each weight, and of each layer's inputs but the first's.</summary>
    public static double Training(int inputs, int width, int outputs) => 3 * Forward(inputs, width, outputs) - 2.0 * inputs * width;
}
