using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Bellman.Experiments;

/// <summary>Where a measurement comes from: the commit and the machine.</summary>
public static class Provenance
{
    // Results and texts change with every measurement; they do not change what is measured.
    private static readonly string[] StatusArguments = ["status", "--porcelain", "--", ".", ":(exclude)docs/results", ":(exclude)*.md"];

    /// <summary>The commit of the working tree, with <c>-dirty</c> when sources differ from it; <c>unknown</c> without git.</summary>
    /// <param name="folder">A folder inside the working tree.</param>
    public static string Commit(string folder)
    {
        var top = Git(folder, ["rev-parse", "--show-toplevel"])?.Trim();
        if (string.IsNullOrEmpty(top) || Git(top, ["rev-parse", "HEAD"]) is not { } commit) { return "unknown"; }
        var changes = Git(top, StatusArguments);
        return commit.Trim() + (string.IsNullOrWhiteSpace(changes) ? "" : "-dirty");
    }

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
