using Bellman.Language;

namespace Bellman.Cli.Benchmarks;

/// <summary>A small transformer, 4 layers of 128, drawn from and trained, beside the rate of its matrix products alone.</summary>
internal abstract class LanguageBenchmark(string work, int threads) : IBenchmark
{
    protected const int Batch = 256, Prompt = 16, Fresh = 64;

    protected static TransformerConfiguration Shape { get; } = new() { VocabularySize = 256, ContextLength = 128, InitialDeviation = 0.05 };

    public string Group => "language";

    public string Work => $"{work}, 4 layers of 128, batch {Batch}, {threads} {(threads == 1 ? "thread" : "threads")}";

    protected int Threads => threads;

    public abstract IEnumerable<BenchmarkRow> Measure(BenchmarkSession session);

    /// <summary>Seconds of the products of one token's forward pass, on one core.</summary>
    protected static double ProductSeconds(BenchmarkSession session, int rows)
    {
        double Product(int inputs, int outputs) => 2.0 * inputs * outputs / session.Machine.ProductRate(rows, outputs, inputs);
        var layer = Product(Shape.HiddenSize, Shape.QueryWidth + 2 * Shape.KeyValueWidth) + Product(Shape.QueryWidth, Shape.HiddenSize)
            + Product(Shape.HiddenSize, 2 * Shape.IntermediateSize) + Product(Shape.IntermediateSize, Shape.HiddenSize);
        return Shape.Layers * layer + Product(Shape.HiddenSize, Shape.VocabularySize);
    }

    /// <summary>What the process held at most, the runtime included, beside what the work itself needs.</summary>
    protected BenchmarkRow Memory(double needed, string what) => new(Group, $"{Work}: peak memory", MemoryBenchmark.Peak() / 1e6, "MB", needed / 1e6, what);

    protected Transformer Model() => Transformer.Create(Shape, RandomStream.Create(1), new TransformerOptions { Threads = threads });

    protected static int[] Tokens(int length, int row) => [.. Enumerable.Range(0, length).Select(t => (t * 31 + row * 17) % Shape.VocabularySize)];

    public static IEnumerable<IBenchmark> All()
    {
        foreach (var threads in new[] { 1, Environment.ProcessorCount }.Distinct())
        {
            yield return new SamplingBenchmark(threads);
            yield return new LanguageTrainingBenchmark(threads);
            yield return new PostTrainingBenchmark(threads);
        }
    }
}

/// <summary>Responses of 64 tokens to prompts of 16, four to a prompt.</summary>
internal sealed class SamplingBenchmark(int threads) : LanguageBenchmark("sampling", threads)
{
    private const int Samples = 4;

    public override IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        MemoryBenchmark.ForgetPeak();
        using var model = Model();
        var sampler = new LocalSampler(model);
        var prompts = Enumerable.Range(0, Batch / Samples).Select(row => new SamplingPrompt(Tokens(Prompt, row), Samples, RandomStream.Create((ulong)row))).ToList();
        var options = new SamplingOptions { MaximumNewTokens = Fresh };
        var seconds = session.Seconds(() => sampler.Sample(prompts, options, session.Cancellation));
        var products = ProductSeconds(session, 64) * (Fresh + (double)Prompt / Samples) / Fresh / Threads;
        yield return new BenchmarkRow(Group, Work, Batch * Fresh / seconds, "tokens/s", 1 / products, "the matrix products alone")
        {
            Target = Threads == 1 ? null : Math.Max(25_000, 0.6 / products),
            Bound = "attention over the cache, norms, draws",
        };
        // Weights in both orders and as they are; keys and values of the rows in work.
        yield return Memory(3.0 * sizeof(float) * model.ParameterCount + 2.0 * sizeof(float) * Shape.Layers * Shape.KeyValueWidth * 32 * Threads * Fresh, "weights and cache alone");
    }
}

/// <summary>Log-probabilities of a batch, their gradients, clipping and AdamW.</summary>
internal sealed class LanguageTrainingBenchmark(int threads) : LanguageBenchmark("training", threads)
{
    public override IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        MemoryBenchmark.ForgetPeak();
        using var model = Model();
        using var optimizer = new TensorAdam(model.Trainable, 0.01, TensorAdam.IsProjection);
        var rows = Enumerable.Range(0, Batch).Select(row => Tokens(Fresh, row)).ToList();
        var batch = new TokenBatch(rows, [.. rows.Select(row => row.Select((_, t) => t > 0).ToArray())]);
        var seconds = session.Seconds(() =>
        {
            using var scope = TorchSharp.torch.NewDisposeScope();
            (-model.Score(batch).LogProbabilities.sum()).backward();
            optimizer.Step(1e-6, maximumNorm: 1);
            optimizer.ZeroGradients();
        });
        // Backward is the products with respect to inputs and to weights.
        var products = 3 * ProductSeconds(session, 128) / Threads;
        yield return new BenchmarkRow(Group, Work, Batch * Fresh / seconds, "tokens/s", 1 / products, "the matrix products alone")
        {
            Target = Threads == 1 ? null : 0.6 / products,
            Bound = "attention, norms, activations, AdamW",
        };
        // Weights as they are and in both orders, gradients, moments; a row of every product's result for each token.
        var activations = Shape.Layers * (2.0 * Shape.HiddenSize + 2 * Shape.QueryWidth + 2 * Shape.KeyValueWidth + 2 * Shape.IntermediateSize);
        yield return Memory(sizeof(float) * (6.0 * model.ParameterCount + activations * Batch * Fresh), "weights, optimiser and activations alone");
    }
}
