using System.Diagnostics;
using Bellman.Cli;

namespace Bellman.Tests.Cli;

/// <summary>Runs the command as a user would: in this process for its output, or as a process of its own to be killed.</summary>
internal static class BellmanCommand
{
    public static (int Status, string Output, string Error) Run(params string[] arguments) => RunUntil(CancellationToken.None, arguments);

    public static (int Status, string Output, string Error) RunUntil(CancellationToken cancellation, params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var status = CommandLine.Run(arguments, output, error, cancellation);
        return (status, output.ToString(), error.ToString());
    }

    public static Process Start(params string[] arguments)
    {
        var process = Start("Bellman.Cli", null, arguments);
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Starts a program that lies beside the tests.</summary>
    public static Process Start(string program, string? workingFolder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workingFolder ?? "" };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program + ".dll"));
        foreach (var argument in arguments) { start.ArgumentList.Add(argument); }
        return Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
    }
}

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("bellman-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
