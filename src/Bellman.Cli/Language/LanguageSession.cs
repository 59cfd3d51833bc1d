using System.Globalization;
using Bellman.Language;
using Bellman.Language.Tasks;
using Bellman.Language.Tokenizers;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>What a language command works with: a model, its tokenizer and a task, as the command line names them.</summary>
internal sealed class LanguageSession : IDisposable
{
    /// <summary>A model that is built and taught on the spot.</summary>
    public const string Tiny = "tiny";

    /// <summary>The task without another name.</summary>
    public const string DefaultTask = "arithmetic?level=2";

    /// <summary>Before a data file, in a run's configuration.</summary>
    public const string DataPrefix = "data:";

    private const int TinyContext = 96;
    private const int TeachingBatch = 64;

    private LanguageSession(Transformer model, ITokenizer tokenizer, ITextTask task, ulong seed, bool isTiny)
    {
        (Model, Tokenizer, Task, Seed, IsTiny) = (model, tokenizer, task, seed, isTiny);
        Sampler = new LocalSampler(model, tokenizer);
    }

    public Transformer Model { get; }

    public ITokenizer Tokenizer { get; }

    public ITextTask Task { get; }

    public ISampler Sampler { get; }

    public ulong Seed { get; }

    /// <summary>Whether it knows nothing yet.</summary>
    public bool IsTiny { get; }

    /// <summary>Opens what a configuration names.</summary>
    /// <param name="model"><c>tiny</c>, a Hugging Face folder, or a run whose model is wanted.</param>
    /// <param name="task">A task's name with options, or a data file after <see cref="DataPrefix"/>.</param>
    /// <param name="seed">Seed of weights and items.</param>
    /// <param name="store">Where runs are looked for.</param>
    public static LanguageSession Open(string model, string task, ulong seed, RunStore store)
    {
        var items = task.StartsWith(DataPrefix, StringComparison.Ordinal) ? DataTask.Split(task[DataPrefix.Length..]) : TaskRegistry.Create(task);
        if (model.Equals(Tiny, StringComparison.OrdinalIgnoreCase))
        {
            var characters = new CharacterTokenizer(items.Alphabet);
            return new LanguageSession(Transformer.Create(TinyShape(characters), RandomStream.Create(seed, "weights")), characters, items, seed, isTiny: true);
        }
        var folder = Directory.Exists(model) && File.Exists(Path.Combine(model, "config.json")) ? model : Path.Combine(store.Open(model).Folder, "model");
        if (!Directory.Exists(folder)) { throw new UsageException($"The run {model} has no model: it was stopped before its end. Continue it first, or give a folder with config.json and safetensors."); }
        var saved = Path.Combine(folder, CharacterTokenizer.FileName);
        ITokenizer tokenizer = File.Exists(saved) ? CharacterTokenizer.Read(saved) : TokenizerFolder.Read(folder);
        return new LanguageSession(Transformer.Load(folder), tokenizer, items, seed, isTiny: false);
    }

    /// <summary>Supervised steps on worked solutions, a share of which belong to other questions: a teacher who errs.</summary>
    public void Teach(int steps, double errors, CancellationToken cancellation = default)
    {
        TextItem Item(int index) => Task.Item(TaskSplit.Train, Seed + 1, Task.Count(TaskSplit.Train) is { } count ? index % count : index);
        var random = RandomStream.Create(Seed, "teacher");
        var count = Math.Min(steps * TeachingBatch, 20_000);
        var examples = Enumerable.Range(0, count).Select(index =>
        {
            var solution = Item(random.NextBoolean(errors) ? random.NextInt32(count) : index).Solution;
            return new TokenExample(Tokenizer.Encode(Item(index).Prompt), [.. Tokenizer.Encode(solution), Tokenizer.EndTokens[0]]);
        }).ToList();
        using var trainer = new ImitationTrainer(Model, examples, new OfflineTrainingOptions { BatchSize = TeachingBatch, LearningRate = 2e-3 }, Seed)
        {
            Schedule = new CosineSchedule(2e-3, 2e-4, Math.Min(20, steps / 4), steps),
        };
        for (var i = 0; i < steps; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            trainer.Advance(Silence);
        }
    }

    /// <summary>Share of held-out items answered rightly: by the most likely response, and by sampled ones.</summary>
    public (double Greedy, double Sampled) Accuracy(int items, int maximumTokens, CancellationToken cancellation = default)
    {
        var count = (int)Math.Min(items, Task.Count(TaskSplit.HeldOut) ?? items);
        if (count == 0) { throw new UsageException($"The task {Task.Name} holds no items out. Give a larger data file, or a file of held-out items."); }
        var chosen = Enumerable.Range(0, count).Select(index => Task.Item(TaskSplit.HeldOut, 0, index)).ToList();
        double Share(double temperature, int samples)
        {
            var options = new SamplingOptions { Temperature = temperature, MaximumNewTokens = maximumTokens, StopTokens = [.. Tokenizer.EndTokens] };
            var prompts = chosen.Select((item, i) => new SamplingPrompt(Tokenizer.Encode(item.Prompt), samples, RandomStream.Create(0, "held-out").Child("item", i))).ToList();
            return chosen.Zip(Sampler.Sample(prompts, options, cancellation)).Average(pair => pair.Second.Average(response =>
                response.Finish == FinishReason.Length ? 0 : pair.First.Check(Tokenizer.Decode(response.Tokens)).Answer));
        }
        return (Share(0, 1), Share(1, 2));
    }

    /// <summary>Writes model and tokenizer as a folder that can be given to <c>--model</c>.</summary>
    public void Save(string folder)
    {
        Model.Save(folder);
        if (Tokenizer is CharacterTokenizer characters) { characters.Save(folder); }
    }

    public static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + "%";

    public void Dispose() => Model.Dispose();

    private static IMetricSink Silence { get; } = new MetricLog();

    private static TransformerConfiguration TinyShape(CharacterTokenizer tokenizer) => new()
    {
        VocabularySize = tokenizer.VocabularySize,
        HiddenSize = 64,
        IntermediateSize = 176,
        Layers = 3,
        Heads = 4,
        KeyValueHeads = 4,
        ContextLength = TinyContext,
        EndTokens = tokenizer.EndTokens,
    };
}
