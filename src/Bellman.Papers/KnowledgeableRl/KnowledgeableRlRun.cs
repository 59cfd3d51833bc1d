using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Tasks;
using Bellman.Language.Tasks.Symbols;

namespace Bellman.Papers.KnowledgeableRl;

/// <summary>How large a run is.</summary>
/// <param name="TeachingSteps">Steps of the base's teaching.</param>
/// <param name="Steps">Steps of reinforcement.</param>
/// <param name="Samples">Responses to each entity in the test.</param>
internal sealed record KnowledgeableScale(int TeachingSteps, int Steps, int Samples);

/// <summary>One cell: a base of two-letter facts, trained in an arm's way, asked about what it knows and what it cannot know.</summary>
internal sealed class KnowledgeableRlRun : IDisposable
{
    private const int PromptsPerStep = 12;
    private const int GroupSize = 8;
    private const double LearningRate = 3e-4;
    private const int Context = 24;
    private const int OfflineSteps = 60;

    private readonly CellContext context;
    private readonly KnowledgeableScale scale;
    private readonly TwoLetterFacts world;
    private readonly KnowledgeableReward judge;
    private readonly Transformer model;

    public KnowledgeableRlRun(ulong seed, KnowledgeableScale scale, CellContext context)
    {
        (this.scale, this.context) = (scale, context);
        world = new TwoLetterFacts(seed);
        judge = new KnowledgeableReward(new KnowledgeableRlOptions(), world.Parts.Form ?? new LetterForm(), world.Parts);
        model = SmallBase.Get("two-letter-facts", seed, scale.TeachingSteps, world.Demonstration, Context, TwoLetterFacts.Tokenizer, context.Cancellation);
    }

    private RandomStream Random => context.Random;

    private IReadOnlyList<TextItem> Trained => [.. world.KnownItems, .. world.UnknownItems];

    /// <summary>GRPO by KnowRL's reward, known and unknown entities in equal shares.</summary>
    public IReadOnlyList<Curve> Reinforce(KnowledgeableRlOptions options, string method = "")
    {
        var builder = new PostTraining(model)
            .Prompts(new DrawnPromptSource(random => TwoLetterFacts.Prompt(Draw(random.NextBoolean() ? world.KnownItems : world.UnknownItems, random)), Random.Child("questions")))
            .Tokenizer(TwoLetterFacts.Tokenizer)
            .Options(trainer => trainer with { PromptsPerStep = PromptsPerStep, GroupSize = GroupSize, Epochs = 1, LearningRate = LearningRate, MaximumNewTokens = TwoLetterFacts.MaximumTokens })
            .AddKnowledgeableRl(options, world.Parts)
            .Seed(Random.Child("trainer").NextUInt64());
        builder = method.Length > 0
            ? builder.Method(method, new Dictionary<string, string> { ["epochs"] = "1", ["kl.coefficient"] = "0" })
            : builder.Credit(new GrpoCredit { Epsilon = 1e-4 }).Objective(new PpoObjective { Reduction = Reduction.TokenMean });
        using var trainer = builder.Build();
        var last = new LanguagePapers.LastMetrics();
        var (at, refused, falseFacts) = (new List<double>(), new List<double>(), new List<double>());
        for (var step = 1; step <= scale.Steps; step++)
        {
            trainer.Advance(last);
            context.Report((double)step / scale.Steps);
            at.Add(step);
            refused.Add(last["knowrl/refused"]);
            falseFacts.Add(last["knowrl/false_facts"]);
        }
        return [new Curve("refusals in training", at, refused), new Curve("false facts in training", at, falseFacts)];
    }

    /// <summary>Imitates right answers to every trained entity, also those that the base does not know.</summary>
    public void Imitate()
    {
        var examples = Trained.Select(item => Example(item, TwoLetterFacts.Gold(item))).ToList();
        using var trainer = new ImitationTrainer(model, examples, Offline(), Random.Child("imitation").NextUInt64());
        trainer.Run(OfflineSteps, cancellation: context.Cancellation);
    }

    /// <summary>DPO, right answers against own ones.</summary>
    public void PreferGold() => Prefer(Trained.SelectMany(item => Draw(item, 4).Where(text => text != TwoLetterFacts.Gold(item)).Select(text => (item, TwoLetterFacts.Gold(item), text))));

    /// <summary>FactTune-FS: DPO on pairs of own responses, the one with the larger share of supported facts preferred.</summary>
    public void PreferFactual() => Prefer(Trained.SelectMany(item =>
    {
        var ranked = Draw(item, 8).Select(text => (Text: text, Score: judge.Assess(item, text) is { } one ? judge.Fact(one) : 0)).ToList();
        return from better in ranked from worse in ranked where better.Score > worse.Score select (item, better.Text, worse.Text);
    }));

    /// <summary>Known entities and those that were never trained.</summary>
    public Dictionary<string, double> Measure()
    {
        var known = Assess(world.KnownItems, "known");
        var held = Assess(world.HeldOutItems, "held-out");
        double Share(List<Assessment> all, Verdict verdict) => all.Average(one => one.Verdict == verdict ? 1.0 : 0);
        return new Dictionary<string, double>
        {
            ["incorrect-held-out"] = Share(held, Verdict.Incorrect),
            ["refused-held-out"] = Share(held, Verdict.NotAttempted),
            ["correct-known"] = Share(known, Verdict.Correct),
            ["refused-known"] = Share(known, Verdict.NotAttempted),
            ["false-facts-known"] = FalseFacts(known),
            ["false-facts-held-out"] = FalseFacts(held),
            ["facts-known"] = known.Average(one => (double)one.Facts),
            ["malformed"] = known.Average(one => one.WellFormed ? 0.0 : 1),
        };
    }

    public void Dispose()
    {
        model.Dispose();
        judge.Dispose();
    }

    private static double FalseFacts(List<Assessment> all) => all.Sum(one => one.Facts) is var facts and > 0 ? 1 - (double)all.Sum(one => one.Supported) / facts : 0;

    private static OfflineTrainingOptions Offline() => new() { BatchSize = 48, LearningRate = LearningRate };

    private static TextItem Draw(IReadOnlyList<TextItem> items, RandomStream random) => items[random.NextInt32(items.Count)];

    private static TokenExample Example(TextItem item, string response) =>
        new(TwoLetterFacts.Tokenizer.Encode(item.Prompt), [.. TwoLetterFacts.Tokenizer.Encode(response), TwoLetterFacts.Tokenizer.EndTokens[0]]);

    private void Prefer(IEnumerable<(TextItem Item, string Better, string Worse)> pairs)
    {
        var examples = pairs.Select(pair => new PreferenceExample(TwoLetterFacts.Tokenizer.Encode(pair.Item.Prompt), Example(pair.Item, pair.Better).Response, Example(pair.Item, pair.Worse).Response)).ToList();
        using var reference = model.CopyTransformer(model.Options);
        using var trainer = new PreferenceTrainer(model, examples, ComponentRegistry.Create<PreferenceLoss>("pref.dpo"), Offline() with { LearningRate = 1e-4 }, reference, Random.Child("preferences").NextUInt64());
        trainer.Run(OfflineSteps, cancellation: context.Cancellation);
    }

    private List<string> Draw(TextItem item, int count) => Texts([item], count, Random.Child("own"))[0];

    private List<Assessment> Assess(IReadOnlyList<TextItem> items, string name) =>
        [.. items.Zip(Texts(items, scale.Samples, Random.Child(name))).SelectMany(pair => pair.Second.Select(text => judge.Assess(pair.First, text)).OfType<Assessment>())];

    private List<List<string>> Texts(IReadOnlyList<TextItem> items, int count, RandomStream random) =>
        [.. new LocalSampler(model, TwoLetterFacts.Tokenizer)
            .Sample([.. items.Select(item => new SamplingPrompt(TwoLetterFacts.Tokenizer.Encode(item.Prompt), count, random.Child(item.Id)))], new SamplingOptions { MaximumNewTokens = TwoLetterFacts.MaximumTokens }, context.Cancellation)
            .Select(responses => responses.Select(response => TwoLetterFacts.Tokenizer.Decode(response.Tokens)).ToList())];
}
