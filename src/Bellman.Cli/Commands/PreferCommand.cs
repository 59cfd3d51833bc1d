using System.CommandLine;
using Bellman.Language;
using Bellman.Language.Chat;
using Bellman.Language.Data;
using Bellman.Language.Tasks;
using Bellman.Runs;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman prefer</c>: train a language model on preferences.</summary>
internal static class PreferCommand
{
    public const string Algorithm = "prefer";

    private const string LossOption = "loss";
    private const int Prompts = 400;
    private const int Samples = 8;
    private const int PairsPerPrompt = 2;

    public static Command Create(Terminal terminal)
    {
        var losses = ComponentRegistry.Keys<PreferenceLoss>().Select(key => key["pref.".Length..]);
        var options = new LanguageOptions("Optimiser steps (default 150).");
        var loss = new Option<string>("--loss") { Description = $"The loss: {string.Join(", ", losses)}.", DefaultValueFactory = _ => "rpo" };
        var command = new Command("prefer", "Train a language model on preference pairs: a data file (prompt, chosen, rejected), or pairs of its own right and wrong answers to a task.") { loss };
        options.AddTo(command);
        command.WithExamples(
            "bellman prefer",
            "bellman prefer --loss simpo --task modular --set loss.beta=4",
            "bellman prefer --model ./qwen2.5-0.5b --data ultrafeedback.parquet --loss dpo --set learningRate=5e-7",
            "bellman prefer --resume latest");
        command.SetAction(parsed =>
        {
            var store = new RunStore(parsed.GetRequiredValue(options.Runs));
            if (parsed.GetValue(options.Resume) is { } name) { return Resume(terminal, store, LanguageOptions.Opened(store, name, Algorithm)); }
            var configuration = options.Configuration(parsed, Algorithm, 150, (LossOption, parsed.GetRequiredValue(loss)));
            _ = Loss(configuration);
            _ = Training(configuration);
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
        using var trainer = new LateTrainee(session, "pref." + run.Configuration.Options[LossOption], () => Trainer(terminal, run, session));
        return new LanguageRun(terminal, store, run, session).Train(trainer, resume, Algorithm);
    }

    // A file of pairs has no checker: what they do to the model is measured on the usual task.
    private static LanguageSession Open(RunConfiguration configuration, RunStore store) =>
        LanguageSession.Open(configuration, store, IsData(configuration) ? LanguageSession.DefaultTask : configuration.Environment);

    private static PreferenceTrainer Trainer(Terminal terminal, Run run, LanguageSession session)
    {
        var configuration = run.Configuration;
        var pairs = new RunPairs(run).Get(() => IsData(configuration) ? FromFile(configuration, session) : OwnPairs(configuration, session, terminal.Cancellation));
        terminal.Output.WriteLine($"{pairs.Count} pairs.");
        return new PreferenceTrainer(session.Model, pairs, Loss(configuration), Training(configuration), seed: configuration.Seed);
    }

    private static IReadOnlyList<PreferenceExample> OwnPairs(RunConfiguration configuration, LanguageSession session, CancellationToken cancellation)
    {
        var prompts = new TaskPromptSource(session.Task, session.Folder.Ask, configuration.Seed).Next(Prompts, new GroupHistory());
        var sampling = new SamplingOptions { MaximumNewTokens = int.Parse(configuration.Options[LanguageRun.MaximumTokensOption]), StopTokens = [.. session.Folder.EndTokens] };
        double Score(PromptItem prompt, Completion response) =>
            response.Finish == FinishReason.Length || prompt.Target is not TextItem item ? 0 : item.Check(session.Folder.Tokenizer.Decode(response.Tokens)).Answer;
        var random = RandomStream.Create(configuration.Seed, "pairs");
        var pairs = ResponsePool.Draw(session.Sampler, prompts, Samples, Score, sampling, random.Child("samples"), cancellation).Pairs(PairsPerPrompt, random.Child("choice"));
        return pairs.Count > 0 ? pairs : throw new UsageException($"Among {Samples} answers to each of {Prompts} prompts there is no right one beside a wrong one: nothing is preferred. Teach the model more (--set teachingSteps=...), or choose another level of the task.");
    }

    private static List<PreferenceExample> FromFile(RunConfiguration configuration, LanguageSession session)
    {
        var folder = session.Folder;
        int[] Response(string text) => [.. folder.Tokenizer.Encode(text), folder.AnswerEnd];
        // Without a layout for conversations, what was said before is a part of the question.
        int[] Prompt(IReadOnlyList<ChatMessage> messages) =>
            folder.Template.HasMemory ? folder.Template.Encode(messages, folder.Tokenizer) : folder.Ask(string.Join('\n', messages.Select(message => message.Content)));
        return [.. PreferenceFile.Read(configuration.Environment[LanguageSession.DataPrefix.Length..]).Select(pair => new PreferenceExample(
            Prompt(pair.Prompt), Response(pair.Chosen), Response(pair.Rejected))
        {
            ChosenScore = pair.ChosenScore ?? double.NaN,
            RejectedScore = pair.RejectedScore ?? double.NaN,
        })];
    }

    private static bool IsData(RunConfiguration configuration) => configuration.Environment.StartsWith(LanguageSession.DataPrefix, StringComparison.Ordinal);

    private static PreferenceLoss Loss(RunConfiguration configuration) => ComponentRegistry.Create<PreferenceLoss>("pref." + configuration.Options[LossOption],
        configuration.Options.Where(option => option.Key.StartsWith("loss.", StringComparison.Ordinal)).Select(option => KeyValuePair.Create(option.Key["loss.".Length..], option.Value)));

    private static OfflineTrainingOptions Training(RunConfiguration configuration)
    {
        string[] notTraining = [LanguageRun.ModelOption, .. ModelUse.Keys, LanguageRun.TeachingOption, LanguageRun.TeacherErrorsOption, LanguageRun.MaximumTokensOption, LossOption];
        var given = configuration.Options.Where(option => !notTraining.Contains(option.Key) && !option.Key.Contains('.', StringComparison.Ordinal)).ToList();
        if (!given.Exists(option => option.Key.Equals("learningRate", StringComparison.OrdinalIgnoreCase))) { given.Add(new("learningRate", "2e-4")); }
        return OptionSet.Of<OfflineTrainingOptions>("preference training").Create<OfflineTrainingOptions>(given);
    }
}
