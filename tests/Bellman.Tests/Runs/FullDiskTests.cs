using System.Diagnostics;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Runs;

/// <summary>The whole command under a limit on the size of files, which also binds root: writes really fail half-way.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task Checkpoint_that_does_not_fit_is_not_left_half_written()
    {
        if (!OperatingSystem.IsLinux()) { Assert.Skip("The limit is set by a Linux shell."); }
        using var folder = new TemporaryFolder();
        // 64 blocks of 1 KiB hold the record, metrics and index, but not the replay buffer. Without the trap, exceeding the
        // limit kills the process; executable memory is mapped from a file, so that is switched off.
        var program = Path.Combine(AppContext.BaseDirectory, "Bellman.Cli.dll");
        var start = new ProcessStartInfo("bash") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"trap '' XFSZ; ulimit -f 64; exec dotnet '{program}' train dqn --env CartPole-v1 --steps 2000 --evaluate-every 0 --checkpoint-every 1000 --set bufferSize=5000 --runs '{folder.Path}'");
        using var process = Process.Start(start) ?? throw new InvalidOperationException("bash did not start.");
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 3, $"{process.ExitCode}: {error} {await output}");
        Assert.Contains("could not be written", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        var checkpoints = Directory.GetDirectories(folder.Path, "checkpoints", SearchOption.AllDirectories);
        Assert.Empty(Directory.GetFileSystemEntries(Assert.Single(checkpoints)));
    }
}
