using Bellman.Language;

namespace Bellman.Cli.Benchmarks;

/// <summary>
/// A whole step of GRPO: 32 prompts x 8 responses of 64 tokens, drawn, rewarded, credited and learned from in two passes. Each stage stands beside
/// its matrix products alone, so that what lies outside of them shows; memory is split into what each stage peaks at.
/// </summary>
internal sealed class PostTrainingBenchmark(int threads) : LanguageBenchmark("GRPO step, two passes", threads)
{
    private const int Prompts = 32, Group8 = 8, Passes = 2;

    public override IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        MemoryBenchmark.ForgetPeak();
        using var model = Model();
        var prompts = Enumerable.Range(0, Prompts).Select(row => new PromptItem($"{row}", Tokens(Prompt, row))).ToList();
        var memory = new Peaks();
        // Rewards that differ within every group, so that nothing is skipped.
        using var trainer = new PostTraining(model)
            .Prompts(prompts)
            .Reward(new FunctionReward("parity", rollout => rollout.Sample % 2))
            .Grpo(Group8)
            .Observe(memory)
            .Options(options => options with { PromptsPerStep = Prompts, MaximumNewTokens = Fresh, Threads = Threads })
            .Build();
        var stages = new Stages();
        var seconds = session.Seconds(() =>
        {
            memory.Begin();
            trainer.Advance(stages);
            memory.End();
        });
        var tokens = (double)Batch * Fresh;
        // Seconds of products: drawing is a forward pass over new tokens (a prompt is computed once), the reference one over prompts and responses, each pass of learning three.
        var (draws, scores) = (ProductSeconds(session, 64) / Threads, ProductSeconds(session, 128) / Threads);
        var whole = Batch * (double)(Prompt + Fresh);
        var byStage = new Dictionary<string, double>
        {
            ["drawing"] = draws * (tokens + Prompts * Prompt),
            ["credit"] = scores * whole,
            ["update"] = scores * whole * 3 * Passes,
        };
        yield return new BenchmarkRow(Group, Work, tokens / seconds, "tokens/s", tokens / byStage.Values.Sum(), "the matrix products alone");
        foreach (var (stage, time) in stages.Seconds)
        {
            var share = $"{100 * time / seconds:0}% of the step";
            yield return byStage.TryGetValue(stage, out var products)
                ? new BenchmarkRow(Group, $"{Work}: {stage}", 1e6 * time, "us", 1e6 * products, $"its matrix products; {share}")
                : new BenchmarkRow(Group, $"{Work}: {stage}", 1e6 * time, "us", null, share);
        }
        // Policy and reference as they are and in both orders, gradients, moments; a row of every product's result for each token; keys and values.
        double parameters = sizeof(float) * (6.0 + 3) * model.ParameterCount;
        var activations = sizeof(float) * Shape.Layers * (2.0 * Shape.HiddenSize + 2 * Shape.QueryWidth + 2 * Shape.KeyValueWidth + 2 * Shape.IntermediateSize) * whole;
        var cache = 2.0 * sizeof(float) * Shape.Layers * Shape.KeyValueWidth * 32 * Threads * Fresh;
        yield return new BenchmarkRow(Group, $"{Work}: peak memory", memory.Highest / 1e6, "MB", (parameters + activations + cache) / 1e6, $"policy, reference, gradients and moments {parameters / 1e6:0} MB, activations of a pass {activations / 1e6:0} MB, cache {cache / 1e6:0} MB");
        yield return new BenchmarkRow(Group, $"{Work}: memory before a step", memory.Before / 1e6, "MB", parameters / 1e6, "policy, reference, gradients and moments; the rest is the runtime, torch and buffers kept from step to step");
        yield return new BenchmarkRow(Group, $"{Work}: peak memory while drawing", memory.Drawing / 1e6, "MB", (parameters + cache) / 1e6, "those and the cache");
        yield return new BenchmarkRow(Group, $"{Work}: peak memory while learning", memory.Learning / 1e6, "MB", (parameters + activations) / 1e6, "those and the activations of a pass");
    }

    /// <summary>The stages' times of the last step.</summary>
    private sealed class Stages : IMetricSink
    {
        private static readonly Dictionary<string, string> Names = new() { ["time/sample"] = "drawing", ["time/reward"] = "rewards", ["time/credit"] = "credit", ["time/update"] = "update" };

        public Dictionary<string, double> Seconds { get; } = [];

        public void Add(string name, double value)
        {
            if (Names.TryGetValue(name, out var stage)) { Seconds[stage] = value; }
        }

        public void Episode(double episodeReturn, int length) { }
    }

    /// <summary>What the process held at most in each half of a step; rollouts are seen between drawing and learning.</summary>
    private sealed class Peaks : IRolloutObserver
    {
        public double Highest { get; private set; }
        public double Before { get; private set; }
        public double Drawing { get; private set; }
        public double Learning { get; private set; }

        public void Begin()
        {
            Before = Environment.WorkingSet;
            Highest = Math.Max(Highest, MemoryBenchmark.Peak());
            MemoryBenchmark.ForgetPeak();
        }

        public void Observe(long step, IReadOnlyList<Rollout> rollouts, IMetricSink metrics)
        {
            Drawing = MemoryBenchmark.Peak();
            MemoryBenchmark.ForgetPeak();
        }

        public void End()
        {
            Learning = MemoryBenchmark.Peak();
            Highest = Math.Max(Highest, Math.Max(Drawing, Learning));
        }
    }
}
