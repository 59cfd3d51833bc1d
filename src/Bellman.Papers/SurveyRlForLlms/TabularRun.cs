using Bellman.Experiments;
using Bellman.Language;

namespace Bellman.Papers.SurveyRlForLlms;

/// <summary>One cell of the exact part: RunSum modulo 5 on a table of logits, measured by enumeration.</summary>
internal sealed class TabularRun : IDisposable
{
    public const double OptimumBeta = 0.3;
    private const double LearningRate = 0.05;

    // Adam over a table: each entry's own scale is what the step is measured in, and clipping the norm of all would couple them.
    private const double NoClip = 1e9;

    private readonly CellContext context;
    private readonly TabularLanguageModel reference;
    private readonly ExactDistribution exactReference;
    private readonly double scale;
    private readonly RisingCurve frontier = new("accuracy against KL");
    private readonly RisingCurve efficiency = new("accuracy against tokens");
    private long tokens;
    private long steps;

    public TabularRun(CellContext context, double scale)
    {
        this.context = context;
        this.scale = scale;
        Task = new RunSum(5);
        reference = Task.Reference();
        Model = reference.CopyTable();
        exactReference = ExactDistribution.Of(reference);
        Prompts = Task.Prompts();
    }

    public RunSum Task { get; }

    public TabularLanguageModel Model { get; }

    public IReadOnlyList<PromptItem> Prompts { get; }

    public RandomStream Random => context.Random;

    /// <summary>So many, or the share of them that this size of the reproduction runs.</summary>
    private int Scaled(int count) => Math.Max(2, (int)(count * scale));

    public IReward Right => new FunctionReward("right", rollout => Task.Reward(rollout.Context, rollout.Tokens));

    public IReward Proxy => new FunctionReward("proxy", rollout => Task.ProxyReward(rollout.Context, rollout.Tokens));

    public static IReward Brief { get; } = new FunctionReward("brevity", rollout => (4 - rollout.OwnTokens) / 2.0);

    /// <summary>The exact checker as a process reward: the right first step is paid at its comma.</summary>
    public IReward Steps => new FunctionReward("steps", _ => 0, rollout =>
    {
        var rewards = new double[rollout.Tokens.Length];
        if (Task.Faithful(rollout.Context, rollout.Tokens) > 0) { rewards[1] = 1; }
        return rewards;
    });

    /// <summary>Every prompt every step, 8 responses each.</summary>
    public void Online(string method, string settings = "", int iterations = 60, Func<PostTraining, PostTraining>? rewards = null, bool decay = false)
    {
        iterations = Scaled(iterations);
        var given = Pairs(settings);
        var builder = new PostTraining(Model)
            .Prompts(new ListPromptSource(Prompts, Random.Child("order"), shuffle: false))
            .Reference(reference)
            .Seed(Random.Child("trainer").NextUInt64())
            .Options(options => options with
            {
                PromptsPerStep = Prompts.Count,
                GroupSize = 8,
                LearningRate = LearningRate,
                MaximumGradientNorm = NoClip,
                MaximumNewTokens = RunSum.MaximumTokens,
                DecaySteps = decay ? iterations : 0,
            })
            .Method(method, given);
        builder = rewards is null ? builder.Reward(Right) : rewards(builder);
        using var critic = new TabularCritic(Model);
        if (method is "ppo" or "a2c" or "vapo") { builder.Critic(critic); }
        using var trainer = builder.Build();
        var drawnBefore = tokens;
        for (var i = 0; i < iterations; i++)
        {
            if (i % Math.Max(1, iterations / 10) == 0) { Note(); }
            trainer.Advance(Silence);
            tokens = drawnBefore + trainer.GeneratedTokens;
            context.Report((i + 1.0) / iterations);
        }
        steps += iterations * (given.TryGetValue("epochs", out var epochs) ? int.Parse(epochs) : PostTrainingMethod.Find(method.Split('+')[0]).Options.Contains("epochs=2", StringComparison.Ordinal) ? 2 : 1);
        Note();
    }

    /// <summary>16 reference samples a prompt.</summary>
    public ResponsePool Pool(Func<int[], int[], double>? score = null, int samples = 16)
    {
        var pool = ResponsePool.Draw(new TabularSampler(reference), Prompts, samples,
            (prompt, response) => score?.Invoke(prompt.Tokens, response.Tokens) ?? Task.Reward(prompt.Tokens, response.Tokens), new SamplingOptions(), Random.Child("pool"), context.Cancellation);
        tokens += pool.Tokens;
        return pool;
    }

    /// <summary>100 full-batch steps on 8 pairs a prompt.</summary>
    public void Preferences(string key, string settings = "", IReadOnlyList<PreferenceExample>? pairs = null, int count = 100)
    {
        pairs ??= Pool().Pairs(8, Random.Child("pairs"));
        using var trainer = new PreferenceTrainer(Model, pairs, ComponentRegistry.Create<PreferenceLoss>(key, Pairs(settings)), Offline, reference);
        Advance(trainer, Scaled(count));
    }

    /// <summary>100 full-batch steps on the rankings of all 16.</summary>
    public void Rankings(string key)
    {
        using var trainer = new RankingTrainer(Model, Pool().Rankings(), ComponentRegistry.Create<RankingLoss>(key), Offline, reference);
        Advance(trainer, Scaled(100));
    }

    /// <summary>Sample, filter, imitate.</summary>
    public void Filter(int rounds, bool fromBase = false, Func<PromptItem, RandomStream, int[]?>? rationalise = null)
    {
        var recipe = new FilterRecipe(new FilterRecipeOptions { Rounds = rounds, Steps = Scaled(60), FromBase = fromBase, Distinct = false }, Offline) { Rationalise = rationalise };
        Note();
        recipe.Run(Model, new TabularSampler(Model), Prompts, (prompt, response) => Task.Reward(prompt.Tokens, response.Tokens), new SamplingOptions(), Random.Child("filter"), cancellation: context.Cancellation);
        (tokens, steps) = (tokens + recipe.GeneratedTokens, steps + recipe.OptimizerSteps);
        Note();
    }

    /// <summary>The right chain against own responses, the opponent refreshed every 25 steps.</summary>
    public void SelfPlay()
    {
        var recipe = new SelfPlayRecipe(new SelfPlayOptions { Rounds = 4, Steps = Scaled(25), Loss = "pref.spin" }, Offline);
        recipe.AgainstDemonstrations(Model, new TabularSampler(Model), Prompts, prompt => Task.Chain(prompt.Tokens), new SamplingOptions(), Random.Child("spin"), cancellation: context.Cancellation);
        (tokens, steps) = (tokens + recipe.GeneratedTokens, steps + 100);
    }

    /// <summary>Takes the parameters' mean with another run's.</summary>
    public void MixWith(TabularRun other)
    {
        RewardedSoup.Mix(Model, [Model.CopyTable(), other.Model], [0.5, 0.5]);
        (tokens, steps) = (tokens + other.tokens, steps + other.steps);
    }

    public TabularRun Another() => new(context, scale);

    /// <summary>The exact measurements.</summary>
    public BakeOffResult Measure(bool keepCurves)
    {
        var exact = ExactDistribution.Of(Model);
        var optimum = exactReference.Tilted(Task.ProxyReward, OptimumBeta);
        var greedy = new TabularSampler(Model).Sample([.. Prompts.Select(prompt => new SamplingPrompt(prompt.Tokens, 1, Random))], new SamplingOptions { Temperature = 0 }, context.Cancellation);
        return new BakeOffResult
        {
            Accuracy = exact.Expect(Task.Reward),
            Greedy = Prompts.Zip(greedy).Average(pair => Task.Reward(pair.First.Tokens, pair.Second[0].Tokens)),
            Faithful = exact.Expect(Task.Faithful),
            Divergence = exact.DivergenceFrom(exactReference),
            Length = exact.MeanLength,
            Proxy = exact.Expect(Task.ProxyReward),
            Brevity = exact.Expect((_, response) => (4 - response.Length) / 2.0),
            FromOptimum = exact.DivergenceFrom(optimum),
            Tokens = tokens,
            OptimizerSteps = steps,
            Curves = keepCurves ? [frontier.ToCurve(), efficiency.ToCurve()] : [],
        };
    }

    public void Dispose()
    {
        Model.Dispose();
        reference.Dispose();
    }

    private static IMetricSink Silence { get; } = new Runs.MetricLog();

    private static OfflineTrainingOptions Offline { get; } = new() { BatchSize = 1_000_000, LearningRate = LearningRate, MaximumGradientNorm = NoClip };

    private void Advance(OfflineTrainer trainer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (i % Math.Max(1, count / 10) == 0) { Note(); }
            trainer.Advance(Silence);
            steps++;
            context.Report((i + 1.0) / count);
        }
        Note();
    }

    private void Note()
    {
        var exact = ExactDistribution.Of(Model);
        var accuracy = exact.Expect(Task.Reward);
        frontier.Add(exact.DivergenceFrom(exactReference), accuracy);
        efficiency.Add(tokens, accuracy);
    }

    private static Dictionary<string, string> Pairs(string query) =>
        query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
}
