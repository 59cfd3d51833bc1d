using System.Globalization;
using System.Text.Json.Nodes;
using Bellman.Language;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>What <c>posttrain</c> and <c>prefer</c> share: options of a run, teaching, evaluation, before and after.</summary>
internal sealed class LanguageRun(Terminal terminal, RunStore store, Run run, LanguageSession session)
{
    private const string BeforeFile = "before.json";

    private readonly RunConfiguration configuration = run.Configuration;

    /// <summary>Trains, evaluates on held-out items, saves the model, and shows before and after.</summary>
    public int Train(ITrainee trainee, bool resume, string command)
    {
        var items = configuration.EvaluationEpisodes;
        var options = new TrainingLoopOptions
        {
            LogEvery = 1,
            CheckpointEvery = configuration.CheckpointEvery,
            EvaluateEvery = configuration.EvaluateEvery,
            Evaluation = metrics =>
            {
                using var turn = TorchTurn.Take();
                session.BeforeEvaluation?.Invoke();
                var (greedy, sampled) = session.Accuracy(items, MaximumTokens, terminal.Cancellation);
                metrics.Add("evaluation/accuracy", sampled);
                metrics.Add("evaluation/greedy_accuracy", greedy);
                return sampled;
            },
        };
        using var display = new TrainingDisplay(terminal);
        var training = new TrainingSession(store, run, trainee, options, display);
        var from = resume ? training.Resume(terminal.Error.WriteLine) : null;
        terminal.Output.WriteLine(!resume ? $"Run {run.Id} in {run.Folder}"
            : from is null ? "No checkpoint had been written; training from the beginning."
            : $"Continuing {run.Id} from step {from}.");
        if (from is null) { Before(items); }
        var end = training.Train(configuration.Steps, terminal.Cancellation);
        display.Dispose();
        TrainingReport.Write(run);
        if (end.Status != RunStatus.Finished)
        {
            terminal.Output.WriteLine($"Stopped at step {trainee.Steps} with a checkpoint. Continue with: bellman {command} --resume {Typed.Name(run)}");
            return CommandLine.Interrupted;
        }
        After(items);
        terminal.Output.WriteLine($"Finished {trainee.Steps} steps in {end.Seconds:0.0} s. Next: bellman posttrain --model {Typed.Name(run)}");
        return 0;
    }

    public int MaximumTokens => int.Parse(configuration.Options[MaximumTokensOption], CultureInfo.InvariantCulture);

    public const string ModelOption = "model";
    public const string MethodOption = "method";
    public const string TeachingOption = "teachingSteps";
    public const string TeacherErrorsOption = "teacherErrors";
    public const string MaximumTokensOption = "maximumNewTokens";

    private static readonly HashSet<string> Own = [ModelOption, .. ModelUse.Keys, MethodOption, TeachingOption, TeacherErrorsOption];

    /// <summary>The options that the method's parts take.</summary>
    public static Dictionary<string, string> MethodSettings(RunConfiguration configuration) =>
        configuration.Options.Where(option => !Own.Contains(option.Key) && !RemoteSampling.Takes(option.Key)).ToDictionary(option => option.Key, option => option.Value);

    /// <summary>Whether an option is the run's own, not the method's or the trainer's.</summary>
    public static bool IsOwn(string option) => Own.Contains(option);

    private void Before(int items)
    {
        if (session.IsTiny)
        {
            var steps = int.Parse(configuration.Options[TeachingOption], CultureInfo.InvariantCulture);
            var errors = double.Parse(configuration.Options[TeacherErrorsOption], CultureInfo.InvariantCulture);
            terminal.Output.WriteLine($"Teaching a model of {session.Model.ParameterCount:N0} parameters {session.Task.Name} by {steps} supervised steps; the teacher is wrong in {LanguageSession.Percent(errors)} of the solutions.");
            session.Teach(steps, errors, terminal.Cancellation);
        }
        var (greedy, sampled) = session.Accuracy(items, MaximumTokens, terminal.Cancellation);
        run.Write(BeforeFile, new JsonObject { ["greedy"] = greedy, ["sampled"] = sampled }.ToJsonString() + "\n");
        terminal.Output.WriteLine($"Before: {LanguageSession.Percent(sampled)} of its answers to {items} held-out items are right, {LanguageSession.Percent(greedy)} of the most likely ones.");
    }

    private void After(int items)
    {
        session.BeforeEvaluation?.Invoke();
        var folder = Path.Combine(run.Folder, LanguageModelFolder.FolderInRun);
        session.Folder.Save(folder);
        var (greedy, sampled) = session.Accuracy(items, MaximumTokens, terminal.Cancellation);
        var path = Path.Combine(run.Folder, BeforeFile);
        var before = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) : null;
        double Earlier(string name) => before?[name]?.GetValue<double>() ?? double.NaN;
        terminal.Table([$"held-out {session.Task.Name}, {items} items", "before", "after", "change in points"],
        [
            [session.Choose is null ? "its answers are right" : $"the answer that the verifier gives most among {LanguageSession.Choices} is right", LanguageSession.Percent(Earlier("sampled")), LanguageSession.Percent(sampled), Points(sampled - Earlier("sampled"))],
            ["its most likely answers are right", LanguageSession.Percent(Earlier("greedy")), LanguageSession.Percent(greedy), Points(greedy - Earlier("greedy"))],
        ]);
        terminal.Output.WriteLine($"Model: {folder}");
    }

    private static string Points(double difference) => (100 * difference).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);
}
