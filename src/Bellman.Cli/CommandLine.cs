using System.CommandLine;
using System.CommandLine.Help;
using Bellman.Cli.Commands;

namespace Bellman.Cli;

/// <summary>
/// The <c>bellman</c> command. Exit status: 0 done (every claim holds), 1 a claim fails, 2 wrong input, 3 a failure
/// while running, 130 interrupted.
/// </summary>
public static class CommandLine
{
    internal const int Usage = 2;
    internal const int Failure = 3;
    internal const int Interrupted = 130;

    /// <summary>Runs one command line and returns its exit status.</summary>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        var verbose = new Option<bool>("--verbose") { Description = "Show stack traces of errors.", Recursive = true };
        var root = new RootCommand("Reinforcement learning for .NET: train agents, compare algorithms, reproduce papers.") { verbose };
        var terminal = new Terminal(output, error, cancellation);
        root.Add(TrainCommand.Create(terminal));
        root.Add(DatasetCommand.Create(terminal));
        root.Add(SweepCommand.Create(terminal));
        root.Add(PostTrainCommand.Create(terminal));
        root.Add(PreferCommand.Create(terminal));
        root.Add(TechniquesCommand.Create(terminal));
        root.Add(EvaluateCommand.Create(terminal));
        root.Add(ExportCommand.Create(terminal));
        root.Add(ReproduceCommand.Create(terminal));
        root.Add(ListingCommands.Papers(terminal));
        root.Add(ListingCommands.Environments(terminal));
        root.Add(ListingCommands.Algorithms(terminal));
        root.Add(ListingCommands.Tasks(terminal));
        root.Add(TokenizerCommand.Create(terminal));
        root.Add(ScoreCommand.Create(terminal));
        root.Add(ChatCommand.Create(terminal));
        root.Add(ServeCommand.Create(terminal));
        root.Add(RunsCommand.Create(terminal));
        root.Add(TraceCommand.Create(terminal));
        root.Add(SftCommand.Create(terminal));
        root.Add(BenchCommand.Create(terminal));

        var parsed = root.Parse(arguments.Count == 0 ? ["--help"] : arguments);
        var showTrace = arguments.Contains("--verbose");
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            foreach (var problem in parsed.Errors) { error.WriteLine(problem.Message); }
            error.WriteLine($"'{CommandPath(parsed)} --help' shows what is valid.");
            return Usage;
        }
        if (parsed.Action is HelpAction) { return Help(parsed, output); }
        try
        {
            return parsed.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (BellmanException problem)
        {
            error.WriteLine(showTrace ? problem.ToString() : problem.Message);
            return problem.ExitCode;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            error.WriteLine(showTrace ? problem.ToString() : $"A file could not be read or written: {problem.Message} Check the path, its permissions and the free space, then run the command again.");
            return Failure;
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("Interrupted.");
            return Interrupted;
        }
    }

    /// <summary>Help calls the program what users type, not what its file is called.</summary>
    private static int Help(ParseResult parsed, TextWriter output)
    {
        var text = new StringWriter();
        parsed.Invoke(new InvocationConfiguration { Output = text });
        output.Write(text.ToString().Replace(RootCommand.ExecutableName, "bellman", StringComparison.Ordinal));
        return 0;
    }

    /// <summary>Help with examples under it.</summary>
    internal static Command WithExamples(this Command command, params string[] examples)
    {
        command.Description += "\n\nExamples:\n" + string.Join("\n", examples.Select(example => "  " + example));
        return command;
    }

    private static string CommandPath(ParseResult parsed)
    {
        var names = new List<string>();
        for (System.CommandLine.Parsing.SymbolResult? result = parsed.CommandResult; result is System.CommandLine.Parsing.CommandResult command; result = command.Parent)
        {
            names.Insert(0, command.Command is RootCommand ? "bellman" : command.Command.Name);
        }
        return string.Join(" ", names);
    }
}
