using System.Diagnostics;
using Bellman.Cli;

namespace Bellman.Tests.Cli;

/// <summary>Runs the command as a user would: in this process for its output, or as a process of its own to be killed.</summary>
internal static class BellmanCommand
{
    public static (int Status, string Output, string Error) Run(params string[] arguments) => Run(arguments, CancellationToken.None);

    public static (int Status, string Output, string Error) Run(string[] arguments, CancellationToken cancellation)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var status = CommandLine.Run(arguments, output, error, cancellation);
        return (status, output.ToString(), error.ToString());
    }

    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Bellman.Cli.dll"));
        foreach (var argument in arguments) { start.ArgumentList.Add(argument); }
        var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("bellman-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
