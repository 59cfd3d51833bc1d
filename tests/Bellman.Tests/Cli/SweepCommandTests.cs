using Xunit;

namespace Bellman.Tests.Cli;

/// <summary><c>bellman sweep</c> as a user meets it, killed processes included.</summary>
public sealed class SweepCommandTests
{
    [Theory]
    [InlineData("nothing varies", "sweep ppo --env CartPole-v1 --set gamma=0.9", "nothing to search")]
    [InlineData("range", "sweep ppo --env CartPole-v1 --set gamma=uniform(0.9,2)", "from 0 to 1")]
    [InlineData("together", "sweep ppo --env CartPole-v1 --set minibatches=7|11", "divisor")]
    [InlineData("environment", "sweep ppo --env CartPol-v1 --set gamma=0.9|0.99", "CartPole-v1")]
    [InlineData("cannot act", "sweep dqn --env Pendulum-v1 --set gamma=0.9|0.99", "Discrete")]
    [InlineData("halving", "sweep ppo --env CartPole-v1 --set gamma=0.9|0.99 --halving 1", "--halving")]
    [InlineData("jobs", "sweep ppo --env CartPole-v1 --set gamma=0.9|0.99 --jobs 0", "--jobs")]
    [InlineData("trials", "sweep ppo --env CartPole-v1 --set gamma=0.9|0.99 --trials none", "--trials")]
    [InlineData("too many trials", "sweep ppo --env CartPole-v1 --set gamma=0.9|0.99 --trials 4294967297", "from 1 to 2147483647")]
    [InlineData("no algorithm", "sweep --env CartPole-v1", "algorithm")]
    [InlineData("resume", "sweep --resume nowhere", "nowhere")]
    [InlineData("resume changes", "sweep --resume x --trials 3", "--trials")]
    public void Wrong_input_is_answered_before_a_folder_is_made(string what, string command, string expected)
    {
        using var folder = new TemporaryFolder();
        var (status, _, error) = BellmanCommand.Run([.. command.Split(' '), "--runs", folder.Path]);
        Assert.True(status == 2, $"{what}: status {status}, {error}");
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Killed_sweep_continues_and_ends_with_the_same_results()
    {
        using var folder = new TemporaryFolder();
        string[] Sweep(string runs) =>
        [
            "sweep", "cma-es", "--env", "CartPole-v1", "--steps", "40000", "--trials", "6", "--halving", "2", "--seed", "5", "--name", "s", "--jobs", "2",
            "--set", "initialDeviation=log(0.01,1)", "--set", "population=8|12", "--runs", Path.Combine(folder.Path, runs),
        ];
        Assert.Equal(0, BellmanCommand.Run(Sweep("undisturbed")).Status);
        using (var process = BellmanCommand.Start(Sweep("disturbed")))
        {
            // Anywhere after the first result: where exactly is left to chance on purpose.
            while (!process.HasExited && !Results(folder, "disturbed").Any()) { Thread.Sleep(2); }
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
        var kept = Results(folder, "disturbed").ToDictionary(path => path, File.ReadAllText);
        Assert.NotEmpty(kept);
        var (status, output, error) = BellmanCommand.Run("sweep", "--resume", "s", "--runs", Path.Combine(folder.Path, "disturbed"));
        Assert.True(status == 0, error);
        Assert.Contains("Best: trial", output, StringComparison.Ordinal);
        foreach (var (path, text) in kept) { Assert.Equal(text, File.ReadAllText(path)); }
        Assert.Equal(Csv(folder, "undisturbed"), Csv(folder, "disturbed"));
        // A trial is a run like any other.
        var sweep = Path.Combine(folder.Path, "disturbed", "sweeps", "s");
        Assert.Equal(0, BellmanCommand.Run("evaluate", "trial-000-s5", "--episodes", "3", "--runs", sweep).Status);
        Assert.Contains("trial-000-s5", BellmanCommand.Run("runs", "--runs", sweep).Output, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Results(TemporaryFolder folder, string runs)
    {
        var root = Path.Combine(folder.Path, runs);
        return Directory.Exists(root) ? Directory.EnumerateFiles(root, "rung-*.json", SearchOption.AllDirectories) : [];
    }

    private static string Csv(TemporaryFolder folder, string runs) => File.ReadAllText(Path.Combine(folder.Path, runs, "sweeps", "s", "sweep.csv"));
}
