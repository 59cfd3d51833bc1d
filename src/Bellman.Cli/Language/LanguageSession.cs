using System.Globalization;
using Bellman.Language;
using Bellman.Language.Chat;
using Bellman.Language.Tasks;
using Bellman.Language.Tokenizers;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>What <c>posttrain</c> and <c>prefer</c> work with: a model's folder and a task, as the command line names them.</summary>
internal sealed class LanguageSession : IDisposable
{
    /// <summary>The task without another name.</summary>
    public const string DefaultTask = "arithmetic?level=2";

    /// <summary>Before a data file, in a run's configuration.</summary>
    public const string DataPrefix = "data:";

    /// <summary>Answers among which a verifier chooses.</summary>
    public const int Choices = 8;

    private const int TinyContext = 96;
    private const int TeachingBatch = 64;

    private readonly ulong seed;

    private LanguageSession(LanguageModelFolder folder, ITextTask task, ulong seed, bool isTiny)
    {
        (Folder, Task, this.seed, IsTiny) = (folder, task, seed, isTiny);
        // Values of the model as it was would steer what is trained away from itself.
        folder.Steering = null;
    }

    public LanguageModelFolder Folder { get; }

    public Transformer Model => Folder.Model;

    public ITextTask Task { get; }

    public ISampler Sampler => Folder.Sampler();

    /// <summary>Done before each evaluation, e.g. to let values steer; null for nothing.</summary>
    public Action? BeforeEvaluation { get; set; }

    /// <summary>Chooses among <see cref="Choices"/> answers to a prompt's tokens; null where each answer counts.</summary>
    public Func<int[], IReadOnlyList<Completion>, int>? Choose { get; set; }

    /// <summary>Whether it knows nothing yet.</summary>
    public bool IsTiny { get; }

    /// <summary>Opens the model that a configuration names; its seed is that of a tiny model's weights and of the items.</summary>
    /// <param name="configuration">Of the run.</param>
    /// <param name="store">Where runs are looked for.</param>
    /// <param name="task">A task's name with options, or a data file after <see cref="DataPrefix"/>.</param>
    public static LanguageSession Open(RunConfiguration configuration, RunStore store, string task)
    {
        var model = configuration.Options[LanguageRun.ModelOption];
        var use = ModelUse.Read(configuration.Options);
        var items = task.StartsWith(DataPrefix, StringComparison.Ordinal) ? DataTask.Split(task[DataPrefix.Length..]) : TaskRegistry.Create(task);
        if (model != ModelArgument.Tiny) { return new LanguageSession(ModelArgument.Load(model, store.Root, use), items, configuration.Seed, isTiny: false); }
        var characters = new CharacterTokenizer(items.Alphabet);
        var tiny = Transformer.Create(TinyShape(characters), RandomStream.Create(configuration.Seed, "weights"), use.Compute);
        return new LanguageSession(new LanguageModelFolder(model, tiny, characters, ChatTemplate.Named(use.Template ?? "plain")), items, configuration.Seed, isTiny: true);
    }

    /// <summary>Supervised steps on worked solutions, a share of which belong to other questions: a teacher who errs.</summary>
    public void Teach(int steps, double errors, CancellationToken cancellation = default)
    {
        TextItem Item(int index) => Task.Item(TaskSplit.Train, seed + 1, Task.Count(TaskSplit.Train) is { } count ? index % count : index);
        var random = RandomStream.Create(seed, "teacher");
        var count = Math.Min(steps * TeachingBatch, 20_000);
        var examples = Enumerable.Range(0, count).Select(index =>
        {
            var solution = Item(random.NextBoolean(errors) ? random.NextInt32(count) : index).Solution;
            return new TokenExample(Folder.Ask(Item(index).Prompt), [.. Folder.Tokenizer.Encode(solution), Folder.AnswerEnd]);
        }).ToList();
        using var trainer = new ImitationTrainer(Model, examples, new OfflineTrainingOptions { BatchSize = TeachingBatch, LearningRate = 2e-3 }, seed)
        {
            Schedule = new CosineSchedule(2e-3, 2e-4, Math.Min(20, steps / 4), steps),
        };
        trainer.Run(steps, cancellation: cancellation);
    }

    /// <summary>Share of held-out items answered rightly: by the most likely response, and by sampled ones.</summary>
    public (double Greedy, double Sampled) Accuracy(int items, int maximumTokens, CancellationToken cancellation = default)
    {
        var count = (int)Math.Min(items, Task.Count(TaskSplit.HeldOut) ?? items);
        if (count == 0) { throw new UsageException($"The task {Task.Name} holds no items out. Give a larger data file, or a file of held-out items."); }
        var chosen = Enumerable.Range(0, count).Select(index => Task.Item(TaskSplit.HeldOut, 0, index)).ToList();
        double Share(double temperature, int samples)
        {
            var options = new SamplingOptions { Temperature = temperature, MaximumNewTokens = maximumTokens, StopTokens = [.. Folder.EndTokens] };
            var prompts = chosen.Select((item, i) => new SamplingPrompt(Folder.Ask(item.Prompt), samples, RandomStream.Create(0, "held-out").Child("item", i))).ToList();
            var drawn = Sampler.Sample(prompts, options, cancellation);
            double Right(TextItem item, Completion response) => response.Finish == FinishReason.Length ? 0 : item.Check(Folder.Tokenizer.Decode(response.Tokens)).Answer;
            return samples == Choices && Choose is { } choose
                ? chosen.Select((item, i) => Right(item, drawn[i][Math.Max(0, choose(prompts[i].Tokens, drawn[i]))])).Average()
                : chosen.Zip(drawn).Average(pair => pair.Second.Average(response => Right(pair.First, response)));
        }
        return (Share(0, 1), Share(1, Choose is null ? 2 : Choices));
    }

    public static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + "%";

    public void Dispose() => Folder.Dispose();

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
