using System.CommandLine;
using Bellman.Runs;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman prefer</c>: train a language model on preferences.</summary>
internal static class PreferCommand
{
    public const string Algorithm = "prefer";

    public static Command Create(Terminal terminal)
    {
        var options = new LanguageOptions("Optimiser steps (default 150; 300 for dro, oreo and apo_star, 600 for ilql and verifierq).");
        var loss = new Option<string>("--loss") { Description = $"The loss: {string.Join(", ", OfflineRecipe.Losses)}.", DefaultValueFactory = _ => "rpo" };
        var command = new Command("prefer", "Train a language model on what others prefer, without sampling as it learns: a data file of pairs (prompt, chosen, rejected) or judged answers (prompt, completion, label or reward), or its own right and wrong answers to a task.") { loss };
        options.AddTo(command);
        command.WithExamples(
            "bellman prefer",
            "bellman prefer --loss simpo --task modular --set loss.beta=4",
            "bellman prefer --model ./qwen2.5-0.5b --data ultrafeedback.parquet --loss dpo --set learningRate=5e-7",
            "bellman prefer --loss kto --data feedback.jsonl --model ./qwen2.5-0.5b",
            "bellman prefer --loss ilql --set loss.steer=8",
            "bellman prefer --resume latest");
        command.SetAction(parsed =>
        {
            var store = new RunStore(parsed.GetRequiredValue(options.Runs));
            if (parsed.GetValue(options.Resume) is { } name) { return Resume(terminal, store, LanguageOptions.Opened(store, name, Algorithm)); }
            var configuration = options.Configuration(parsed, Algorithm, OfflineRecipe.UsualSteps(parsed.GetRequiredValue(loss)), (OfflineRecipe.LossOption, parsed.GetRequiredValue(loss)));
            _ = new OfflineRecipe(configuration);
            using var session = Open(configuration, store);
            using var run = store.Create(configuration, LanguageOptions.CommandLine(parsed));
            return Train(terminal, store, run, session, resume: false);
        });
        return command;
    }

    private static int Resume(Terminal terminal, RunStore store, Run run)
    {
        using var opened = run;
        using var session = Open(run.Configuration, store);
        return Train(terminal, store, run, session, resume: true);
    }

    private static int Train(Terminal terminal, RunStore store, Run run, LanguageSession session, bool resume)
    {
        var recipe = new OfflineRecipe(run.Configuration);
        using var trainer = new LateTrainee(session, recipe.Key, () => recipe.Trainer(terminal, run, session));
        return new LanguageRun(terminal, store, run, session).Train(trainer, resume, Algorithm);
    }

    // A file has no checker: what it does to the model is measured on the usual task.
    private static LanguageSession Open(RunConfiguration configuration, RunStore store) => LanguageSession.Open(
        configuration, store, configuration.Environment.StartsWith(LanguageSession.DataPrefix, StringComparison.Ordinal) ? LanguageSession.DefaultTask : configuration.Environment);
}
