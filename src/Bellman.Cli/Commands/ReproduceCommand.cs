using System.CommandLine;
using Bellman.Experiments;
using Bellman.Papers;
using Spectre.Console;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman reproduce</c>: measure a paper's claims.</summary>
internal static class ReproduceCommand
{
    public static Command Create(Terminal terminal)
    {
        var slug = new Argument<string>("slug") { Description = "The paper; 'bellman papers' lists all of them." };
        var smoke = new Option<bool>("--smoke") { Description = "The whole path, tiny: at most 20 seconds." };
        var full = new Option<bool>("--full") { Description = "The paper's own scale; says what is missing for it." };
        var seeds = new Option<int?>("--seeds") { Description = "Seeds an arm, instead of the reproduction's own." };
        var jobs = new Option<int>("--jobs") { Description = "Cells computed at the same time (default: the processor's cores).", DefaultValueFactory = _ => Environment.ProcessorCount };
        var runs = new Option<string>("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
        var fresh = new Option<bool>("--fresh") { Description = "Compute every cell again, also those that an earlier run has stored." };
        var model = new Option<string?>("--model") { Description = "With --full: the folder of the model that the paper's configuration starts from." };
        var data = new Option<string?>("--data") { Description = "With --full: the file of training data." };
        var heldOut = new Option<string?>("--held-out") { Description = "With --full: a file of data to measure on (default: some of the training data is held out)." };
        var set = new Option<string[]>("--set") { Description = "With --full: an option in place of the paper's, name=value; may be repeated.", AllowMultipleArgumentsPerToken = false };
        var json = new Option<bool>("--json") { Description = "Print the results as JSON." };
        var command = new Command("reproduce", "Measure the claims of a paper: arms x seeds, report, plots, verdict. A run that was stopped continues with what is missing.")
        {
            slug, smoke, full, seeds, jobs, runs, fresh, model, data, heldOut, set, json,
        }.WithExamples("bellman reproduce nanorobots", "bellman reproduce nanorobots --smoke", "bellman reproduce nanorobots --seeds 12 --jobs 2",
            "bellman reproduce thr --full --model Qwen2.5-Math-1.5B --data math-train.jsonl");
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(smoke) && parsed.GetValue(full)) { throw new UsageException("--smoke and --full are two sizes. Give one of them, or none for the default."); }
            var size = parsed.GetValue(smoke) ? ReproductionSize.Smoke : parsed.GetValue(full) ? ReproductionSize.Full : ReproductionSize.Default;
            var reproduction = PaperCatalog.Find(parsed.GetRequiredValue(slug)).CreateReproduction();
            var inputs = new FullScaleInputs
            {
                Model = parsed.GetValue(model),
                Data = parsed.GetValue(data),
                HeldOut = parsed.GetValue(heldOut),
                Settings = TrainCommand.Merge(new Dictionary<string, string>(), parsed.GetValue(set) ?? []),
            };
            if (size != ReproductionSize.Full && (inputs.Model ?? inputs.Data ?? inputs.HeldOut) is not null | inputs.Settings.Count > 0)
            {
                throw new UsageException("--model, --data, --held-out and --set belong to the paper's own scale. Add --full, or leave them out.");
            }
            reproduction.Inputs = inputs;
            var settings = new ReproductionSettings
            {
                Size = size,
                SeedCount = parsed.GetValue(seeds),
                Jobs = parsed.GetValue(jobs),
                Fresh = parsed.GetValue(fresh),
                Folder = Path.Combine(parsed.GetRequiredValue(runs), "reproduce", reproduction.Slug, size.ToString().ToLowerInvariant()),
            };
            var commandLine = $"bellman reproduce {reproduction.Slug}{(size == ReproductionSize.Default ? "" : $" --{size.ToString().ToLowerInvariant()}")}{(settings.SeedCount is { } count ? $" --seeds {count}" : "")}";
            return Run(terminal, reproduction, settings, commandLine, parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(Terminal terminal, Reproduction reproduction, ReproductionSettings settings, string commandLine, bool json)
    {
        var outcome = Measure(terminal, reproduction, settings, quiet: json);
        var results = ResultsDocument.From(outcome, commandLine);
        var files = ReproductionReport.Write(outcome, results);
        if (ResultsPublication.FindSourceTree(AppContext.BaseDirectory) is { } tree) { ResultsPublication.Publish(outcome, results, tree); }
        if (json)
        {
            terminal.Output.Write(results.ToJson());
            return outcome.ExitCode;
        }
        PrintArms(terminal, outcome);
        PrintClaims(terminal, outcome);
        foreach (var failure in outcome.Failures) { terminal.Output.WriteLine(failure.Message); }
        terminal.Output.WriteLine(ReproductionReport.Verdict(outcome));
        terminal.Output.WriteLine($"Report: {files.Report}");
        foreach (var plot in files.Plots.Where(plot => plot.EndsWith(".png", StringComparison.Ordinal))) { terminal.Output.WriteLine($"Plot:   {plot}"); }
        return outcome.ExitCode;
    }

    private static ReproductionOutcome Measure(Terminal terminal, Reproduction reproduction, ReproductionSettings settings, bool quiet)
    {
        if (quiet || !terminal.IsInteractive)
        {
            return ReproductionHarness.Run(reproduction, settings, quiet ? null : new Lines(terminal), terminal.Cancellation);
        }
        return terminal.Console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
            .Start(context => ReproductionHarness.Run(reproduction, settings, new Bar(context.AddTask(reproduction.Slug)), terminal.Cancellation));
    }

    private static void PrintArms(Terminal terminal, ReproductionOutcome outcome)
    {
        var metrics = outcome.Plan.Metrics;
        terminal.Table(["arm", "seeds", .. metrics.Select(metric => metric.Name)], outcome.Plan.Arms.Select(arm => (IReadOnlyList<string>)
        [
            arm.Name,
            $"{outcome.RecordsOf(arm).Count}",
            .. metrics.Select(metric => outcome.Summary(arm.Name, metric.Name)).Select(summary => $"{Number(summary.InterquartileMean)} {Range(summary.Interval)}"),
        ]));
    }

    private static void PrintClaims(Terminal terminal, ReproductionOutcome outcome) =>
        terminal.Table(["claim", "requires", "measured", "verdict"], outcome.Verdicts.Select(verdict => (IReadOnlyList<string>)
        [
            verdict.Claim.Name,
            verdict.Claim.Requirement,
            $"{Number(verdict.Value)} {Range(verdict.Interval)}",
            verdict.Status switch
            {
                VerdictStatus.Holds => "holds",
                VerdictStatus.Fails => "FAILS",
                VerdictStatus.Reported => "report only",
                _ => verdict.Note,
            },
        ]));

    private static string Number(double value) => double.IsNaN(value) ? "-" : value.ToString("0.###");

    private static string Range(Interval interval) => double.IsNaN(interval.Low) ? "" : $"[{Number(interval.Low)}, {Number(interval.High)}]";

    /// <summary>A line for each finished cell, for output that is not a terminal.</summary>
    private sealed class Lines(Terminal terminal) : IProgress<ReproductionProgress>
    {
        public void Report(ReproductionProgress value)
        {
            if (value.Warning is { } warning) { terminal.Error.WriteLine(warning); }
            if (value.Finished is { } finished)
            {
                var left = value.Remaining is { } remaining ? $", about {remaining.TotalSeconds:0} s left" : "";
                terminal.Error.WriteLine($"[{value.Done}/{value.Total}] {finished.Cell.Arm.Name}, seed {finished.Cell.Seed}: {finished.Seconds:0.0} s{left}");
            }
            else if (value is { Reused: > 0, Running.Count: 0 } && value.Done == value.Reused && value.Warning is null)
            {
                terminal.Error.WriteLine($"{value.Reused} of {value.Total} cells were stored by an earlier run.");
            }
        }
    }

    private sealed class Bar(ProgressTask task) : IProgress<ReproductionProgress>
    {
        public void Report(ReproductionProgress value)
        {
            if (value.Warning is { } warning) { AnsiConsole.WriteLine(warning); }
            var left = value.Remaining is { } remaining ? $", about {remaining.TotalSeconds:0} s left" : "";
            task.Description = $"{value.Done}/{value.Total} cells{left}";
            task.MaxValue = value.Total;
            task.Value = value.Done + value.Running.Sum(cell => cell.Share);
        }
    }
}
