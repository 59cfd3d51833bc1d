using System.CommandLine;
using Bellman.Language.Data;
using Bellman.Language.Tasks;
using Bellman.Runs;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman sft</c>: supervised fine-tuning of a language model as a run that can be stopped and resumed.</summary>
internal static class SftCommand
{
    private const string DefaultTask = "arithmetic?digits=2&operators=+";
    private const long DefaultSteps = 2_000;

    public static Command Create(Terminal terminal)
    {
        var model = new Option<string?>("--model") { Description = ModelArgument.Description + $" Default: tiny; its size can be chosen, e.g. tiny?layers=4&width=128." };
        var data = new Option<string?>("--data") { Description = "Questions with worked answers: a .jsonl, .jsonl.gz, .json or .parquet file; one in five is held out." };
        var task = new Option<string?>("--task") { Description = $"A generated task, options included (default {DefaultTask}). Tasks: {string.Join(", ", TaskRegistry.All.Select(entry => entry.Name))}." };
        var steps = new Option<long?>("--steps") { Description = $"Optimiser steps (default {DefaultSteps})." };
        var seed = new Option<ulong?>("--seed") { Description = "Seed of every random draw (default 0)." };
        var set = new Option<string[]>("--set") { Description = $"An option, name=value: {string.Join(", ", SftPlan.Options.Options.Select(option => option.Name))}; may be repeated." };
        var columns = new Option<string?>("--columns") { Description = "Columns of the file that are not called as usual, e.g. prompt=problem,answer=result." };
        var prompt = new Option<string?>("--prompt") { Description = $"How a question of a file is put, with {QuestionFile.Slot} where it goes." };
        var use = new ModelUseOptions(trains: true);
        var checkpointEvery = new Option<long?>("--checkpoint-every") { Description = "Steps between checkpoints (default: a tenth of the run)." };
        var evaluateEvery = new Option<long?>("--evaluate-every") { Description = "Steps between evaluations on held-out questions (default: a fifth of the run; 0 for none)." };
        var items = new Option<int?>("--evaluation-items") { Description = "Held-out questions of an evaluation (default 200)." };
        var resume = new Option<string?>("--resume") { Description = "Continue this run (id, beginning of an id, folder, or latest) from its newest checkpoint." };
        var runs = new Option<string>("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
        var command = new Command("sft", "Fine-tune a language model on prompts and worked answers.")
        {
            model, data, task, steps, seed, set, columns, prompt, checkpointEvery, evaluateEvery, items, resume, runs,
        }.WithExamples(
            "bellman sft",
            "bellman sft --task modular?level=2 --steps 3000 --set batchSize=128",
            "bellman sft --model Qwen2.5-0.5B --data gsm8k/train.jsonl --set adapterRank=16 --set learningRate=2e-4",
            "bellman sft --resume latest");
        use.AddTo(command).SetAction(parsed =>
        {
            var store = new RunStore(parsed.GetRequiredValue(runs));
            if (parsed.GetValue(resume) is { } name)
            {
                foreach (var option in new Option[] { model, data, task, steps, seed, set, columns, prompt, checkpointEvery, evaluateEvery, items }.Concat(use.All))
                {
                    if (parsed.GetResult(option) is { Implicit: false }) { throw new UsageException($"{option.Name} cannot be changed when a run is resumed: it would no longer be that run. Leave it out, or train anew."); }
                }
                using var stopped = store.Open(name);
                using var again = SftSession.Create(stopped.Configuration, store.Root);
                return again.Train(terminal, store, stopped, resume: true);
            }
            if (parsed.GetValue(data) is not null && parsed.GetValue(task) is not null) { throw new UsageException("--data and --task cannot be given together. Leave one out."); }
            if (parsed.GetValue(data) is null && (parsed.GetValue(columns) ?? parsed.GetValue(prompt)) is not null) { throw new UsageException("--columns and --prompt are about a file. Give one with --data FILE."); }
            var total = AtLeast(1, parsed.GetValue(steps) ?? DefaultSteps, "--steps");
            var configuration = new RunConfiguration
            {
                Algorithm = SftPlan.Algorithm,
                Environment = parsed.GetValue(data) ?? parsed.GetValue(task) ?? DefaultTask,
                Steps = total,
                Seed = parsed.GetValue(seed) ?? 0,
                CheckpointEvery = AtLeast(1, parsed.GetValue(checkpointEvery) ?? Math.Max(1, total / 10), "--checkpoint-every"),
                EvaluateEvery = AtLeast(0, parsed.GetValue(evaluateEvery) ?? Math.Max(1, total / 5), "--evaluate-every"),
                EvaluationEpisodes = (int)AtLeast(1, parsed.GetValue(items) ?? 200, "--evaluation-items"),
                Options = SftPlan.Write(
                    parsed.GetValue(set) ?? [], parsed.GetValue(model) is { } given ? ModelArgument.Full(given) : ModelArgument.Tiny,
                    parsed.GetValue(data) is not null, parsed.GetValue(columns), parsed.GetValue(prompt), use.Given(parsed)),
            };
            // Everything is checked before a folder is made.
            using var session = SftSession.Create(configuration, store.Root);
            using var run = store.Create(configuration, "bellman " + string.Join(" ", parsed.Tokens.Select(token => token.Value)));
            return session.Train(terminal, store, run, resume: false);
        });
        return command;
    }

    private static long AtLeast(long least, long value, string name) => value >= least ? value : throw new UsageException($"{name} cannot be {value}: it is a whole number from {least} up.");
}
