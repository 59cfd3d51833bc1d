using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Scoring;
using Bellman.Language.Tasks.Symbols;

namespace Bellman.Papers.RepresentationExploration;

/// <summary>
/// The training part: every question has three right ways, one of which the base prefers. Training pays any of them; the test asks
/// for one that the prompt does not name, so that a policy without variety fails whatever the number of tries.
/// </summary>
internal sealed class StrategyTraining(int teachingSteps, int steps, int testPrompts, int samples)
{
    private const int PromptsPerStep = 12;
    private const int GroupSize = 8;
    private const double LearningRate = 3e-4;
    private const int Context = 20;

    /// <summary>Trains an arm and measures it.</summary>
    /// <param name="arm">Adds the arm's parts to GRPO; null leaves the base as it is.</param>
    /// <param name="credit">How rewards become advantages.</param>
    /// <param name="seed">Seed of the base.</param>
    /// <param name="context">Random draws.</param>
    public (Dictionary<string, double> Metrics, IReadOnlyList<Curve> Curves) Measure(Func<PostTraining, PostTraining>? arm, ICreditAssigner credit, ulong seed, CellContext context)
    {
        using var model = SmallBase.Get("repexp-strategies", seed, teachingSteps, StrategyMap.Demonstration, Context, cancellation: context.Cancellation);
        if (arm is not null) { Train(arm, credit, model, context); }
        return Evaluate(model, context);
    }

    private void Train(Func<PostTraining, PostTraining> arm, ICreditAssigner credit, Transformer model, CellContext context)
    {
        var builder = new PostTraining(model)
            .Prompts(new DrawnPromptSource(Prompt, context.Random.Child("questions")))
            .Tokenizer(SmallBase.Tokenizer)
            .Reward(new FunctionReward("right", rollout => rollout.Ended && rollout.Prompt.Target is string question && StrategyMap.Used(question, rollout.Text) is not null ? 1 : 0))
            .Credit(credit)
            .Objective(new PpoObjective { Reduction = Reduction.TokenMean })
            .Options(options => options with { PromptsPerStep = PromptsPerStep, GroupSize = GroupSize, Epochs = 1, LearningRate = LearningRate, MaximumNewTokens = StrategyMap.MaximumTokens + 1 })
            .Seed(context.Random.Child("trainer").NextUInt64());
        using var trainer = arm(builder).Build();
        var silence = new Runs.MetricLog();
        for (var step = 0; step < steps; step++)
        {
            trainer.Advance(silence);
            context.Report((step + 1.0) / steps);
        }
    }

    private (Dictionary<string, double> Metrics, IReadOnlyList<Curve> Curves) Evaluate(Transformer model, CellContext context)
    {
        // Prompts and draws are the same for every arm of a seed.
        var random = context.Random.Child("test");
        var questions = Enumerable.Range(0, testPrompts).Select(i => Question(random.Child("question", i))).ToList();
        var hidden = questions.Select((_, i) => StrategyMap.Strategies[i % StrategyMap.Strategies.Length]).ToList();
        var drawn = new LocalSampler(model, SmallBase.Tokenizer).Sample(
            [.. questions.Select((question, i) => new SamplingPrompt(SmallBase.Tokenizer.Encode(StrategyMap.Prompt(question)), samples, random.Child("sample", i)))],
            new SamplingOptions { MaximumNewTokens = StrategyMap.MaximumTokens + 1 }, context.Cancellation);
        var used = drawn.Select((responses, i) => responses.Select(response => StrategyMap.Used(questions[i], SmallBase.Tokenizer.Decode(response.Tokens))).ToList()).ToList();
        double PassAt(int k) => used.Select((responses, i) => PassAtK.Estimate(samples, responses.Count(strategy => strategy == hidden[i]), k)).Average();
        var shares = StrategyMap.Strategies.Select(strategy => used.Average(responses => responses.Count(other => other == strategy) / (double)samples)).ToList();
        int[] tries = [.. new[] { 1, 2, 4, 8, 16, 32, 64 }.Where(k => k <= samples)];
        return (new Dictionary<string, double>
        {
            ["pass1"] = PassAt(1),
            ["pass4"] = PassAt(Math.Min(4, samples)),
            ["pass16"] = PassAt(Math.Min(16, samples)),
            ["pass64"] = PassAt(samples),
            ["criterion"] = used.Average(responses => responses.Count(strategy => strategy is not null) / (double)samples),
            ["rarest-strategy"] = shares.Min(),
        }, [new Curve("pass at k", [.. tries.Select(k => (double)k)], [.. tries.Select(PassAt)])]);
    }

    private static string Question(RandomStream random) => SymbolMap.Question(StrategyMap.Length, 2 + random.NextInt32(2), random);

    private static PromptItem Prompt(RandomStream random)
    {
        var question = Question(random);
        var prompt = StrategyMap.Prompt(question);
        return new PromptItem(question, SmallBase.Tokenizer.Encode(prompt)) { Text = prompt, Target = question };
    }
}
