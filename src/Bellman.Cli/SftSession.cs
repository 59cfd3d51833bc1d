using System.Globalization;
using Bellman.Language;
using Bellman.Language.Chat;
using Bellman.Language.Tasks;
using Bellman.Language.Tokenizers;
using Bellman.Runs;

namespace Bellman.Cli;

/// <summary>A supervised training with everything it needs: the model, its data, and where the result goes.</summary>
internal sealed class SftSession : IDisposable
{
    private readonly LanguageModelFolder folder;
    private readonly SupervisedFineTuning training;
    private readonly SupervisedEvaluation evaluation;
    private readonly string? source;
    private readonly bool adapters;
    private readonly bool fromFile;

    private SftSession(LanguageModelFolder folder, string? source, SftPlan plan, RunConfiguration configuration)
    {
        (this.folder, this.source, fromFile) = (folder, source, plan.FromFile);
        var random = RandomStream.Create(configuration.Seed, SftPlan.Algorithm);
        adapters = plan.Training.Adapters is not null;
        if (plan.Training.Adapters is { } lowRank) { folder.Model.AddAdapters(lowRank, random.Child("adapters")); }
        var end = folder.AnswerEnd;
        TaskExamples Examples(TaskSplit split) => new(plan.Task, split, configuration.Seed, folder.Ask, folder.Tokenizer, end);
        training = new SupervisedFineTuning(folder.Model, Examples(TaskSplit.Train), plan.Training, configuration.Steps, random);
        var heldOut = Examples(TaskSplit.HeldOut);
        evaluation = new SupervisedEvaluation(folder.Model, folder.Tokenizer, heldOut, configuration.EvaluationEpisodes, LongestAnswer(heldOut, configuration.EvaluationEpisodes), folder.EndTokens);
    }

    /// <exception cref="BellmanException">The model, the data or an option cannot be used.</exception>
    public static SftSession Create(RunConfiguration configuration, string runs)
    {
        var plan = SftPlan.Read(configuration);
        var (folder, source) = SftPlan.IsTiny(plan.Model) ? (Tiny(plan, configuration), null) : (ModelArgument.Load(plan.Model, runs, plan.Use), ModelArgument.FolderOf(plan.Model, runs));
        try
        {
            return new SftSession(folder, source, plan, configuration);
        }
        catch (UsageException)
        {
            folder.Dispose();
            throw;
        }
    }

    public int Train(Terminal terminal, RunStore store, Run run, bool resume)
    {
        var loop = new SupervisedRun(training, evaluation, run);
        if (resume)
        {
            var from = loop.Resume(terminal.Error.WriteLine);
            terminal.Output.WriteLine(from is null ? "No checkpoint had been written; training from the beginning." : $"Continuing {run.Id} from step {from}.");
        }
        else { terminal.Output.WriteLine($"Run {run.Id} in {run.Folder}: {folder.Model.ParameterCount:N0} parameters{(adapters ? ", adapters alone are trained" : "")}."); }
        store.Update(run, record => record with { Status = RunStatus.Running });
        var clock = System.Diagnostics.Stopwatch.StartNew();
        void Record(RunStatus status) => store.Update(run, record => record with
        {
            Status = status,
            StepsTaken = training.Steps,
            BestEvaluation = double.IsFinite(loop.BestAccuracy) ? loop.BestAccuracy : null,
            Seconds = record.Seconds + clock.Elapsed.TotalSeconds,
        });
        TrainingEnd end;
        try
        {
            var shown = 0L;
            end = loop.Train(progress =>
            {
                // Ten lines tell a run.
                if (progress.Steps * 10 / progress.TotalSteps == shown) { return; }
                shown = progress.Steps * 10 / progress.TotalSteps;
                terminal.Output.WriteLine(Line(progress));
            }, terminal.Cancellation);
        }
        catch (BellmanException)
        {
            Record(RunStatus.Failed);
            throw;
        }
        Export(run);
        Record(end == TrainingEnd.Finished ? RunStatus.Finished : RunStatus.Interrupted);
        run.Write("report.md", Report(run, loop));
        terminal.Output.WriteLine(end == TrainingEnd.Finished
            ? $"Finished {training.Steps} steps in {clock.Elapsed.TotalSeconds:0.0} s.{(double.IsFinite(loop.Accuracy) ? $" Held-out accuracy {loop.Accuracy:0.0%}." : "")} Next: bellman chat {Typed.Name(run)}, or bellman score --model {Typed.Name(run)} {(fromFile ? "--data" : "--task")} {Typed.Argument(run.Configuration.Environment)}"
            : $"Stopped at step {training.Steps} with a checkpoint. Continue with: bellman sft --resume {Typed.Name(run)}");
        return end == TrainingEnd.Finished ? 0 : CommandLine.Interrupted;
    }

    public void Dispose()
    {
        training.Dispose();
        folder.Dispose();
    }

    /// <summary>The model as it is now, as a Hugging Face folder under the run's own; adapters also apart.</summary>
    private void Export(Run run)
    {
        var target = Path.Combine(run.Folder, LanguageModelFolder.FolderInRun);
        folder.Save(target);
        if (adapters) { folder.Model.SaveAdapters(Path.Combine(run.Folder, "adapters"), source ?? ModelArgument.Tiny); }
    }

    private static string Line(SupervisedProgress progress) => string.Create(CultureInfo.InvariantCulture,
        $"{progress.Steps}/{progress.TotalSteps}  loss {progress.Loss:0.000}  held-out {(double.IsFinite(progress.Accuracy) ? progress.Accuracy.ToString("0.0%", CultureInfo.InvariantCulture) : "-")}  {progress.TokensPerSecond:0} tokens/s  left {progress.Remaining?.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture) ?? "-"}");

    private string Report(Run run, SupervisedRun loop) => string.Create(CultureInfo.InvariantCulture,
        $"# Supervised fine-tuning on {run.Configuration.Environment}\n\n`{run.Record.Command}`\n\n| | |\n|---|---|\n| status | {run.Record.Status} |\n| steps | {training.Steps} |\n| tokens | {training.Tokens} |\n| parameters | {folder.Model.ParameterCount} |\n| held-out accuracy | {loop.Accuracy:0.000} |\n| best | {loop.BestAccuracy:0.000} |\n| seconds | {run.Record.Seconds:0.0} |\n| machine | {run.Record.Machine} |\n");

    private static LanguageModelFolder Tiny(SftPlan plan, RunConfiguration configuration)
    {
        var values = plan.Model.Split('?', 2) is [_, var text] ? text.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(Pair) : [];
        var size = OptionSet.Of<TinyModelOptions>("the tiny model").Create<TinyModelOptions>(values);
        // What a file holds says little about the letters of the next one: bytes express all of them.
        ITokenizer tokenizer = plan.FromFile ? ByteTokenizer.Create() : new CharacterTokenizer(plan.Task.Alphabet);
        var model = Transformer.Create(size.Shape(tokenizer), RandomStream.Create(configuration.Seed, "weights"), plan.Use.Compute);
        return new LanguageModelFolder(ModelArgument.Tiny, model, tokenizer, ChatTemplate.Named(plan.Use.Template ?? "plain"));

        KeyValuePair<string, string> Pair(string assignment) => assignment.Split('=', 2) is [var name, var value] ? new(name, value)
            : throw new UsageException($"'{assignment}' in '{plan.Model}' is not an option. Write tiny?name=value&other=value.");
    }

    /// <summary>Half as long again as the longest reference, so that a wrong answer may ramble a little.</summary>
    private static int LongestAnswer(TaskExamples examples, int items)
    {
        var count = (int)Math.Min(items, examples.Count ?? items);
        return 8 + (count == 0 ? 0 : Enumerable.Range(0, count).Max(index => examples[index].Completion.Length) * 3 / 2);
    }
}
