using Bellman.Language;

namespace Bellman.Cli.Benchmarks;

/// <summary>
/// A whole step of GRPO: 32 prompts x 8 responses of 64 tokens, drawn, rewarded, credited and learned from in two passes; where its
/// time goes, and the memory that it peaks at.
/// </summary>
internal sealed class PostTrainingBenchmark(int threads) : LanguageBenchmark("GRPO step, two passes", threads)
{
    private const int Prompts = 32, Group8 = 8;

    public override IEnumerable<BenchmarkRow> Measure(BenchmarkSession session)
    {
        using var model = Model();
        var prompts = Enumerable.Range(0, Prompts).Select(row => new PromptItem($"{row}", Tokens(Prompt, row))).ToList();
        // Rewards that differ within every group, so that nothing is skipped.
        using var trainer = new PostTraining(model)
            .Prompts(prompts)
            .Reward(new FunctionReward("parity", rollout => rollout.Sample % 2))
            .Grpo(Group8)
            .Options(options => options with { PromptsPerStep = Prompts, MaximumNewTokens = Fresh, Threads = Threads })
            .Build();
        var stages = new Stages();
        var seconds = session.Seconds(() => trainer.Advance(stages));
        var tokens = (double)Batch * Fresh;
        // Drawing is a forward pass, each of two passes over prompt and response three, and the reference one more.
        var whole = (Prompt + Fresh) / (double)Fresh;
        var products = ProductSeconds(session, 128) / Threads * (1 + whole * (2 * 3 + 1));
        yield return new BenchmarkRow(Group, Work, tokens / seconds, "tokens/s", 1 / products, "the matrix products alone")
        {
            Bound = string.Join(", ", stages.Shares(seconds).Select(stage => $"{stage.Name} {100 * stage.Share:0}%")),
        };
        yield return new BenchmarkRow(Group, $"{Work}, peak memory of the process", Environment.WorkingSet / 1e6, "MB", null, "weights, two moments, reference, activations of one pass");
    }

    /// <summary>The stages' times of the last step.</summary>
    private sealed class Stages : IMetricSink
    {
        private readonly Dictionary<string, double> seconds = [];

        public void Add(string name, double value)
        {
            if (name is "time/sample" or "time/reward" or "time/credit" or "time/update") { seconds[name["time/".Length..]] = value; }
        }

        public void Episode(double episodeReturn, int length) { }

        public IEnumerable<(string Name, double Share)> Shares(double total) => seconds.Select(stage => (stage.Key, stage.Value / total));
    }
}
