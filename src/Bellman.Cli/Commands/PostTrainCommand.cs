using System.CommandLine;
using Bellman.Language;
using Bellman.Papers;
using Bellman.Runs;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman posttrain</c>: improve a language model by rewards.</summary>
internal static class PostTrainCommand
{
    public const string Algorithm = "posttrain";

    public static Command Create(Terminal terminal)
    {
        var options = new LanguageOptions("Steps of sampling and learning (default 1000).");
        var method = new Option<string>("--method") { Description = $"The method, additions after plus signs, e.g. grpo+entropy. Methods: {string.Join(", ", PostTrainingMethod.All.Select(entry => entry.Key))}. Papers, after a plus sign, options as --set KEY.option=value: {string.Join(", ", PaperMethods.All.Select(entry => entry.Key))}.", DefaultValueFactory = _ => "grpo" };
        var sampler = new RemoteSampling.Arguments();
        var command = new Command("posttrain", "Improve a language model by rewards. Without arguments a tiny model is built, taught arithmetic and improved, in minutes.") { method };
        options.AddTo(command);
        sampler.AddTo(command);
        command.WithExamples(
            "bellman posttrain",
            "bellman posttrain --task modular --method dapo --steps 300 --seed 1",
            "bellman posttrain --model ./qwen2.5-0.5b --data questions.jsonl --method grpo+kl --set learningRate=1e-6 --set groupSize=16",
            "bellman posttrain --method rloo --set rewardKl=0.05 --set loss.reduction=tokenMean",
            "bellman posttrain --model ./qwen2.5-0.5b --task modular --sampler http://127.0.0.1:8080",
            "bellman posttrain --resume latest");
        command.SetAction(parsed =>
        {
            var store = new RunStore(parsed.GetRequiredValue(options.Runs));
            if (parsed.GetValue(options.Resume) is { } name) { return Resume(terminal, store, LanguageOptions.Opened(store, name, Algorithm)); }
            var configuration = options.Configuration(parsed, Algorithm, 1000, [(LanguageRun.MethodOption, parsed.GetRequiredValue(method)), .. sampler.Options(parsed)]);
            using var session = LanguageSession.Open(configuration, store, configuration.Environment);
            // Everything is checked before a folder is made.
            using (var checkedTrainer = Builder(session, configuration, null).Build())
            {
                foreach (var warning in checkedTrainer.Warnings) { terminal.Error.WriteLine(warning); }
            }
            RemoteSampling.Open(configuration, session.Folder, null, terminal.Cancellation)?.Dispose();
            using var run = store.Create(configuration, LanguageOptions.CommandLine(parsed));
            return Train(terminal, store, run, session, resume: false);
        });
        return command;
    }

    private static int Resume(Terminal terminal, RunStore store, Run run)
    {
        using var opened = run;
        using var session = LanguageSession.Open(run.Configuration, store, run.Configuration.Environment);
        return Train(terminal, store, run, session, resume: true);
    }

    private static int Train(Terminal terminal, RunStore store, Run run, LanguageSession session, bool resume)
    {
        // A reference made now would be a copy of the untaught model; Late makes it when the first step begins.
        using var remote = RemoteSampling.Open(run.Configuration, session.Folder, run, terminal.Cancellation);
        using var trainer = new LateTrainee(session, run.Configuration.Options[LanguageRun.MethodOption], () => Builder(session, run.Configuration, remote).Observe(new SampleTable(run)).Build());
        trainer.Cancellation = terminal.Cancellation;
        return new LanguageRun(terminal, store, run, session).Train(trainer, resume, Algorithm);
    }

    private static PostTraining Builder(LanguageSession session, RunConfiguration configuration, RemoteSampling? remote)
    {
        var method = configuration.Options[LanguageRun.MethodOption];
        var builder = Plain(session, configuration, remote).Method(method, LanguageRun.MethodSettings(configuration), PaperMethods.All);
        return builder.NeedsCritic ? builder.Critic(new HiddenStateCritic(session.Model)) : builder;
    }

    private static PostTraining Plain(LanguageSession session, RunConfiguration configuration, RemoteSampling? remote) => new PostTraining(session.Model)
        .Prompts(new TaskPromptSource(session.Task, session.Folder.Ask, configuration.Seed))
        .Tokenizer(session.Folder.Tokenizer, session.Folder.EndTokens)
        .Sampler(remote?.Sampler ?? session.Sampler)
        .Reward(new TaskReward())
        .Seed(configuration.Seed)
        .Options(options => options with { PassThreshold = 0.9, LearningRate = UsualLearningRate(session.Model.ParameterCount), WarmUpSteps = 20, Rescore = remote is { MustRescore: true } });

    // Larger models take smaller steps; --set learningRate=... decides.
    private static double UsualLearningRate(long parameters) => parameters switch
    {
        < 2_000_000 => 3e-4,
        < 200_000_000 => 1e-5,
        _ => 1e-6,
    };
}
