using Bellman.Language;
using Bellman.Language.Data;
using Bellman.Language.Tasks;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>
/// What a supervised run was asked to do, as its <c>run.json</c> keeps it: the options of the training, and beside them the
/// model and how a file is read, under names that no option has.
/// </summary>
internal sealed record SftPlan
{
    public const string Algorithm = "sft";

    private const string ModelKey = "model", FileKey = "file", ColumnsKey = "columns", PromptKey = "prompt";
    private static readonly string[] Keys = [ModelKey, FileKey, ColumnsKey, PromptKey, .. ModelUse.Keys];

    public static OptionSet Options { get; } = OptionSet.Of<SupervisedOptions>("supervised fine-tuning");

    public required string Model { get; init; }

    public required ITextTask Task { get; init; }

    /// <summary>Whether the questions come from a file, whose other parts may hold any text.</summary>
    public required bool FromFile { get; init; }

    public required ModelUse Use { get; init; }

    public required SupervisedOptions Training { get; init; }

    public static Dictionary<string, string> Write(IEnumerable<string> assignments, string model, bool file, string? columns, string? prompt, IReadOnlyDictionary<string, string> use)
    {
        var values = new Dictionary<string, string>(use) { [ModelKey] = model };
        void Keep(string key, string? value)
        {
            if (value is not null) { values[key] = value; }
        }
        Keep(FileKey, file ? "true" : null);
        Keep(ColumnsKey, columns);
        Keep(PromptKey, prompt);
        foreach (var assignment in assignments)
        {
            var equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) { throw new UsageException($"--set {assignment} is not an option. Write --set name=value."); }
            var name = Options.Find(assignment[..equals]).Name;
            if (!values.TryAdd(name, assignment[(equals + 1)..])) { throw new UsageException($"--set {name} was given twice. Give it once."); }
        }
        if (!values.ContainsKey("learningRate"))
        {
            // A model trained from nothing, and adapters, need far larger steps than a pre-trained model's own weights.
            if (IsTiny(model)) { values["learningRate"] = "4e-3"; }
            else if (values.TryGetValue("adapterRank", out var rank) && rank != "0") { values["learningRate"] = "2e-4"; }
        }
        return values;
    }

    public static SftPlan Read(RunConfiguration configuration)
    {
        var values = configuration.Options;
        if (configuration.Algorithm != Algorithm || !values.TryGetValue(ModelKey, out var model)) { throw new UsageException($"That run is of {configuration.Algorithm}, not of {Algorithm}. Name a run of 'bellman sft'."); }
        var columns = values.TryGetValue(ColumnsKey, out var named) ? DataColumns.Parse(named, QuestionFile.Roles) : null;
        var fromFile = values.ContainsKey(FileKey);
        return new SftPlan
        {
            Model = model,
            FromFile = fromFile,
            Task = fromFile ? DataTask.Split(configuration.Environment, columns, values.GetValueOrDefault(PromptKey) ?? QuestionFile.UsualPrompt) : TaskRegistry.Create(configuration.Environment),
            Use = ModelUse.Read(values),
            Training = Options.Create<SupervisedOptions>(values.Where(pair => !Keys.Contains(pair.Key))),
        };
    }

    public static bool IsTiny(string model) => model.Split('?')[0] == ModelArgument.Tiny;
}
