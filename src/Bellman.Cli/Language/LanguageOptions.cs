using System.CommandLine;
using System.Globalization;
using Bellman.Cli.Commands;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>The options that <c>posttrain</c> and <c>prefer</c> share, and the configuration they make.</summary>
internal sealed class LanguageOptions(string stepsDescription)
{
    private const int TeachingSteps = 200;
    private const string TeacherErrors = "0";

    public Option<string> Model { get; } = new("--model") { Description = "tiny (built and taught on the spot), a Hugging Face folder, or a run that trained a language model.", DefaultValueFactory = _ => ModelArgument.Tiny };
    public ModelUseOptions Use { get; } = new(trains: true);
    public Option<string?> Task { get; } = new("--task") { Description = $"A task with a checker, options after a question mark (default {LanguageSession.DefaultTask})." };
    public Option<string?> Data { get; } = new("--data") { Description = "A data file in place of a task." };
    public Option<string?> Steps { get; } = new("--steps") { Description = stepsDescription };
    public Option<ulong> Seed { get; } = new("--seed") { Description = "Seed of every random draw (default 0)." };
    public Option<string[]> Set { get; } = new("--set") { Description = "An option, name=value; may be repeated. Names without a dot are the trainer's, loss.*, adv.* and kl.* those of the method's parts, teachingSteps and teacherErrors those of the tiny model.", AllowMultipleArgumentsPerToken = false };
    public Option<string?> Resume { get; } = new("--resume") { Description = "Continue this run (id, beginning of an id, folder, or latest) from its newest checkpoint." };
    public Option<string> Runs { get; } = new("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
    public Option<string?> EvaluateEvery { get; } = new("--evaluate-every") { Description = "Steps between evaluations on held-out items (default: a fifth of the run; 0 for none)." };
    public Option<string?> CheckpointEvery { get; } = new("--checkpoint-every") { Description = "Steps between checkpoints (default: a fifth of the run)." };
    public Option<string?> Items { get; } = new("--items") { Description = "Held-out items of an evaluation (default 200)." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Model, Task, Data, Steps, Seed, Set, Resume, Runs, EvaluateEvery, CheckpointEvery, Items }.Concat(Use.All)) { command.Add(option); }
    }

    /// <summary>The run that was asked to be continued.</summary>
    public static Run Opened(RunStore store, string name, string algorithm)
    {
        var run = store.Open(name);
        if (run.Configuration.Algorithm == algorithm) { return run; }
        var other = run.Configuration.Algorithm;
        run.Dispose();
        throw new UsageException($"The run {run.Id} is of '{other}'. Continue it with: bellman {(other is PostTrainCommand.Algorithm or PreferCommand.Algorithm ? other : "train")} --resume {run.Id}");
    }

    public RunConfiguration Configuration(ParseResult parsed, string algorithm, long defaultSteps, params (string Name, string Value)[] own)
    {
        if (parsed.GetValue(Task) is not null && parsed.GetValue(Data) is not null) { throw new UsageException("--task and --data both say what is trained on. Give one of them."); }
        var steps = Quantity.Whole(parsed.GetValue(Steps), "--steps", defaultSteps, 1);
        var options = TrainCommand.Merge(new Dictionary<string, string>(), parsed.GetValue(Set) ?? []);
        var model = ModelArgument.Full(parsed.GetRequiredValue(Model));
        options[LanguageRun.ModelOption] = model;
        foreach (var (name, value) in Use.Given(parsed)) { options[name] = value; }
        foreach (var (name, value) in own) { options[name] = value; }
        options.TryAdd(LanguageRun.TeachingOption, TeachingSteps.ToString(CultureInfo.InvariantCulture));
        _ = Quantity.Whole(options[LanguageRun.TeachingOption], LanguageRun.TeachingOption, TeachingSteps, 1);
        options.TryAdd(LanguageRun.TeacherErrorsOption, TeacherErrors);
        if (!double.TryParse(options[LanguageRun.TeacherErrorsOption], NumberStyles.Float, CultureInfo.InvariantCulture, out var errors) || errors is not (>= 0 and < 1))
        {
            throw new UsageException($"teacherErrors cannot be '{options[LanguageRun.TeacherErrorsOption]}': it is the share of wrong solutions that the tiny model is taught, from 0 to below 1.");
        }
        options.TryAdd(LanguageRun.MaximumTokensOption, model == ModelArgument.Tiny ? "24" : "512");
        return new RunConfiguration
        {
            Algorithm = algorithm,
            Environment = parsed.GetValue(Data) is { } data ? LanguageSession.DataPrefix + Path.GetFullPath(data) : parsed.GetValue(Task) ?? LanguageSession.DefaultTask,
            Steps = steps,
            Seed = parsed.GetValue(Seed),
            Options = options,
            CheckpointEvery = Quantity.Whole(parsed.GetValue(CheckpointEvery), "--checkpoint-every", Math.Max(1, steps / 5), 1),
            EvaluateEvery = Quantity.Whole(parsed.GetValue(EvaluateEvery), "--evaluate-every", Math.Max(1, steps / 5), 0),
            EvaluationEpisodes = Quantity.Count(parsed.GetValue(Items), "--items", 200, 1),
        };
    }

    public static string CommandLine(ParseResult parsed) => "bellman " + string.Join(" ", parsed.Tokens.Select(token => token.Value));
}
