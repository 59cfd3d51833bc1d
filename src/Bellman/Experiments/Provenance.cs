using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Bellman.Experiments;

/// <summary>Where a measurement comes from: the commit and the machine.</summary>
public static class Provenance
{
    private const int FullLength = 40;

    // Results and texts change with every measurement; they do not change what is measured.
    private static readonly string[] StatusArguments = ["status", "--porcelain", "--", ".", ":(exclude)docs/results", ":(exclude)*.md"];

    /// <summary>Stands for a commit where nobody knows it.</summary>
    public const string Unknown = "unknown";

    /// <summary>The commit of the working tree, with <c>-dirty</c> when sources differ from it; <c>unknown</c> without git.</summary>
    /// <param name="folder">A folder inside the working tree.</param>
    public static string Commit(string folder)
    {
        var top = Git(folder, ["rev-parse", "--show-toplevel"])?.Trim();
        if (string.IsNullOrEmpty(top) || Git(top, ["rev-parse", "HEAD"]) is not { } commit) { return Unknown; }
        var changes = Git(top, StatusArguments);
        return commit.Trim() + (string.IsNullOrWhiteSpace(changes) ? "" : "-dirty");
    }

    /// <summary>A commit as people write it: ten digits, and whether sources differed.</summary>
    public static string Abbreviated(string commit) => commit.Length >= FullLength ? commit[..10] + commit[FullLength..] : commit;

    /// <summary>Processor, cores, operating system and runtime in one line.</summary>
    public static string Machine() =>
        $"{Processor()}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    private static string Processor()
    {
        const string cpuInfo = "/proc/cpuinfo";
        var model = File.Exists(cpuInfo)
            ? File.ReadLines(cpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return string.IsNullOrEmpty(model) ? RuntimeInformation.ProcessArchitecture.ToString() : model;
    }

    /// <summary>What git printed; null when it is not installed or refuses.</summary>
    private static string? Git(string folder, IReadOnlyList<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("git", arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            if (process is null) { return null; }
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
