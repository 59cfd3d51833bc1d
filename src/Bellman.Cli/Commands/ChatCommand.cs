using System.CommandLine;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman chat</c>: talk to a language model.</summary>
internal static class ChatCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = new Argument<string>("model") { Description = ModelArgument.Description };
        var system = new Option<string?>("--system") { Description = "A system message, for templates that have one." };
        var set = new Option<string[]>("--set") { Description = "How answers are drawn, name=value: maximumNewTokens, temperature, topK, topP, minP, repetitionPenalty; may be repeated (default: 1024 tokens at temperature 0.7, topP 0.95)." };
        var seed = new Option<ulong>("--seed") { Description = "Seed of the draws." };
        var use = new ModelUseOptions(trains: false);
        var runs = new Option<string>("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
        var command = new Command("chat", "Talk to a language model; /exit leaves, Ctrl-C stops an answer.") { model, system, set, seed, runs }
            .WithExamples("bellman chat Qwen2.5-0.5B-Instruct", "bellman chat latest --set temperature=0", "echo 3+4= | bellman chat latest");
        use.AddTo(command).SetAction(parsed =>
        {
            var options = SamplingAssignments.Read(parsed.GetValue(set) ?? [], ("maximumNewTokens", "1024"), ("temperature", "0.7"), ("topP", "0.95"));
            using var folder = ModelArgument.Load(parsed.GetRequiredValue(model), parsed.GetRequiredValue(runs), use.Read(parsed));
            var session = new ChatSession(folder, options, parsed.GetValue(seed), parsed.GetValue(system));
            Interrupt.Intercept = session.StopAnswer;
            try
            {
                session.Run(System.Console.In, terminal.Output, terminal.Error, terminal.IsInteractive && !System.Console.IsInputRedirected, terminal.Cancellation);
            }
            finally
            {
                Interrupt.Intercept = null;
            }
            return terminal.Cancellation.IsCancellationRequested ? CommandLine.Interrupted : 0;
        });
        return command;
    }
}
