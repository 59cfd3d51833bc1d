using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Bellman.Experiments;
using Bellman.Language;

namespace Bellman.Papers.SurveyRlForLlms;

/// <summary>How large the transformer part is.</summary>
/// <param name="TeachingSteps">Supervised steps on demonstrations.</param>
/// <param name="TeachingBatch">Demonstrations a step.</param>
/// <param name="Demonstrations">Demonstrations of each prompt.</param>
/// <param name="Iterations">Steps of the online methods.</param>
/// <param name="OfflineSteps">Steps of the preference methods; half of it for those that imitate.</param>
/// <param name="Evaluation">Responses to each test prompt.</param>
internal sealed record TransformerScale(int TeachingSteps, int TeachingBatch, int Demonstrations, int Iterations, int OfflineSteps, int Evaluation);

/// <summary>
/// One cell of the transformer part: RunSum modulo 10 with "d1+d2+d3=" as the prompt, 800 prompts to train on and 200 to test, a
/// transformer of 2 layers and width 48 taught by the demonstrators and then improved.
/// </summary>
internal sealed class TransformerRun : IDisposable
{
    private const int PromptsPerStep = 32;
    private const int TestPrompts = 200;

    // Teaching is the same for every arm of a seed.
    private static readonly ConcurrentDictionary<(ulong Seed, int Steps, int Demonstrations), Lazy<JsonObject>> Taught = new();

    private readonly CellContext context;
    private readonly TransformerScale scale;
    private readonly Transformer reference;
    private readonly IReadOnlyList<PromptItem> train;
    private readonly IReadOnlyList<PromptItem> test;
    private readonly RisingCurve frontier = new("accuracy against KL, transformer");
    private readonly RisingCurve efficiency = new("accuracy against tokens, transformer");
    private long tokens;
    private long steps;

    public TransformerRun(CellContext context, ulong seed, TransformerScale scale)
    {
        (this.context, this.scale) = (context, scale);
        Task = new RunSum(10);
        var prompts = Task.Prompts().Select(WithSigns).ToArray();
        // Which prompts are held out is the same for every seed.
        RandomStream.Create(0, "split").Shuffle<PromptItem>(prompts);
        (test, train) = (prompts[..TestPrompts], prompts[TestPrompts..]);
        reference = Create();
        JsonState.Load(reference, Taught.GetOrAdd((seed, scale.TeachingSteps, scale.Demonstrations), _ => new Lazy<JsonObject>(Teach)).Value);
        Model = reference.CopyTransformer(reference.Options);
    }

    public RunSum Task { get; }

    public Transformer Model { get; }

    private SamplingOptions Sampling { get; } = new() { MaximumNewTokens = RunSum.MaximumTokens };

    private RandomStream Random => context.Random;

    public void Online(string method, bool process = false)
    {
        var builder = new PostTraining(Model)
            .Prompts(new ListPromptSource(train, Random.Child("order")))
            .Sampler(Sampler(Model))
            .Reference(reference)
            .Reward(new FunctionReward("right", rollout => Right(rollout.Prompt, rollout.Tokens)))
            .Seed(Random.Child("trainer").NextUInt64())
            .Options(options => options with { PromptsPerStep = PromptsPerStep, GroupSize = 8, LearningRate = 5e-4, WarmUpSteps = 10, MaximumGradientNorm = 1, MaximumNewTokens = RunSum.MaximumTokens })
            .Method(method);
        if (process)
        {
            builder.Reward(new FunctionReward("steps", _ => 0, rollout =>
            {
                var rewards = new double[rollout.Tokens.Length];
                if (Task.Faithful(Digits(rollout.Prompt), rollout.Tokens) > 0) { rewards[1] = 1; }
                return rewards;
            }));
        }
        using var trainer = builder.Build();
        for (var i = 0; i < scale.Iterations; i++)
        {
            if (i % Math.Max(1, scale.Iterations / 5) == 0) { Note(); }
            trainer.Advance(Silence);
            tokens = trainer.GeneratedTokens;
            context.Report((i + 1.0) / scale.Iterations);
        }
        steps = 2 * scale.Iterations;
        Note();
    }

    public void Preferences(string key, double learningRate = 5e-5, int share = 1)
    {
        var pairs = Pool().Pairs(4, Random.Child("pairs"));
        using var trainer = new PreferenceTrainer(Model, pairs, ComponentRegistry.Create<PreferenceLoss>(key), Offline(learningRate), reference, Random.Child("trainer").NextUInt64());
        Advance(trainer, scale.OfflineSteps / share);
    }

    public void Imitate()
    {
        using var trainer = new ImitationTrainer(Model, Pool().Accepted(1), Offline(5e-4), Random.Child("trainer").NextUInt64());
        Advance(trainer, scale.OfflineSteps / 2);
    }

    public BakeOffResult Measure()
    {
        var (accuracy, faithful, length, divergence) = Sampled();
        var greedy = Sampler(Model).Sample([.. test.Select(prompt => new SamplingPrompt(prompt.Tokens, 1, Random))], Sampling with { Temperature = 0 }, context.Cancellation);
        return new BakeOffResult
        {
            Accuracy = accuracy,
            Faithful = faithful,
            Length = length,
            Divergence = divergence,
            Brevity = (4 - length) / 2,
            Greedy = test.Zip(greedy).Average(pair => Right(pair.First, pair.Second[0].Tokens)),
            Tokens = tokens,
            OptimizerSteps = steps,
            Curves = [frontier.ToCurve(), efficiency.ToCurve()],
        };
    }

    public void Dispose()
    {
        Model.Dispose();
        reference.Dispose();
    }

    private static IMetricSink Silence { get; } = new Runs.MetricLog();

    private static OfflineTrainingOptions Offline(double learningRate) => new() { BatchSize = 64, LearningRate = learningRate, MaximumGradientNorm = 1 };

    private static LocalSampler Sampler(Transformer model) => new(model);

    private static int[] Digits(PromptItem prompt) => prompt.Target as int[] ?? [];

    private double Right(PromptItem prompt, int[] response) => Task.Reward(Digits(prompt), response);

    private PromptItem WithSigns(PromptItem prompt)
    {
        var (plus, equals) = (Task.Shape.Vocabulary, Task.Shape.Vocabulary + 1);
        var digits = Digits(prompt);
        return prompt with { Tokens = [digits[0], plus, digits[1], plus, digits[2], equals] };
    }

    private Transformer Create() => Transformer.Create(new TransformerConfiguration
    {
        VocabularySize = Task.Shape.Vocabulary + 2,
        HiddenSize = 48,
        IntermediateSize = 128,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 4,
        ContextLength = 16,
        EndTokens = [Task.End],
        // Smaller weights learn nothing for the first thousand steps.
        InitialDeviation = 0.1,
    }, Random.Child("weights"), new TransformerOptions());

    private JsonObject Teach()
    {
        using var model = Create();
        var draws = Random.Child("demonstrations");
        var examples = Enumerable.Range(0, scale.Demonstrations).SelectMany(_ => train.Select(prompt => new TokenExample(prompt.Tokens, Task.Demonstration(Digits(prompt), draws)))).ToList();
        using var trainer = new ImitationTrainer(model, examples, new OfflineTrainingOptions { BatchSize = scale.TeachingBatch, LearningRate = 2e-3 }, Random.Child("teaching").NextUInt64())
        {
            Schedule = new CosineSchedule(2e-3, 0, Math.Min(50, scale.TeachingSteps / 4), scale.TeachingSteps),
        };
        for (var i = 0; i < scale.TeachingSteps; i++)
        {
            trainer.Advance(Silence);
            context.Report(0, $"teaching {i + 1}/{scale.TeachingSteps}");
        }
        return JsonState.Save(model);
    }

    private ResponsePool Pool()
    {
        var pool = ResponsePool.Draw(Sampler(reference), train, 16, (prompt, response) => Right(prompt, response.Tokens), Sampling, Random.Child("pool"), context.Cancellation);
        tokens += pool.Tokens;
        return pool;
    }

    private void Advance(OfflineTrainer trainer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (i % Math.Max(1, count / 5) == 0) { Note(); }
            trainer.Advance(Silence);
            steps++;
            context.Report((i + 1.0) / count);
        }
        Note();
    }

    private void Note()
    {
        var (accuracy, _, _, divergence) = Sampled();
        frontier.Add(divergence, accuracy);
        efficiency.Add(tokens, accuracy);
    }

    private (double Accuracy, double Faithful, double Length, double Divergence) Sampled()
    {
        var drawn = Sampler(Model).Sample([.. test.Select((prompt, i) => new SamplingPrompt(prompt.Tokens, scale.Evaluation, RandomStream.Create(0, "evaluation").Child("prompt", i)))], Sampling, context.Cancellation);
        var responses = test.Zip(drawn).SelectMany(pair => pair.Second.Select(response => (Prompt: pair.First, Response: response))).ToList();
        var examples = responses.ConvertAll(pair => new TokenExample(pair.Prompt.Tokens, pair.Response.Tokens));
        var (own, fixedScores) = (RewardContext.LogProbabilities(Model, examples), RewardContext.LogProbabilities(reference, examples));
        return (
            responses.Average(pair => Right(pair.Prompt, pair.Response.Tokens)),
            responses.Average(pair => Task.Faithful(Digits(pair.Prompt), pair.Response.Tokens)),
            responses.Average(pair => pair.Response.Tokens.Length),
            own.Zip(fixedScores, (policy, other) => policy - other).Average());
    }
}
