using Bellman.Experiments;
using Bellman.Language;
using Bellman.Language.Tasks.Symbols;
using Bellman.Papers.LanguagePapers;

namespace Bellman.Papers.ReinforcementMidTraining;

/// <summary>How large a run is.</summary>
/// <param name="TeachingSteps">Steps of the base's teaching.</param>
/// <param name="Steps">T.</param>
/// <param name="TestItems">Items of each number of hops.</param>
internal sealed record MidTrainingScale(int TeachingSteps, int Steps, int TestItems);

/// <summary>One cell: a base that thinks at length and errs, mid-trained in an arm's way on HopText.</summary>
internal sealed class ReinforcementMidTrainingRun : IDisposable
{
    /// <summary>Written into prompts where no budget is kept.</summary>
    public const int PlainBudget = 30;

    private const int TargetsPerStep = 12;
    private const int GroupSize = 8;
    private const int Documents = 8192;
    private const int TestDocuments = 300;
    private const int SamplesPerItem = 4;
    private const int MostTokens = 64;
    private const int LastSteps = 10;
    private const double LearningRate = 3e-4;
    private const int Context = 96;

    private readonly CellContext context;
    private readonly MidTrainingScale scale;
    private readonly Transformer model;
    private readonly double baseLoss;
    private double lateLength = double.NaN;

    public ReinforcementMidTrainingRun(ulong seed, MidTrainingScale scale, CellContext context)
    {
        (this.scale, this.context) = (scale, context);
        model = SmallBase.Get("hop-text", seed, scale.TeachingSteps, HopText.Demonstration, Context, cancellation: context.Cancellation);
        baseLoss = PlainLoss();
    }

    private RandomStream Random => context.Random;

    /// <summary>Mid-trains by these options.</summary>
    public IReadOnlyList<Curve> Train(ReinforcementMidTrainingOptions options)
    {
        options = options with { Steps = scale.Steps };
        var corpus = HopText.Corpus(Documents, Random.Child("corpus"));
        var form = HopText.Form(PlainBudget);
        var source = new NextTokenSource(corpus.Documents, () => corpus, form, options, Random.Child("targets"));
        using var trainer = new PostTraining(model)
            .AddReinforcementMidTraining(source, form, options)
            .Tokenizer(SmallBase.Tokenizer)
            .Credit(new GrpoCredit())
            .Objective(new PpoObjective { Reduction = Reduction.SequenceMeanTokenMean })
            .Options(trainer => trainer with { PromptsPerStep = TargetsPerStep, GroupSize = GroupSize, Epochs = 1, LearningRate = LearningRate, MaximumNewTokens = MostTokens })
            .Seed(Random.Child("trainer").NextUInt64())
            .Build();
        var last = new LastMetrics();
        var (at, lengths, hits, budgets) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var step = 1; step <= scale.Steps; step++)
        {
            trainer.Advance(last);
            context.Report((double)step / scale.Steps);
            at.Add(step);
            lengths.Add(last["rmt/length"]);
            hits.Add(last["reward/match"]);
            budgets.Add(last["rmt/budget"]);
        }
        lateLength = lengths.TakeLast(LastSteps).Average();
        return [new Curve("thinking length", at, lengths), new Curve("hits", at, hits)];
    }

    /// <summary>The lambda term alone: next-token prediction on the corpus.</summary>
    public IReadOnlyList<Curve> Predict()
    {
        var corpus = HopText.Corpus(Documents, Random.Child("corpus"));
        var none = new HashSet<int>();
        using var trainer = new ImitationTrainer(model, [.. corpus.Documents.Select(document => NextTokenTerm.Example(document, none))], new OfflineTrainingOptions { BatchSize = TargetsPerStep, LearningRate = LearningRate }, Random.Child("prediction").NextUInt64());
        trainer.Run(scale.Steps, cancellation: context.Cancellation);
        return [];
    }

    /// <summary>Measures with this budget in the prompts.</summary>
    public Dictionary<string, double> Measure(int budget)
    {
        var results = Enumerable.Range(2, HopText.MostHops - 1).Select(n => Items(n, budget)).ToList();
        return new Dictionary<string, double>
        {
            ["accuracy"] = results.Average(result => result.Accuracy),
            ["accuracy-easy"] = results[0].Accuracy,
            ["accuracy-medium"] = results[1].Accuracy,
            ["accuracy-hard"] = results[2].Accuracy,
            ["thinking-length"] = results.Average(result => result.Length),
            ["late-length"] = lateLength,
            ["plain-loss"] = PlainLoss(),
            ["plain-loss-increase"] = PlainLoss() - baseLoss,
            ["plain-accuracy"] = results.Average(result => result.Plain),
        };
    }

    public void Dispose() => model.Dispose();

    private (double Accuracy, double Length, double Plain) Items(int hops, int budget)
    {
        var form = HopText.Form(budget);
        var random = Random.Child("test", hops);
        var items = new List<(CorpusDocument Document, int Place)>();
        for (var i = 0L; items.Count < scale.TestItems; i++)
        {
            var document = HopText.Document(random.Child("document", i));
            var item = Array.IndexOf(document.Hops, hops);
            if (item >= 0) { items.Add((HopText.ToDocument(document), HopText.Place(item))); }
        }
        IReadOnlyList<IReadOnlyList<Completion>> Draw(Func<(CorpusDocument Document, int Place), int[]> prompt, int tokens, string name) => new LocalSampler(model, SmallBase.Tokenizer).Sample(
            [.. items.Select((item, i) => new SamplingPrompt(prompt(item), SamplesPerItem, random.Child(name, i)))], new SamplingOptions { MaximumNewTokens = tokens }, context.Cancellation);
        var reasoned = Draw(item => form.Prompt(item.Document.Tokens[..item.Place], budget), MostTokens, "reasoned");
        var plain = Draw(item => [.. item.Document.Start, .. item.Document.Tokens[..item.Place]], 1, "plain");
        var parsed = items.SelectMany((item, i) => reasoned[i].Select(response => (item, Response: form.Parse(response.Tokens)))).ToList();
        return (
            parsed.Average(pair => form.IsHit(pair.Response, pair.item.Document.Tokens.AsSpan(pair.item.Place)) ? 1.0 : 0),
            parsed.Average(pair => pair.Response.ThinkingLength),
            items.SelectMany((item, i) => plain[i].Select(response => response.Tokens[0] == item.Document.Tokens[item.Place] ? 1.0 : 0)).Average());
    }

    /// <summary>Mean loss of a token of plain documents that were never trained on.</summary>
    private double PlainLoss()
    {
        var none = new HashSet<int>();
        var examples = Enumerable.Range(0, TestDocuments).Select(i => NextTokenTerm.Example(HopText.ToDocument(HopText.Document(Random.Child("plain", i))), none)).ToList();
        return -RewardContext.LogProbabilities(model, examples).Sum() / examples.Sum(example => example.Response.Length);
    }
}
