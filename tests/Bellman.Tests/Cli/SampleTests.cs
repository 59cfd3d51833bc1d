using Xunit;

namespace Bellman.Tests.Cli;

/// <summary>The samples do what their README says, as programs of their own.</summary>
public sealed class SampleTests
{
    [Fact]
    public void Quick_start_trains_saves_and_loads_the_same_agent()
    {
        using var folder = new TemporaryFolder();
        var output = Run("QuickStart", folder.Path);
        var numbers = output.Split([' ', ',', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(word => double.TryParse(word, out _)).Select(double.Parse).ToList();
        Assert.Equal(2, numbers.Count);
        // A random policy balances for about 22 steps.
        Assert.True(numbers[0] > 300, output);
        Assert.Equal(numbers[0], numbers[1]);
        Assert.True(File.Exists(Path.Combine(folder.Path, "cartpole-agent", "manifest.json")));
    }

    [Fact]
    public void Custom_environment_is_learned()
    {
        using var folder = new TemporaryFolder();
        var output = Run("CustomEnvironment", folder.Path);
        // Walking right all the time takes 20 steps on average: 1 - 0.01 x 19. A policy that dawdles stays below 0.5.
        var mean = double.Parse(output.Split(' ')[2]);
        Assert.True(mean > 0.7, output);
    }

    /// <summary>A random policy balances for about 22 steps; with the derivative of the sine left out it stays below 60.</summary>
    [Fact]
    public void Custom_network_is_trained()
    {
        using var folder = new TemporaryFolder();
        var output = Run("CustomNetwork", folder.Path);
        Assert.True(double.Parse(output.Split(' ')[2]) > 300, output);
    }

    private static string Run(string sample, string folder)
    {
        using var process = BellmanCommand.Start(sample, folder);
        var output = process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        return output;
    }
}
